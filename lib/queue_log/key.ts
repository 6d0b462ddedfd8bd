/** The kinds of ads. The kind follows from the two numbers of a key. */
export type KeyKind =
  | "header"
  | "user"
  | "cluster"
  | "cluster-private"
  | "proc"
  | "jobset"
  | "other";

/** The two numbers by which the schedd knows an ad. */
export interface JobKey {
  /** The kind of ad. */
  readonly kind: KeyKind;
  /** The number before the dot. */
  readonly cluster: number;
  /** The number after the dot. For a cluster ad it is -1. */
  readonly proc: number;
}

/**
 * Parses a key as the schedd does (`StrIsProcId` and `JOB_ID_KEY` in HTCondor's
 * `condor_utils/proc_id.cpp`). Leading zeros are ignored, and `5` and `5.` are
 * cluster ads. Never throws: from a word that is not a key, the numbers before
 * the first error are used. Two keys with the same numbers are the same ad.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseKey } from "./mod.ts";
 *
 * assertEquals(parseKey("012.-1"), { kind: "cluster", cluster: 12, proc: -1 });
 * assertEquals(parseKey("12.3"), { kind: "proc", cluster: 12, proc: 3 });
 * assertEquals(parseKey("0.0").kind, "header");
 * ```
 */
export function parseKey(text: string): JobKey {
  const first = /^\s*([+-]?\d+)/.exec(text);
  const cluster = first ? toInt32(first[1]) : 0;
  const rest = text.slice(first ? first[0].length : 0);
  let proc = 0;
  if (first && (rest === "" || /^[\s,]/.test(rest))) {
    proc = -1;
  } else if (rest.startsWith(".")) {
    const digits = /^\.(-?)(\d+)/.exec(rest);
    proc = digits === null ? -1 : toInt32(digits[2]);
    if (digits !== null && digits[1] === "-") proc = -proc | 0;
  }
  return { kind: kindOf(cluster, proc), cluster, proc };
}

/**
 * Returns whether `text` is a key exactly as the schedd writes it. Each ad has
 * only one such spelling.
 */
export function isCanonicalKey(text: string): boolean {
  const { cluster, proc } = parseKey(text);
  return formatKey(cluster, proc) === text;
}

/**
 * Returns a key as the schedd writes it: `0C.-1` for a cluster ad, `C.P` for
 * any other ad.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { formatKey } from "./mod.ts";
 *
 * assertEquals(formatKey(12, -1), "012.-1");
 * assertEquals(formatKey(12, 3), "12.3");
 * ```
 */
export function formatKey(cluster: number, proc: number): string {
  return proc === -1 ? `0${cluster}.-1` : `${cluster}.${proc}`;
}

/**
 * Compares keys: by cluster, and within a cluster with the cluster's own ads
 * first. The result is negative, zero or positive, as `Array.sort` needs it.
 */
export function compareKeys(
  a: Pick<JobKey, "cluster" | "proc">,
  b: Pick<JobKey, "cluster" | "proc">,
): number {
  return a.cluster - b.cluster || a.proc - b.proc;
}

/**
 * Returns the kind of ad that two numbers stand for (`JobQueueBase::TypeOfJid`
 * in `condor_schedd.V6/qmgmt.h`).
 */
export function kindOf(cluster: number, proc: number): KeyKind {
  if (cluster > 0) {
    if (proc >= 0) return "proc";
    if (proc === -1) return "cluster";
    if (proc === -2) return "cluster-private";
    if (proc === -100) return "jobset";
  } else if (cluster === 0) {
    if (proc === 0) return "header";
    if (proc > 0) return "user";
  }
  return "other";
}

/**
 * The second number of every key of the logs in which a key is any word, such as
 * `Customer.alice@test`. The first number is that of the word. No key of a job
 * queue has this second number, and `kindOf` calls such an ad `other`.
 */
export const NAMED = -1_000_000;

const maxLong = 2n ** 63n - 1n;
const minLong = -(2n ** 63n);

/**
 * Returns what C's strtol() returns on a 64-bit machine, assigned to an int.
 */
export function toInt32(digits: string): number {
  if (digits.length < 10) return Number(digits);
  let value = BigInt(digits.replace("+", ""));
  if (value > maxLong) value = maxLong;
  if (value < minLong) value = minLong;
  return Number(BigInt.asIntN(32, value));
}
