/**
 * How long a run may take.
 *
 * @module
 */
import { RemoteError } from "./error.ts";

/** When a run has to be over. All times are in seconds since 1970. */
export interface Deadline {
  /** When the allocation ends. */
  readonly end: number;
  /** After this no job is started. */
  readonly lastStart: number;
  /** When the jobs that still run get their soft kill signal. */
  readonly stop: number;
  /** The last part of the time, in seconds. */
  readonly margin: number;
}

/**
 * Reads a duration: seconds, a number with `s`, `m`, `h` or `d`, or the form of
 * batch systems, `[DAYS-]HOURS:MINUTES:SECONDS` and `MINUTES:SECONDS`. Returns
 * seconds. Throws {@linkcode RemoteError}.
 *
 * @example
 * ```ts
 * import { parseDuration } from "./deadline.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseDuration("90"), 90);
 * assertEquals(parseDuration("1.5h"), 5400);
 * assertEquals(parseDuration("1-00:30:00"), 88200);
 * ```
 */
export function parseDuration(text: string): number {
  const units = { s: 1, m: 60, h: 3600, d: 86_400 } as const;
  const plain = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(text.trim());
  if (plain) {
    const unit = (plain[2] || "s") as keyof typeof units;
    return Math.round(Number(plain[1]) * units[unit]);
  }
  const clock = /^(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+)$/.exec(text.trim());
  if (clock) {
    const [, days = "0", hours = "0", minutes, seconds] = clock;
    return Number(days) * 86_400 + Number(hours) * 3600 +
      Number(minutes) * 60 + Number(seconds);
  }
  throw new RemoteError("not a duration", {
    subject: text,
    remedy: "write 3600, 90m, 1.5h or HOURS:MINUTES:SECONDS",
  });
}

/** What the user and the batch system say about the time. */
export interface TimeLimits {
  /** How long the run may take, in seconds. */
  readonly walltime?: number;
  /** The last part of the time, in seconds. */
  readonly margin?: number;
  /** When the batch system ends the allocation, in seconds since 1970. */
  readonly batchEnd?: number;
}

/**
 * Returns when a run has to be over; undefined if nobody says so. The earlier of
 * two limits counts. The margin is a tenth of the time, at most five minutes,
 * unless the user says otherwise.
 */
export function deadlineOf(
  limits: TimeLimits,
  now: number,
): Deadline | undefined {
  const ends = [
    limits.walltime === undefined ? undefined : now + limits.walltime,
    limits.batchEnd,
  ].filter((end) => end !== undefined);
  if (ends.length === 0) return undefined;
  const end = Math.min(...ends);
  const margin = limits.margin ??
    Math.max(2, Math.min(300, Math.floor((end - now) / 10)));
  if (end - margin <= now) {
    throw new RemoteError("no time is left to run jobs", {
      subject: `${
        Math.max(0, Math.floor(end - now))
      } s, with a margin of ${margin} s`,
      remedy: "ask for a longer walltime, or for a smaller --margin",
    });
  }
  return { end, margin, lastStart: end - margin, stop: end - margin / 2 };
}
