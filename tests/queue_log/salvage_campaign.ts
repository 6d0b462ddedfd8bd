/**
 * Damages logs of real schedds in every known way and salvages them.
 * `checkSalvage` checks each result. To run it by hand:
 *
 *     scripts/deno task fuzz:salvage [--seed N] [--count N] [--others]
 *
 * With `--others` the logs are those of the negotiator and the collector.
 *
 * @module
 */
import { assert } from "@std/assert";
import {
  type LogKind,
  QueueTable,
  salvageBytes,
} from "../../lib/queue_log/mod.ts";
import { Choices } from "./mutations.ts";
import { bytesOf, textOfBytes } from "./properties.ts";
import { loadAsSchedd, type Model } from "./schedd_model.ts";

/** A log of a real schedd. Each character of `text` is a byte. */
export interface Original {
  readonly name: string;
  readonly text: string;
  readonly model: Model;
  /** For each job, the lines of the log that name the job or its cluster. */
  readonly lines: ReadonlyMap<string, readonly string[]>;
}

/** A damaged log. `what` names the kind of damage. */
export interface DamagedLog {
  readonly what: string;
  readonly text: string;
}

const names = [
  "../data/htcondor-23.9.6/exported/job_queue.log",
  "../data/htcondor-23.9.6/returned/job_queue.log",
  "../data/htcondor-23.9.6/round-trip/local.log",
  "data/journal-trixie.log",
  "data/journal-sid.log",
];

/** Returns the logs to damage. */
export function originals(): Original[] {
  return names.map((name) => {
    const text = textOfBytes(
      Deno.readFileSync(new URL(name, import.meta.url)),
    );
    const model = loadAsSchedd(text);
    return { name, text, model, lines: linesOfJobs(text) };
  });
}

function linesOfJobs(text: string): Map<string, string[]> {
  const byKey = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const key = /^10[1234] (\S+)/.exec(line)?.[1];
    if (key === undefined) continue;
    const lines = byKey.get(key) ?? [];
    lines.push(line);
    byKey.set(key, lines);
  }
  const jobs = new Map<string, string[]>();
  for (const [key, lines] of byKey) {
    if (!/^[1-9]\d*\.\d+$/.test(key)) continue;
    const cluster = byKey.get(`0${key.split(".")[0]}.-1`) ?? [];
    jobs.set(key, [...lines, ...cluster]);
  }
  return jobs;
}

const otherNames = ["accountant", "collector"].flatMap((kind) =>
  ["trixie", "sid"].map((root) => ({ kind, name: `data/${kind}-${root}.log` }))
);

/** A log of a negotiator or a collector. */
export interface OtherOriginal {
  readonly kind: LogKind;
  readonly name: string;
  readonly text: string;
  readonly model: Model;
}

const asWord = (key: string) => key;

/** Loads a log whose keys are words. */
export function loadNamed(text: string): Model {
  return loadAsSchedd(text, undefined, asWord);
}

/** The logs of other daemons to damage. */
export function otherOriginals(): OtherOriginal[] {
  return otherNames.map(({ kind, name }) => {
    const text = textOfBytes(
      Deno.readFileSync(new URL(name, import.meta.url)),
    );
    return { kind: kind as LogKind, name, text, model: loadNamed(text) };
  });
}

