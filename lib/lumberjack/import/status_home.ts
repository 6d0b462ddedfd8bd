import type { Scope } from "../../classad/mod.ts";
import { booleanOf, integerOf } from "../job/attribute_values.ts";
import { isCancelled } from "../job/cancelled.ts";
import { hasStarted, JobStatus } from "../job/eligibility.ts";

/**
 * Returns the job status that a returned job has at home; 0 if it has none.
 *
 * A job that was running when the remote schedd stopped comes home idle. So does
 * a job in a status that we do not know, such as 9 of 25.x (blocked: its common
 * input files were not there yet). It has not ended, and it may run here.
 *
 * But a job with `TerminationPending` had ended, and its schedd had not recorded
 * that yet. A shadow wrote it together with how the job ended, and another
 * shadow would only say so again (`BaseShadow::terminateJob` in
 * condor_shadow.V6.1/baseshadow.cpp: "at no time should the job actually execute
 * again").
 */
export function statusHome(returned: Scope): number {
  const status = integerOf(returned, "JobStatus") ?? 0;
  // The remote side gave it up, so it is free here.
  if (isCancelled(returned)) return JobStatus.idle;
  const mayRun = status === JobStatus.idle || hasStarted(status) ||
    isUnknownStatus(status);
  if (!mayRun) return status;
  const ended = booleanOf(returned, "TerminationPending") === true;
  return ended ? JobStatus.completed : JobStatus.idle;
}

/** Whether this is a job status that only a later HTCondor knows. */
export function isUnknownStatus(status: number | undefined): boolean {
  return status !== undefined && status > JobStatus.suspended;
}
