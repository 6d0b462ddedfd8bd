import { hasEnded, JobStatus } from "../../job/eligibility.ts";
import { keepingHold } from "../../job/held.ts";
import type { JobChange } from "../../job/change.ts";
import {
  lastExportIdAttribute,
  lockAttributes,
  managedExternal,
} from "../../job/lock.ts";
import { whereaboutsAttributes } from "../../job/whereabouts.ts";
import type { JobState } from "./source.ts";

/**
 * Returns the part of a change that still holds, or undefined if none does.
 *
 * - A job is not changed if it has left the queue, if somebody has unlocked it, or
 *   if it has since left with another export.
 * - A job that was removed here takes no results. It says that it is home, and is
 *   unlocked if the change does that.
 * - A job that is held here stays held.
 * - A job that the schedd's own import has merged is unlocked and still carries
 *   the export's id. Only the rest of its change is left.
 */
export function allowedNow(
  change: JobChange,
  state: JobState,
): Pick<JobChange, "set" | "remove"> | undefined {
  if (state.status === undefined) return undefined;
  if (state.exportId !== change.exportId) return undefined;
  const trace = change.set.find(({ name }) => name === lastExportIdAttribute);
  if (state.managed !== managedExternal) {
    // A job that runs here by now keeps the attributes of that run.
    const remove = hasEnded(state.status) ? change.remove : lockAttributes;
    return trace && { set: [], remove };
  }
  if (state.status === JobStatus.removed) {
    const set = change.set.filter(({ name }) => ofHomecoming.has(name));
    // Its lock stays until its end is in its user log.
    const isUnlocked = change.remove.some((name) =>
      lockAttributes.includes(name)
    );
    return { set, remove: isUnlocked ? lockAttributes : [] };
  }
  return keepingHold(change, state.status);
}

/** What a job that is unlocked says about its way. */
const ofHomecoming = new Set([lastExportIdAttribute, ...whereaboutsAttributes]);

/**
 * Setting one of these makes the schedd increase a counter (`SetAttribute` in
 * condor_schedd.V6/qmgmt.cpp). They are set first, so that the counters of the
 * result are the ones that stay.
 */
const counting = new Set(["holdreasoncode", "vacatereasoncode", "jobstatus"]);

/**
 * The schedd rounds some attributes (SCHEDD_ROUND_ATTR_*) and writes the value
 * before rounding into NAME_RAW. A result's own NAME_RAW is therefore set last.
 */
function rankOf(name: string): number {
  const lower = name.toLowerCase();
  return counting.has(lower) ? 0 : lower.endsWith("_raw") ? 2 : 1;
}

/** Returns the attributes in the order in which the schedd has to set them. */
export function inOrder(set: JobChange["set"]): JobChange["set"] {
  return [...set].sort((a, b) => rankOf(a.name) - rankOf(b.name));
}