/** The kinds of damage. Each function damages a log. */
export const kinds: Record<string, (text: string, c: Choices) => string> = {
  "a byte flipped": (text, c) => {
    const at = c.below(text.length);
    const byte = text.charCodeAt(at) ^ (1 + c.below(255));
    return text.slice(0, at) + String.fromCharCode(byte) + text.slice(at + 1);
  },
  "a bit flipped": (text, c) => {
    const at = c.below(text.length);
    const byte = text.charCodeAt(at) ^ (1 << c.below(8));
    return text.slice(0, at) + String.fromCharCode(byte) + text.slice(at + 1);
  },
  "bytes dropped": (text, c) => {
    const at = c.below(text.length);
    return text.slice(0, at) +
      text.slice(at + 1 + c.below(c.of([3, 80, 4096])));
  },
  "bytes doubled": (text, c) => {
    const at = c.below(text.length);
    const end = at + 1 + c.below(c.of([3, 80, 4096]));
    return text.slice(0, end) + text.slice(at, end) + text.slice(end);
  },
  "a block zeroed": (text, c) => {
    const size = c.of([1, 16, 512, 4096]);
    const at = Math.floor(c.below(text.length) / size) * size;
    const zeros = "\0".repeat(Math.min(size, text.length - at));
    return text.slice(0, at) + zeros + text.slice(at + size);
  },
  "cut": (text, c) => text.slice(0, c.below(text.length)),
  "cut, then zeros": (text, c) =>
    text.slice(0, c.below(text.length)) + "\0".repeat(1 + c.below(4096)),
  "spliced": (text, c) => {
    const [a, b] = [c.below(text.length), c.below(text.length)];
    const size = 1 + c.below(c.of([80, 4096]));
    const block = text.slice(a, a + size);
    return text.slice(0, b) + block + text.slice(b + size);
  },
  "lines swapped": (text, c) => {
    const lines = text.split(/(?<=\n)/);
    const [a, b] = [c.below(lines.length), c.below(lines.length)];
    [lines[a], lines[b]] = [lines[b], lines[a]];
    return lines.join("");
  },
  "blank line": (text, c) => {
    const lines = text.split(/(?<=\n)/);
    lines.splice(c.below(lines.length + 1), 0, "\n");
    return lines.join("");
  },
  "CR LF": (text) => text.replaceAll("\n", "\r\n"),
  "first line missing": (text) => text.slice(text.indexOf("\n") + 1),
  "a record of another version": (text, c) => {
    const lines = text.split(/(?<=\n)/);
    lines.splice(c.below(lines.length + 1), 0, "108 1.0 Something new\n");
    return lines.join("");
  },
  "NextClusterNum too low": (text) =>
    text.replace(/^103 0\.0 NextClusterNum .*$/m, "103 0.0 NextClusterNum 1"),
};

/** Returns a damaged log. The same seed gives the same damage. */
export function damage(
  original: { readonly text: string },
  seed: number,
): DamagedLog {
  const choices = new Choices(seed);
  const what = choices.of(Object.keys(kinds));
  return { what, text: kinds[what](original.text, choices) };
}

/** The numbers that a campaign counts. */
export interface Tally {
  logs: number;
  /**
   * Logs that look intact although records may be missing. Nobody can know
   * that.
   */
  sound: number;
  /**
   * Of these, logs in which a job that had ended may run again. A value became
   * another good value, or whole records are missing.
   */
  unnoticed: number;
  kept: number;
  held: number;
  leftOut: number;
}

const ended = new Set(["3", "4"]);

function statusOf(model: Model, id: string): string | undefined {
  return model.ads.get(id.replace(".", ","))?.attributes.get("jobstatus")
    ?.value;
}

/** Salvages a log, checks the rules, and returns the new log. */
export function checkSalvage(
  original: Original,
  { text }: DamagedLog,
  tally: Tally,
): Uint8Array {
  const { report, log } = salvageBytes(bytesOf(text));
  tally.logs++;
  tally.kept += report.kept;
  tally.held += report.held;
  tally.leftOut += report.leftOut;
  const model = loadAsSchedd(textOfBytes(log));
  assert(model.verdict === "start", `the new log: ${model.verdict}`);
  const back = jobsThatMayRunAgain(original, model);
  if (report.sound) {
    tally.sound++;
    if (back.length > 0) tally.unnoticed++;
    return log;
  }
  // If all records of a job are there, the job is in the new log.
  const present = new Set(text.split("\n").map((line) => line.trimEnd()));
  for (const [id, lines] of original.lines) {
    const status = statusOf(original.model, id);
    if (status === undefined) continue;
    if (!lines.every((line) => present.has(line.trimEnd()))) continue;
    assert(statusOf(model, id) !== undefined, `job ${id} is missing`);
  }
  assert(back.length === 0, `these jobs had ended and may run: ${back}`);
  // A job that did not exist before is held.
  using table = QueueTable.read(log);
  for (const ad of table.procs()) {
    assert(
      original.lines.has(ad.key) || ad.text("JobStatus") === "5",
      `job ${ad.key} did not exist before`,
    );
  }
  return log;
}

