import type { Knob } from "../../condor/knob_dump.ts";
import {
  describedKnob,
  readCount,
  readPath,
  readSize,
  WrongValue,
} from "./knob_values.ts";
import type { SiteProblem } from "./site.ts";

/** How the values of knobs that belong to no site are read. */
const readers: Readonly<Record<string, (text: string) => unknown>> = {
  LUMBERJACK_SITES: (text) => text,
  LUMBERJACK_DIR: readPath,
  LUMBERJACK_LOG: readPath,
  LUMBERJACK_METRICS: readPath,
  MAX_LUMBERJACK_LOG: readSize,
  MAX_NUM_LUMBERJACK_LOG: readCount,
};

/** The names of the knobs that belong to no site. */
export const generalKnobs: readonly string[] = Object.keys(readers);

/**
 * Reads the knobs that belong to no site. A value that is wrong counts as not set,
 * and becomes a problem of no site, so that the sites go on.
 */
export function readGeneralKnobs(byName: ReadonlyMap<string, Knob>): {
  readonly general: Readonly<Record<string, string>>;
  readonly problems: readonly SiteProblem[];
} {
  const general: Record<string, string> = {};
  const problems: SiteProblem[] = [];
  for (const [name, read] of Object.entries(readers)) {
    const knob = byName.get(name);
    if (knob === undefined) continue;
    try {
      read(knob.value);
      general[name] = knob.value;
    } catch (error) {
      if (!(error instanceof WrongValue)) throw error;
      const { message, remedy } = error;
      const where = describedKnob(knob);
      problems.push({ site: undefined, knob: where, message, remedy });
    }
  }
  return { general, problems };
}
