/**
 * A job that was held here while it was away, and that completed there. It has
 * run: released, it must not run again. So its results come home, it stays held
 * as its owner wants it, and `JobStatusOnRelease` says what it is behind that:
 * HTCondor's own word (condor_schedd.V6/schedd.cpp, `releaseJobRaw` and
 * `actOnJobs`) for jobs that were held when they were no longer idle.
 *
 * @module
 */
import { JobStatus } from "./eligibility.ts";
import type { JobChange } from "./job_queue.ts";

/** HTCondor's attribute for the status that a held job has when it is released. */
export const statusOnRelease = "JobStatusOnRelease";

/** What tells of the hold here, which what happened away does not change. */
const ofTheHold = new Set(
  `JobStatus LastJobStatus EnteredCurrentStatus HoldReason HoldReasonCode
  HoldReasonSubCode NumHolds NumHoldsByReason NumSystemHolds`
    .split(/\s+/).map((name) => name.toLowerCase()),
);

/** Whether this makes a job a completed one. */
export function completes({ set }: Pick<JobChange, "set">): boolean {
  return set.some(({ name, value }) =>
    name.toLowerCase() === "jobstatus" && Number(value) === JobStatus.completed
  );
}

/**
 * What of a change is for a job that is in that status at this moment: of a held
 * one that completed away the hold stays.
 */
export function heedingHold<Change extends Pick<JobChange, "set" | "remove">>(
  change: Change,
  status: number | undefined,
): Change {
  if (status !== JobStatus.held || !completes(change)) return change;
  const set = change.set.filter(({ name }) =>
    !ofTheHold.has(name.toLowerCase())
  );
  const completed = String(JobStatus.completed);
  return {
    ...change,
    set: [...set, { name: statusOnRelease, value: completed }],
  };
}
