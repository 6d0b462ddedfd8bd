/**
 * Jobs that the home side no longer wants to run at the remote site.
 *
 * The remote side removes them, with a reason by which they are known at home.
 * There a cancelled job is free again: idle, or what its owner made of it.
 *
 * @module
 */
import type { Scope } from "../../classad/mod.ts";
import { integerOf, stringOf } from "./attribute_values.ts";
import { JobStatus } from "./eligibility.ts";

/** `RemoveReason` of a cancelled job begins with this. */
export const cancelReason = "cancelled by the home side of Lumberjack";

/** Whether the remote side gave up this job because the home side asked for it. */
export function isCancelled(returned: Scope): boolean {
  return integerOf(returned, "JobStatus") === JobStatus.removed &&
    stringOf(returned, "RemoveReason")?.startsWith(cancelReason) === true;
}
