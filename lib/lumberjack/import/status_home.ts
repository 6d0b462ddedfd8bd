import type { Scope } from "../../classad/mod.ts";
import { booleanOf, integerOf } from "../job/attribute_values.ts";
import { hasStarted, JobStatus } from "../job/eligibility.ts";

/**
 * The status with which a returned job comes home; 0 when it has none. What was
 * under way when the remote schedd stopped is idle. But with
 * `TerminationPending` it had ended, and no schedd had taken note of that: a
 * shadow wrote it together with how the job ended, and another would only say
 * so again (`BaseShadow::terminateJob` in condor_shadow.V6.1/baseshadow.cpp: "at
 * no time should the job actually execute again").
 */
export function statusHome(returned: Scope): number {
  const status = integerOf(returned, "JobStatus") ?? 0;
  if (status !== JobStatus.idle && !hasStarted(status)) return status;
  const ended = booleanOf(returned, "TerminationPending") === true;
  return ended ? JobStatus.completed : JobStatus.idle;
}
