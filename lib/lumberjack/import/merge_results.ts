import {
  type AttributeVisitor,
  QueueAd,
  sameBytes,
} from "../../queue_log/mod.ts";
import { integerOf } from "../job/attribute_values.ts";
import { isCancelled } from "../job/cancelled.ts";
import type { AttributeChange, JobChange } from "../job/change.ts";
import { hasEnded, JobStatus } from "../job/eligibility.ts";
import { statusOnRelease } from "../job/held.ts";
import { isNamed } from "../job/names.ts";
import type { LocalJob, StoredAd } from "../job/stored_ad.ts";
import type { RefusedAttribute, ReturnedJob } from "./decision.ts";
import { homecoming, lockOn, staleRunTime } from "./homecoming.ts";
import { MergedResult } from "./merged_result.ts";
import type { MergePolicy } from "./result_attributes.ts";
import {
  lastStatusProblem,
  resultProblem,
  sizeProblem,
} from "./result_problem.ts";
import { isSameExpression, isSameUser } from "./same_value.ts";
import { isUnknownStatus } from "./status_home.ts";

/** How a job comes home. */
export interface Homecoming {
  /** Its job status at home. */
  readonly status: number;
  /** Seconds since 1970. */
  readonly now: number;
  /** The export that it was away with. */
  readonly exportId: string | undefined;
}

/** The results of one job. */
export interface MergedJob {
  /** Sets the results and unlocks the job. */
  readonly change: JobChange;
  /** What was not taken. */
  readonly refused: readonly RefusedAttribute[];
}

/** Returns what of a returned job goes into the local job. */
export function mergeResults(
  local: LocalJob,
  returned: ReturnedJob,
  policy: MergePolicy,
  { status, now, exportId }: Homecoming,
): MergedJob {
  const was = integerOf(returned.ad, "JobStatus") ?? 0;
  const end = endOnRelease(returned.ad, status);
  const results = takenResults(local, returned, policy, { was, status, end });
  const changes = status !== was;
  // A job that is free again was never removed.
  const cancelled = isCancelled(returned.ad);
  const isUndated = status === JobStatus.completed &&
    !isDated(returned.ad, local.ad);
  const put = (name: string, value: number | undefined) => {
    if (value !== undefined) results.set.push({ name, value: String(value) });
  };
  // At home the job is idle, or held; a hold stays when the queue merges.
  if (status !== JobStatus.idle) put("JobStatus", status);
  put(statusOnRelease, end);
  if (changes) {
    if (!cancelled && !isUnknownStatus(was)) put("LastJobStatus", was);
    put("EnteredCurrentStatus", now);
  }
  if (isUndated) put("CompletionDate", now);
  const { refused, set } = results;
  const unlock = homecoming(local, exportId, lockOn(local));
  set.push(...unlock.set);
  const stale = staleRunTime(local);
  const remove = stale.length === 0
    ? unlock.remove
    : [...unlock.remove, ...stale];
  const { cluster, proc } = local;
  return { refused, change: { cluster, proc, exportId, set, remove } };
}

/** Sorts the returned attributes into results and refused ones. */
function takenResults(
  local: LocalJob,
  returned: ReturnedJob,
  policy: MergePolicy,
  { was, status, end }: {
    readonly was: number;
    readonly status: number;
    readonly end: number | undefined;
  },
): { readonly set: AttributeChange[]; readonly refused: RefusedAttribute[] } {
  const refused: RefusedAttribute[] = [];
  const set: AttributeChange[] = [];
  let size = 0;
  visitChanged(returned.ad, local, (name, bytes, start, valueEnd) => {
    if (isNamed(name, "jobstatus")) return;
    if (status !== was && isOfStatus(name)) return;
    if (status === JobStatus.idle && isNamed(name, "removereason")) return;
    if (end !== undefined && isNamed(name, onRelease)) return;
    const kind = policy.classify(name, local.ad);
    if (kind === "ignored" || kind === "run-time") return;
    if (kind === "refused") {
      const value = bytes.slice(start, valueEnd);
      const here = localValue(local, name);
      const isSame = isSameExpression(here, value) ||
        isNamed(name, "user") && isSameUser(here, value);
      if (!isSame) refused.push({ attribute: name, reason: "not a result" });
      return;
    }
    const value = new MergedResult(name, bytes, start, valueEnd);
    const total = size + name.length + valueEnd - start;
    const problem = isNamed(name, "lastjobstatus")
      ? lastStatusProblem(value, end ?? status)
      : sizeProblem(value, total) ?? resultProblem(name, value, policy);
    if (problem === undefined) {
      size = total;
      set.push(value);
    } else {
      refused.push({ attribute: name, reason: problem });
    }
  });
  return { set, refused };
}

/** Visits the attributes whose bytes differ from those at home. */
function visitChanged(
  returned: StoredAd,
  local: LocalJob,
  visit: AttributeVisitor,
): void {
  if (returned instanceof QueueAd && local.ad instanceof QueueAd) {
    returned.visitOtherThan(local.ad, visit);
    return;
  }
  for (const { name, value } of returned.entries()) {
    const here = localValue(local, name);
    if (here === undefined || !sameBytes(here, value)) {
      visit(name, value, 0, value.length);
    }
  }
}

const onRelease = statusOnRelease.toLowerCase();

/**
 * Returns the status that a job has on release if it ended away and was held
 * there afterwards.
 */
function endOnRelease(returned: StoredAd, status: number): number | undefined {
  if (status !== JobStatus.held) return undefined;
  const end = integerOf(returned, statusOnRelease);
  return hasEnded(end) ? end : undefined;
}

/**
 * Whether a completed job says when it completed. If a job does not, the schedd
 * writes the time at its next periodic evaluation (`DestroyProc` in qmgmt.cpp),
 * one job at a time, and answers nobody during that.
 */
function isDated(...ads: StoredAd[]): boolean {
  return ads.some((ad) => (integerOf(ad, "CompletionDate") ?? 0) > 0);
}

/** Attributes that we set when the status at home differs from the status away (_mark_job_stopped). */
function isOfStatus(name: string): boolean {
  return isNamed(name, "lastjobstatus") ||
    isNamed(name, "enteredcurrentstatus");
}

/** The bytes of a local attribute, from the cluster ad if the proc ad has none. */
function localValue(local: LocalJob, name: string): Uint8Array | undefined {
  return local.ad.rawValue(name) ?? local.clusterAd?.rawValue(name);
}
