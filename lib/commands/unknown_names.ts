import type { Selection } from "../lumberjack/job/selection.ts";
import type { FlagValues } from "./command.ts";
import { attributeNames, sampledJobs } from "./complete_values.ts";
import { nearest } from "./nearest.ts";

/**
 * Says which attribute of a constraint some jobs of the queue do not have, after
 * no job matched: its name may be misspelt, or a text may lack its quotes.
 * Returns undefined if that is not it, or if the queue cannot be asked.
 */
export async function unknownName(
  { constraint, attributes }: Selection,
  flags: FlagValues,
): Promise<string | undefined> {
  if (constraint === undefined) return undefined;
  let names: readonly string[];
  try {
    names = await attributeNames(flags);
  } catch {
    return undefined;
  }
  if (names.length === 0) return "the queue has no jobs";
  const known = new Set(names.map((name) => name.toLowerCase()));
  // HTCondor puts the time into every ad.
  known.add("currenttime");
  const missing = attributes.find((name) => !known.has(name));
  if (missing === undefined) return undefined;
  // The selection has the names in lower case.
  const written = new RegExp(`\\b${missing}\\b`, "i").exec(constraint)?.[0] ??
    missing;
  const meant = nearest(written, names);
  return `none of the first ${sampledJobs} jobs has the attribute ${written}: ` +
    (meant === undefined
      ? `check its name, and write a text with quotes: "${written}"`
      : `did you mean ${meant}?`);
}
