import { QueueAd } from "../../queue_log/mod.ts";
import {
  commonStringOf,
  integerOf,
  stringOf,
} from "../job/attribute_values.ts";
import { isPlainValue } from "../job/plain_value.ts";
import type { JobChange } from "../job/change.ts";
import { hasEnded, JobStatus } from "../job/eligibility.ts";
import {
  exportIdAttribute,
  lastExportIdAttribute,
  type Lock,
  lockOf,
} from "../job/lock.ts";
import type { LocalJob } from "../job/stored_ad.ts";
import type {
  MergeDecision,
  RefusedAttribute,
  ReturnedJob,
} from "./decision.ts";
import {
  homecoming,
  isMergedAndLocked,
  isRemoved,
  lockOn,
  staleRunTime,
} from "./homecoming.ts";
import { mergeResults } from "./merge_results.ts";
import type { MergePolicy } from "./result_attributes.ts";
import { statusHome } from "./status_home.ts";

/**
 * Decides what of a returned job merges into the local job. `now` is in seconds
 * since 1970. Pure: changes nothing.
 */
export function mergeJob(
  local: LocalJob,
  returned: ReturnedJob,
  policy: MergePolicy,
  now: number,
): MergeDecision {
  const lock = lockOf(local.ad);
  const stranger = strangerReason(local, returned, lock);
  if (stranger !== undefined) return refusal(null, stranger);
  if (!lock) return atHome(local, returned, policy, now);
  if (isMergedAndLocked(local, lock)) {
    const change = homecoming(local, lock.exportId, lockOn(local));
    return { kind: "home", change };
  }
  if (isRemoved(local.ad)) {
    const change = homecoming(local, lock.exportId, lockOn(local));
    return { kind: "release", change, refused: [] };
  }
  const status = integerOf(returned.ad, "JobStatus");
  if (status === undefined || status < 1) {
    return refusal("JobStatus", "is no job status");
  }
  const { change, refused } = mergeResults(local, returned, policy, {
    status: statusHome(returned.ad),
    now,
    exportId: lock.exportId,
  });
  // If the job is still held when the queue makes the change, the hold stays.
  const isHeld = integerOf(local.ad, "JobStatus") === JobStatus.held;
  return { kind: isHeld ? "release" : "merge", change, refused };
}

function refusal(
  attribute: RefusedAttribute["attribute"],
  reason: string,
): MergeDecision {
  return { kind: "refuse", refused: [{ attribute, reason }] };
}

/** Decides about a job without a lock: it came home before, or it never left. */
function atHome(
  local: LocalJob,
  returned: ReturnedJob,
  policy: MergePolicy,
  now: number,
): MergeDecision {
  const left = stringOf(returned.ad, exportIdAttribute);
  const came = stringOf(local.ad, lastExportIdAttribute);
  if (came !== undefined && (left === undefined || left === came)) {
    const change = leftBehind(local, came);
    return change ? { kind: "home", change } : { kind: "home" };
  }
  const news = mergeResults(local, returned, policy, {
    status: statusHome(returned.ad),
    now,
    exportId: undefined,
  });
  const isKnown = news.change.set.every(({ name, value }) =>
    local.ad.text(name) === value
  );
  if (isKnown) return { kind: "home" };
  return refusal(null, "not locked here: unexported, or imported before");
}

/**
 * Returns what is left to do for a job that the schedd's own import merged (see
 * by_schedd.ts), if that import was interrupted: the job still has the rest of
 * its lock.
 */
function leftBehind(local: LocalJob, came: string): JobChange | undefined {
  if (stringOf(local.ad, exportIdAttribute) !== came) return undefined;
  const change = homecoming(local, came, lockOn(local));
  return hasEnded(integerOf(local.ad, "JobStatus"))
    ? { ...change, remove: [...change.remove, ...staleRunTime(local)] }
    : change;
}

/** Returns why this is not the job that left, or undefined if it is. */
function strangerReason(
  local: LocalJob,
  returned: ReturnedJob,
  lock: Lock | undefined,
): string | undefined {
  if (!isSameGlobalJobId(local, returned)) {
    const mine = stringOf(local.ad, "GlobalJobId");
    const theirs = stringOf(returned.ad, "GlobalJobId");
    return `another job: GlobalJobId is ${theirs ?? "missing"}, here ${
      mine ?? "missing"
    }`;
  }
  const exportId = commonStringOf(returned.ad, exportIdAttribute);
  // A job that another program exported with EXPORT_JOBS names no export.
  if (!lock || exportId === undefined || exportId === lock.exportId) {
    return undefined;
  }
  const left = lock.exportId ?? "one without a name";
  return `of export ${exportId}, but the job left with ${left}`;
}

function isSameGlobalJobId(local: LocalJob, returned: ReturnedJob): boolean {
  const mine = local.ad, theirs = returned.ad;
  // The same bytes are the same value if it does not depend on other attributes.
  if (
    mine instanceof QueueAd && theirs instanceof QueueAd &&
    mine.sharesValue("GlobalJobId", theirs) &&
    mine.read("GlobalJobId", isPlainValue) === true
  ) return true;
  return stringOf(mine, "GlobalJobId") === stringOf(theirs, "GlobalJobId");
}
