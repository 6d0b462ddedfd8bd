/**
 * Finds knobs that look like Lumberjack's and that nothing reads: spelling mistakes,
 * and knobs of a site that is not in LUMBERJACK_SITES.
 *
 * @module
 */
import type { Knob } from "../../condor/knob_dump.ts";
import { slipsBetween } from "../slips.ts";
import { generalKnobs } from "./general_knobs.ts";
import { describedKnob } from "./knob_values.ts";
import type { SiteProblem } from "./site.ts";

/** What all knobs of sites begin with. */
const prefix = "LUMBERJACK_";

/** Knobs of condor_master about a daemon that is called LUMBERJACK. */
const masterKnobs = ["ARGS", "ENVIRONMENT", "USERID", "DEBUG", "ADDRESS_FILE"]
  .map((name) => prefix + name);

/** So many edits at most are taken for a slip in a word. */
const mostSlips = 2;

/**
 * Returns what is wrong with knobs that nothing reads.
 *
 * @param byName Knobs, by their names in capitals.
 * @param names The sites' names.
 * @param siteKnobs The names of the knobs that every site has.
 */
export function strayKnobs(
  byName: ReadonlyMap<string, Knob>,
  names: readonly string[],
  siteKnobs: readonly string[],
): SiteProblem[] {
  const problems: SiteProblem[] = [];
  for (const [fullName, knob] of byName) {
    if ([...generalKnobs, ...masterKnobs].includes(fullName)) continue;
    if (!fullName.startsWith(prefix)) {
      problems.push(...wrongPrefix(fullName, knob));
      continue;
    }
    const rest = fullName.slice(prefix.length);
    // With the sites A and A_B, LUMBERJACK_A_B_SET is a knob of A_B.
    const site = names
      .filter((name) => rest.startsWith(`${name.toUpperCase()}_`))
      .sort((a, b) => b.length - a.length)[0];
    if (site === undefined) {
      problems.push(ofNoSite(rest, knob, names, siteKnobs));
      continue;
    }
    const field = rest.slice(site.length + 1);
    if (siteKnobs.includes(field)) continue;
    problems.push({
      site,
      knob: describedKnob(knob),
      message: "no knob of a site has this name",
      remedy: `did you mean ${prefix}${site.toUpperCase()}_${
        nearest(field, siteKnobs)
      }?`,
    });
  }
  return problems;
}

/** LUMBERJAK_SITES, say. Other programs may have knobs with a similar name. */
function wrongPrefix(fullName: string, knob: Knob): SiteProblem[] {
  const [word, ...more] = fullName.split("_");
  const isSlip = word !== "LUMBERJACK" && more.length > 0 &&
    slipsBetween(word, "LUMBERJACK") <= mostSlips;
  if (!isSlip) return [];
  return [{
    site: undefined,
    knob: describedKnob(knob),
    message: "no knob of Lumberjack has this name",
    remedy: `did you mean ${prefix}${more.join("_")}?`,
  }];
}

/** A knob that begins with LUMBERJACK_ and with no site's name. */
function ofNoSite(
  rest: string,
  knob: Knob,
  names: readonly string[],
  siteKnobs: readonly string[],
): SiteProblem {
  const about = { site: undefined, knob: describedKnob(knob) };
  const field = siteKnobs.filter((name) => rest.endsWith(`_${name}`))
    .sort((a, b) => b.length - a.length)[0];
  if (field === undefined) {
    const name = nearest(prefix + rest, [...generalKnobs, ...masterKnobs]);
    return {
      ...about,
      message: "no knob of Lumberjack has this name",
      remedy: `write ${name}, or remove it`,
    };
  }
  const site = rest.slice(0, -field.length - 1);
  const meant = nearest(site, names.map((name) => name.toUpperCase()));
  const isSlip = meant !== undefined && slipsBetween(site, meant) <= mostSlips;
  return {
    ...about,
    message: "the knob of a site that is not in LUMBERJACK_SITES",
    remedy: (isSlip ? `did you mean ${prefix}${meant}_${field}? Else ` : "") +
      `add ${site} to LUMBERJACK_SITES, or remove the knob`,
  };
}

/** Returns the word that takes the fewest edits to get to. */
function nearest(word: string, words: readonly string[]): string {
  return [...words].sort((a, b) =>
    slipsBetween(word, a) - slipsBetween(word, b)
  )[0];
}
