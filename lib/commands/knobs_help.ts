import { knobs } from "../condor/knobs.ts";
import {
  generalKnobHelp,
  type KnobHelp,
  siteKnobHelp,
} from "../lumberjack/site/knob_help.ts";
import { knobName } from "../lumberjack/site/read_sites.ts";

/** A knob as help and the manual page list it. */
export interface ListedKnob extends KnobHelp {
  /** The full name; `<SITE>` stands for the name of a site. */
  readonly name: string;
}

/** Lumberjack's own knobs: the general ones first, then those of each site. */
export function ownKnobs(): readonly ListedKnob[] {
  const general = Object.entries(generalKnobHelp)
    .map(([name, help]) => ({ name, ...help }));
  const ofSites = Object.entries(siteKnobHelp)
    .map(([field, help]) => ({
      name: `LUMBERJACK_<SITE>_${knobName(field)}`,
      ...help,
    }));
  return [...general, ...ofSites];
}

/** The knobs of HTCondor that are read, each with HTCondor's own default. */
export function readKnobs(): readonly { name: string; value: string }[] {
  return Object.entries(knobs).map(([name, value]) => ({ name, value }));
}

/** How values of Lumberjack's own knobs are written. */
export const knobUnits =
  "Times are seconds, or have a unit: 90s, 30m, 2h, 7d. Sizes are bytes, or have a\n" +
  "unit: 500 GB. A knob with a wrong value takes its own site out of force, and no\n" +
  "other one: `lumberjack sites` names the knob, its value, and where it is set.";

/** The text of `lumberjack help configuration`. */
export function knobsHelp(): string {
  const own = ownKnobs().map(({ name, meaning, ifNotSet }) =>
    `  ${name}\n      ${plain(meaning)}\n      if it is not set: ${
      plain(ifNotSet)
    }`
  );
  const htcondor = readKnobs().map(({ name }) => name);
  return [
    "Lumberjack is configured in HTCondor's own configuration. `condor_config_val -dump\n" +
    "LUMBERJACK` shows what is set, `condor_reconfig` makes a change count.",
    `Knobs of Lumberjack:\n${own.join("\n")}`,
    knobUnits,
    "Knobs of HTCondor that Lumberjack reads, to find a schedd and to prove who it is:\n" +
    wrapped(htcondor),
  ].join("\n\n") + "\n";
}

function plain(text: string): string {
  return text.replaceAll("`", "");
}

/** Words in lines of at most 80 characters, two blanks in front. */
function wrapped(words: readonly string[]): string {
  const lines = [""];
  for (const word of words) {
    const last = lines.length - 1;
    if (lines[last].length + word.length > 77) lines.push(word);
    else lines[last] = `${lines[last]} ${word}`.trim();
  }
  return lines.map((line) => `  ${line}`).join("\n");
}