/** Returns the jobs that had ended and are neither ended nor held now. */
function jobsThatMayRunAgain(original: Original, model: Model): string[] {
  return [...original.lines.keys()].filter((id) => {
    const before = statusOf(original.model, id);
    if (before !== undefined && !ended.has(before)) return false;
    const now = statusOf(model, id);
    return now !== undefined && !ended.has(now) && now !== "5";
  });
}

/**
 * Salvages one log of another daemon and checks it: the daemon loads it, and
 * every ad whose records are intact has its values.
 */
export function checkOther(
  original: OtherOriginal,
  { text }: DamagedLog,
  tally: Tally,
): Uint8Array {
  const { kind } = original;
  const { report, log } = salvageBytes(bytesOf(text), { kind });
  tally.logs++;
  tally.kept += report.kept;
  tally.leftOut += report.leftOut;
  const model = loadNamed(textOfBytes(log));
  assert(model.verdict === "start", `the new log: ${model.verdict}`);
  if (report.sound) {
    tally.sound++;
    return log;
  }
  // A log often contains the same line several times.
  const [before, now] = [original.text, text].map(linesByKey);
  const doubtful = new Set(report.changes.map(({ id }) => id));
  for (const [key, ad] of original.model.ads) {
    if (before.get(key)!.join("\n") !== now.get(key)?.join("\n")) continue;
    const salvaged = model.ads.get(key);
    if (salvaged === undefined) throw new Error(`ad ${key} is missing`);
    if (doubtful.has(key)) continue;
    for (const [name, { value }] of ad.attributes) {
      const found = salvaged.attributes.get(name)?.value;
      assert(found === value, `ad ${key}: ${name} is ${found}, was ${value}`);
    }
  }
  return log;
}

function linesByKey(text: string): Map<string, string[]> {
  const lines = text.split("\n").map((line) => line.trimEnd());
  return Map.groupBy(
    lines.filter((line) => /^10[1-4] /.test(line)),
    (line) => line.split(" ")[1],
  );
}

/**
 * Damages and salvages `count` logs. Throws an error that lists the logs with
 * wrong results.
 */
export function campaign(seed: number, count: number): Tally {
  return repeat(originals(), checkSalvage, seed, count);
}

/** Does the same with the logs of other daemons. */
export function campaignOfOthers(seed: number, count: number): Tally {
  return repeat(otherOriginals(), checkOther, seed, count);
}

/** Returns the counts of a campaign that has tried no log yet. */
export function emptyTally(): Tally {
  return { logs: 0, sound: 0, unnoticed: 0, kept: 0, held: 0, leftOut: 0 };
}

function repeat<Log extends { readonly name: string; readonly text: string }>(
  logs: readonly Log[],
  check: (original: Log, damaged: DamagedLog, tally: Tally) => void,
  seed: number,
  count: number,
): Tally {
  const tally = emptyTally();
  const failures: string[] = [];
  for (let k = 0; k < count; k++) {
    const original = logs[(seed + k) % logs.length];
    const damaged = damage(original, seed + k);
    try {
      check(original, damaged, tally);
    } catch (cause) {
      failures.push(
        `--seed ${seed + k} --count 1: ${original.name}, ${damaged.what}: ${
          cause instanceof Error ? cause.message : cause
        }`,
      );
      if (failures.length >= 40) break;
    }
  }
  if (failures.length > 0) {
    throw new Error(
      `${failures.length} of ${tally.logs}\n${failures.join("\n")}`,
    );
  }
  return tally;
}

if (import.meta.main) {
  const value = (name: string, otherwise: number): number => {
    const at = Deno.args.indexOf(`--${name}`);
    return at < 0 ? otherwise : Number(Deno.args[at + 1]);
  };
  const seed = value("seed", 1);
  const count = value("count", 100_000);
  const run = Deno.args.includes("--others") ? campaignOfOthers : campaign;
  console.log(`seed ${seed}`, run(seed, count));
}
