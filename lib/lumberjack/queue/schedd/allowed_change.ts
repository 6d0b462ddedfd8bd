import { hasEnded, JobStatus } from "../../job/eligibility.ts";
import { heedingHold } from "../../job/held.ts";
import type { JobChange } from "../../job/change.ts";
import {
  lastExportIdAttribute,
  lockAttributes,
  managedExternal,
} from "../../job/lock.ts";
import type { JobState } from "./source.ts";

/**
 * What of a change still holds. A job that left the queue, that somebody unlocked
 * meanwhile, or that went with another export since, is left alone; of one that
 * was removed meanwhile only the lock comes off, and one that is held stays so.
 * One that the schedd's own import has merged is unlocked and carries the
 * export's id still: of its change the rest is left.
 */
export function allowedNow(
  change: JobChange,
  state: JobState,
): Pick<JobChange, "set" | "remove"> | undefined {
  if (state.status === undefined) return undefined;
  if (state.exportId !== change.exportId) return undefined;
  const trace = change.set.find(({ name }) => name === lastExportIdAttribute);
  if (state.managed !== managedExternal) {
    // What runs here by now keeps what it has of its run.
    const remove = hasEnded(state.status) ? change.remove : lockAttributes;
    return trace && { set: [], remove };
  }
  if (state.status === JobStatus.removed) {
    return { set: trace ? [trace] : [], remove: lockAttributes };
  }
  return heedingHold(change, state.status);
}

/**
 * Setting one of these makes the schedd count something up (`SetAttribute` in
 * condor_schedd.V6/qmgmt.cpp): first, so that the counts of the result win.
 */
const counting = new Set(["holdreasoncode", "vacatereasoncode", "jobstatus"]);

/** The schedd also rounds (SCHEDD_ROUND_ATTR_*), and writes what it was as NAME_RAW. */
function rankOf(name: string): number {
  const lower = name.toLowerCase();
  return counting.has(lower) ? 0 : lower.endsWith("_raw") ? 2 : 1;
}

/** The attributes in the order in which a schedd is to set them. */
export function inOrder(set: JobChange["set"]): JobChange["set"] {
  return [...set].sort((a, b) => rankOf(a.name) - rankOf(b.name));
}
