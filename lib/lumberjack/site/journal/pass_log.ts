/**
 * The log of passes, in the style of HTCondor's daemon logs: lines that begin with
 * date and time, rotated when the file is full.
 *
 * @module
 */
import { appendRotating, type Rotation } from "./rotating_file.ts";
import type { HistoryEvent } from "./history.ts";

/** Where the log is, and when it is rotated. */
export interface PassLogOptions extends Rotation {
  /** The file. */
  readonly path: string;
}

/**
 * Appends lines to the log. Does nothing if the log cannot be written: a pass does
 * its work all the same.
 */
export function appendToLog(
  { path, ...rotation }: PassLogOptions,
  lines: readonly string[],
  now: Date,
): void {
  if (lines.length === 0) return;
  const text = lines.map((line) => `${stamp(now)} ${line}\n`).join("");
  try {
    appendRotating(path, text, { ...rotation, now });
  } catch {
    // $(LOG) belongs to condor: an ordinary user may not write there.
  }
}

/** `MM/DD/YY HH:MM:SS`, local time, as in HTCondor's logs. */
function stamp(now: Date): string {
  const two = (value: number) => String(value % 100).padStart(2, "0");
  const day = [now.getMonth() + 1, now.getDate(), now.getFullYear()];
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()];
  return `${day.map(two).join("/")} ${time.map(two).join(":")}`;
}

/**
 * Returns what the log says about an event.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   describeEvent({
 *     at: "2026-11-30T08:00:00Z",
 *     site: "ALCF",
 *     event: "exported",
 *     exportId: "20261130T080000Z-0badcafe",
 *     owner: "alice",
 *     jobs: 3,
 *   }),
 *   "ALCF: exported 20261130T080000Z-0badcafe: 3 jobs of alice",
 * );
 * ```
 */
export function describeEvent(
  { site, event, exportId, owner, jobs, bytes, seconds, problem }: HistoryEvent,
): string {
  const whose = owner === undefined ? "" : ` of ${owner}`;
  const details = [
    jobs === undefined ? undefined : `${jobs} jobs${whose}`,
    bytes === undefined ? undefined : `${bytes} bytes`,
    seconds === undefined ? undefined : `${seconds} s`,
    problem,
  ].filter((part) => part !== undefined).join(", ");
  const what = exportId === undefined ? event : `${event} ${exportId}`;
  return `${site}: ${what}${details ? `: ${details}` : ""}`;
}
