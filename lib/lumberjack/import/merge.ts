import {
  decodeText,
  parse,
  quote,
  type Scope,
  unparse,
} from "../../classad/mod.ts";
import { sameBytes } from "../../queue_log/mod.ts";
import { integerOf, stringOf } from "../job/attribute_values.ts";
import { hasEnded, JobStatus } from "../job/eligibility.ts";
import type { JobId } from "../job/id.ts";
import { statusOnRelease } from "../job/held.ts";
import type { AttributeChange, JobChange } from "../job/change.ts";
import type { LocalJob, StoredAd } from "../job/stored_ad.ts";
import {
  exportIdAttribute,
  lastExportIdAttribute,
  lockAttributes,
  lockOf,
} from "../job/lock.ts";
import { type MergePolicy, runTimeAttributes } from "./result_attributes.ts";
import {
  lastStatusProblem,
  resultProblem,
  sizeProblem,
} from "./result_problem.ts";
import { isUnknownStatus, statusHome } from "./status_home.ts";

/** An attribute of a returned job that was not merged, and why. */
export interface RefusedAttribute {
  /** Null: the whole job was refused. */
  readonly attribute: string | null;
  readonly reason: string;
}

/** What is to happen with one returned job. */
export type MergeDecision =
  /** Its results go into the queue, and the lock comes off. */
  | {
    readonly kind: "merge";
    readonly change: JobChange;
    readonly refused: readonly RefusedAttribute[];
  }
  /**
   * It was removed or held here meanwhile, and stays so: the lock comes off. One
   * that is held gets what its run counted, and its results if it ended.
   */
  | {
    readonly kind: "release";
    readonly change: JobChange;
    readonly refused: readonly RefusedAttribute[];
  }
  /** It came home with an earlier import; `change` is what that left to do. */
  | { readonly kind: "home"; readonly change?: JobChange }
  /** It is not the job that left. */
  | { readonly kind: "refuse"; readonly refused: readonly RefusedAttribute[] };

/** A returned job: its own ad and what it stands on. */
export interface ReturnedJob {
  readonly ad: StoredAd;
}

/**
 * Decides what of a returned job merges into the local one. `now` is in
 * seconds since 1970. Pure: changes nothing.
 */
export function mergeJob(
  local: LocalJob,
  returned: ReturnedJob,
  policy: MergePolicy,
  now: number,
): MergeDecision {
  const stranger = strangerReason(local, returned);
  if (stranger !== undefined) {
    return { kind: "refuse", refused: [{ attribute: null, reason: stranger }] };
  }
  const lock = lockOf(local.ad);
  if (!lock) return atHome(local, returned, policy, now);
  const isHeld = integerOf(local.ad, "JobStatus") === JobStatus.held;
  if (isRemoved(local.ad)) {
    const change = homecoming(local, lock.exportId, lockOn(local));
    return { kind: "release", change, refused: [] };
  }
  const status = integerOf(returned.ad, "JobStatus");
  if (status === undefined || status < 1) {
    return {
      kind: "refuse",
      refused: [{ attribute: "JobStatus", reason: "is no job status" }],
    };
  }
  const merge = mergeResults(local, returned, policy, {
    status: statusHome(returned.ad),
    now,
    exportId: lock.exportId,
  });
  // The queue keeps the hold, if it is there still by then.
  return isHeld ? { ...merge, kind: "release" } : merge;
}

/** Whether a job was removed here; one that was held then goes on release. */
export function isRemoved(job: Scope): boolean {
  const status = integerOf(job, "JobStatus");
  return status === JobStatus.removed || status === JobStatus.held &&
      integerOf(job, statusOnRelease) === JobStatus.removed;
}

/** A job without a lock came home before, unless there is news of it. */
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
  const reason = "not locked here: unexported, or imported before";
  return { kind: "refuse", refused: [{ attribute: null, reason }] };
}

/**
 * What is left to do for a job that the schedd's own import merged (see
 * by_schedd.ts), when that was cut short: the rest of the lock is there.
 */
function leftBehind(local: LocalJob, came: string): JobChange | undefined {
  if (stringOf(local.ad, exportIdAttribute) !== came) return undefined;
  const change = homecoming(local, came, lockOn(local));
  return hasEnded(integerOf(local.ad, "JobStatus"))
    ? { ...change, remove: [...change.remove, ...staleRunTime(local)] }
    : change;
}

/** Why this is not the job that left, if it is not. */
function strangerReason(
  local: LocalJob,
  returned: ReturnedJob,
): string | undefined {
  const mine = stringOf(local.ad, "GlobalJobId");
  const theirs = stringOf(returned.ad, "GlobalJobId");
  if (mine !== theirs) {
    return `another job: GlobalJobId is ${theirs ?? "missing"}, here ${
      mine ?? "missing"
    }`;
  }
  const exportId = stringOf(returned.ad, exportIdAttribute);
  const lock = lockOf(local.ad);
  // The schedd's own EXPORT_JOBS, asked by others, names none.
  if (!lock || exportId === undefined || exportId === lock.exportId) {
    return undefined;
  }
  const left = lock.exportId ?? "one without a name";
  return `of export ${exportId}, but the job left with ${left}`;
}

/** Takes the lock off; the trace tells a repeated import that this was one. */
export function homecoming(
  { cluster, proc }: JobId,
  exportId: string | undefined,
  remove = lockAttributes,
): JobChange {
  const set = exportId === undefined
    ? []
    : [{ name: lastExportIdAttribute, value: quote(exportId) }];
  return { cluster, proc, exportId, set, remove };
}

