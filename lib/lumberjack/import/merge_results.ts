import { decodeText } from "../../classad/mod.ts";
import { QueueAd, sameBytes } from "../../queue_log/mod.ts";
import { integerOf } from "../job/attribute_values.ts";
import { isCancelled } from "../job/cancelled.ts";
import type { AttributeChange, JobChange } from "../job/change.ts";
import { hasEnded, JobStatus } from "../job/eligibility.ts";
import { statusOnRelease } from "../job/held.ts";
import type { LocalJob, StoredAd } from "../job/stored_ad.ts";
import type { RefusedAttribute, ReturnedJob } from "./decision.ts";
import { homecoming, lockOn, staleRunTime } from "./homecoming.ts";
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
  results.set.push(...integers({
    // At home the job is idle, or held; a hold stays when the queue merges.
    JobStatus: status === JobStatus.idle ? undefined : status,
    [statusOnRelease]: end,
    LastJobStatus: changes && !cancelled && !isUnknownStatus(was)
      ? was
      : undefined,
    EnteredCurrentStatus: changes ? now : undefined,
    CompletionDate: isUndated ? now : undefined,
  }));
  const change = homecoming(local, exportId, lockOn(local));
  return {
    refused: results.refused,
    change: {
      ...change,
      set: [...results.set, ...change.set],
      remove: [...change.remove, ...staleRunTime(local)],
    },
  };
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
  let bytes = 0;
  for (const { name, value } of changedEntries(returned.ad, local)) {
    const lower = name.toLowerCase();
    if (lower === "jobstatus") continue;
    if (status !== was && ofStatus.has(lower)) continue;
    if (status === JobStatus.idle && lower === "removereason") continue;
    if (end !== undefined && lower === onRelease) continue;
    const kind = policy.classify(name, local.ad);
    if (kind === "ignored" || kind === "run-time") continue;
    if (kind === "refused") {
      const here = localValue(local, name);
      const isSame = isSameExpression(here, value) ||
        lower === "user" && isSameUser(here, value);
      if (!isSame) refused.push({ attribute: name, reason: "not a result" });
      continue;
    }
    const size = name.length + value.length;
    const problem = lower === "lastjobstatus"
      ? lastStatusProblem(value, end ?? status)
      : sizeProblem(value, bytes + size) ?? resultProblem(name, value, policy);
    if (problem === undefined) {
      bytes += size;
      set.push(new MergedResult(name, value));
    } else {
      refused.push({ attribute: name, reason: problem });
    }
  }
  return { set, refused };
}

/** Returns the attributes whose bytes differ from those at home. */
function changedEntries(
  returned: StoredAd,
  local: LocalJob,
): Iterable<{ readonly name: string; readonly value: Uint8Array }> {
  if (returned instanceof QueueAd && local.ad instanceof QueueAd) {
    return returned.entriesOtherThan(local.ad);
  }
  return [...returned.entries()].filter(({ name, value }) => {
    const here = localValue(local, name);
    return here === undefined || !sameBytes(here, value);
  });
}

/** The changes for the values that there are. */
function integers(
  values: Readonly<Record<string, number | undefined>>,
): AttributeChange[] {
  const changes: AttributeChange[] = [];
  for (const name in values) {
    const value = values[name];
    if (value !== undefined) changes.push({ name, value: String(value) });
  }
  return changes;
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
const ofStatus = new Set(["lastjobstatus", "enteredcurrentstatus"]);

/** The bytes of a local attribute, from the cluster ad if the proc ad has none. */
function localValue(local: LocalJob, name: string): Uint8Array | undefined {
  return local.ad.rawValue(name) ?? local.clusterAd?.rawValue(name);
}

/** A result as it came. Its text is decoded only when somebody asks for it. */
class MergedResult implements AttributeChange {
  constructor(readonly name: string, readonly raw: Uint8Array) {}

  get value(): string {
    return decodeText(this.raw);
  }
}
