/**
 * A job that was held here while it was away. What its run there counted comes
 * home, and it stays held as its owner wants it. One that ended there must not
 * run again when it is released: `JobStatusOnRelease` says what it is behind the
 * hold, HTCondor's own word (condor_schedd.V6/schedd.cpp, `releaseJobRaw` and
 * `actOnJobs`) for jobs that were held when they were no longer idle.
 *
 * @module
 */
import { hasEnded, JobStatus } from "./eligibility.ts";
import type { JobChange } from "./change.ts";

/** HTCondor's attribute for the status that a held job has when it is released. */
export const statusOnRelease = "JobStatusOnRelease";

/** What tells of the hold here, which what happened away does not change. */
const ofTheHold = new Set(
  `JobStatus LastJobStatus EnteredCurrentStatus HoldReason HoldReasonCode
  HoldReasonSubCode NumHolds NumHoldsByReason NumSystemHolds`
    .split(/\s+/).map((name) => name.toLowerCase()),
);

/** The status, completed or removed, that ends a job by this, if it does. */
export function endBy({ set }: Pick<JobChange, "set">): number | undefined {
  const status = set.find(({ name }) => name.toLowerCase() === "jobstatus");
  const end = status && Number(status.value);
  return hasEnded(end) ? end : undefined;
}

/**
 * What of a change is for a job that is in that status at this moment: of a held
 * one the hold stays.
 */
export function heedingHold<Change extends Pick<JobChange, "set" | "remove">>(
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
