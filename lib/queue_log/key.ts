/** What kind of ad a key names, from its two numbers alone. */
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
  /** What the numbers mean. */
  readonly kind: KeyKind;
  /** The number before the dot. */
  readonly cluster: number;
  /** The number after the dot; -1 for a cluster ad. */
  readonly proc: number;
}

/**
 * Reads a key as the schedd does (`StrIsProcId` and `JOB_ID_KEY` in HTCondor's
 * `condor_utils/proc_id.cpp`): leading zeros do not matter, `5` and `5.` are
 * cluster ads, and a word that is no key at all becomes whatever numbers were
 * found before it went wrong. Two keys with the same numbers are one ad.
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
 * Whether `text` is a key in one of the forms that the schedd writes, so that
 * no two spellings of one ad are around.
 */
export function isCanonicalKey(text: string): boolean {
  const { cluster, proc } = parseKey(text);
  return formatKey(cluster, proc) === text;
}

/**
 * Writes a key as the schedd does: `0C.-1` for a cluster ad, else `C.P`.
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
 * Orders keys: by cluster, and within a cluster the cluster's own ads first.
 * The answer is negative, zero or positive, as `Array.sort` wants it.
 */
export function compareKeys(
  a: Pick<JobKey, "cluster" | "proc">,
  b: Pick<JobKey, "cluster" | "proc">,
): number {
  return a.cluster - b.cluster || a.proc - b.proc;
}

/**
 * What the numbers mean (`JobQueueBase::TypeOfJid` in
 * `condor_schedd.V6/qmgmt.h`).
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

const maxLong = 2n ** 63n - 1n;
const minLong = -(2n ** 63n);

/** strtol() on a 64-bit machine, assigned to an int. */
export function toInt32(digits: string): number {
  if (digits.length < 10) return Number(digits);
  let value = BigInt(digits.replace("+", ""));
  if (value > maxLong) value = maxLong;
  if (value < minLong) value = minLong;
  return Number(BigInt.asIntN(32, value));
}