/** What there is of the lock. */
function lockOn({ ad }: LocalJob): string[] {
  return lockAttributes.filter((name) => ad.text(name) !== undefined);
}

interface Homecoming {
  /** With which it comes home. */
  readonly status: number;
  readonly now: number;
  readonly exportId: string | undefined;
}

function mergeResults(
  local: LocalJob,
  returned: ReturnedJob,
  policy: MergePolicy,
  { status, now, exportId }: Homecoming,
): Extract<MergeDecision, { kind: "merge" }> {
  const refused: RefusedAttribute[] = [];
  const set: AttributeChange[] = [];
  let bytes = 0;
  const was = integerOf(returned.ad, "JobStatus") ?? 0;
  const changes = status !== was;
  const end = endOnRelease(returned.ad, status);
  for (const { name, value } of returned.ad.entries()) {
    const lower = name.toLowerCase();
    if (lower === "jobstatus") continue;
    if (changes && ofStatus.has(lower)) continue;
    if (end !== undefined && lower === onRelease) continue;
    const kind = policy.classify(name, local.ad);
    if (kind === "ignored" || kind === "run-time") continue;
    const here = localValue(local, name);
    if (here !== undefined && sameBytes(here, value)) continue;
    if (kind === "refused") {
      const isSame = isSameExpression(here, value) ||
        lower === "user" && isSameUser(here, value);
      if (!isSame) {
        refused.push({ attribute: name, reason: "not a result" });
      }
      continue;
    }
    const size = name.length + value.length;
    const problem = lower === "lastjobstatus"
      ? lastStatusProblem(value, end ?? status)
      : sizeProblem(value, bytes + size) ?? resultProblem(name, value, policy);
    if (problem === undefined) bytes += size;
    if (problem === undefined) set.push(new MergedResult(name, value));
    else refused.push({ attribute: name, reason: problem });
  }
  const isUndated = status === JobStatus.completed &&
    !isDated(returned.ad, local.ad);
  set.push(...integers({
    // A job that is away is idle here, or held, which the queue heeds.
    JobStatus: status === JobStatus.idle ? undefined : status,
    [statusOnRelease]: end,
    LastJobStatus: changes && !isUnknownStatus(was) ? was : undefined,
    EnteredCurrentStatus: changes ? now : undefined,
    CompletionDate: isUndated ? now : undefined,
  }));
  const change = homecoming(local, exportId, lockOn(local));
  return {
    kind: "merge",
    refused,
    change: {
      ...change,
      set: [...set, ...change.set],
      remove: [...change.remove, ...staleRunTime(local)],
    },
  };
}

/** Those that have a value. */
function* integers(
  values: Readonly<Record<string, number | undefined>>,
): Iterable<AttributeChange> {
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) yield { name, value: String(value) };
  }
}

const onRelease = statusOnRelease.toLowerCase();

/** What a job that was held away, after it had ended, is when it is released. */
function endOnRelease(returned: StoredAd, status: number): number | undefined {
  if (status !== JobStatus.held) return undefined;
  const end = integerOf(returned, statusOnRelease);
  return hasEnded(end) ? end : undefined;
}

/**
 * Whether a completed job says when. The schedd would write the time into the
 * others one by one, at its next periodic evaluation (`DestroyProc` in
 * qmgmt.cpp), and answer nobody meanwhile.
 */
function isDated(...ads: StoredAd[]): boolean {
  return ads.some((ad) => (integerOf(ad, "CompletionDate") ?? 0) > 0);
}

/** Set anew when a job's status changes at home (_mark_job_stopped). */
const ofStatus = new Set(["lastjobstatus", "enteredcurrentstatus"]);

/** CurrentHosts of a job at home is 0, as it was when it left. */
function staleRunTime(local: LocalJob): string[] {
  return runTimeAttributes.filter((name) =>
    name !== "CurrentHosts" && local.ad.rawValue(name) !== undefined
  );
}

/** The bytes of a local attribute, the cluster ad's where the job has none. */
function localValue(local: LocalJob, name: string): Uint8Array | undefined {
  return local.ad.rawValue(name) ?? local.clusterAd?.rawValue(name);
}

/** Another version of HTCondor may write the same expression differently. */
export function isSameExpression(
  here: Uint8Array | undefined,
  there: Uint8Array,
): boolean {
  if (here === undefined) return false;
  if (sameBytes(here, there)) return true;
  try {
    const [mine, theirs] = [here, there].map((bytes) =>
      unparse(parse(decodeText(bytes)))
    );
    return mine === theirs;
  } catch {
    return false;
  }
}

/**
 * Whether two values of `User` differ in the domain alone. A schedd of 25 writes
 * its own UID_DOMAIN into every job that it loads.
 */
function isSameUser(here: Uint8Array | undefined, there: Uint8Array): boolean {
  const [mine, theirs] = [here, there].map((bytes) =>
    bytes && /^"([^"\\@]+)@[^"\\@]*"$/.exec(decodeText(bytes))?.[1]
  );
  return mine !== undefined && mine === theirs;
}

/** A result as it came; its text is made only where somebody wants text. */
class MergedResult implements AttributeChange {
  constructor(readonly name: string, readonly raw: Uint8Array) {}

  get value(): string {
    return decodeText(this.raw);
  }
}
