/**
 * Jobs that were held here while they were away. If such a job comes home, its
 * results and counters come home, and it stays held, because its owner wants that.
 * A job that ended away must not run again when it is released. So it gets
 * `JobStatusOnRelease`, HTCondor's attribute for the status that a held job gets
 * when it is released (condor_schedd.V6/schedd.cpp, `releaseJobRaw` and
 * `actOnJobs`).
 *
 * @module
 */
import { hasEnded, JobStatus } from "./eligibility.ts";
import type { JobChange } from "./change.ts";

/** HTCondor's attribute for the status that a held job has when it is released. */
export const statusOnRelease = "JobStatusOnRelease";

/** The attributes of the hold. What happened away does not change them. */
const ofTheHold = new Set(
  `JobStatus LastJobStatus EnteredCurrentStatus HoldReason HoldReasonCode
  HoldReasonSubCode NumHolds NumHoldsByReason NumSystemHolds`
    .split(/\s+/).map((name) => name.toLowerCase()),
);

/** Returns the status that ends the job, completed or removed, if the change sets one. */
export function endBy({ set }: Pick<JobChange, "set">): number | undefined {
  const status = set.find(({ name }) => name.toLowerCase() === "jobstatus");
  const end = status && Number(status.value);
  return hasEnded(end) ? end : undefined;
}

/**
 * Returns the change that is right for a job that has this status now. If the job
 * is held, the change leaves the hold as it is.
 */
export function keepingHold<Change extends Pick<JobChange, "set" | "remove">>(
  change: Change,
  status: number | undefined,
): Change {
  if (status !== JobStatus.held) return change;
  const set = change.set.filter(({ name }) =>
    !ofTheHold.has(name.toLowerCase())
  );
  const end = endBy(change);
  if (end !== undefined) {
    set.push({ name: statusOnRelease, value: String(end) });
  }
  return { ...change, set };
}
