/**
 * The damage that a salvage finds in a log.
 *
 * @module
 */

import { latin1 } from "./text.ts";

/** One damaged place of a log. */
export interface Damage {
  /** The offset, in bytes, counted from 0. */
  readonly offset: number;
  /** The kind of damage, for programs. */
  readonly kind: DamageKind;
  /** What is wrong. */
  readonly message: string;
}

/** The kinds of damage that a salvage distinguishes. */
export type DamageKind =
  | "bad-line"
  | "rest-of-record"
  | "spaced-key"
  | "blank-line"
  | "nul-bytes"
  | "cr-lf"
  | "unknown-record"
  | "empty"
  | "torn-record"
  | "unfinished-transaction"
  | "nested-transaction"
  | "unmatched-end"
  | "no-sequence"
  | "late-sequence"
  | "second-log"
  | "duplicate-ad"
  | "missing-ad"
  | "next-cluster";

/** Returns the kind of damage of a line that is not a record. */
export function kindOfLine(
  bytes: Uint8Array,
  start: number,
  end: number,
): DamageKind {
  if (end - start === 1) return "blank-line";
  const line = bytes.subarray(start, end);
  if (line.includes(0)) return "nul-bytes";
  const text = latin1(line, 0, Math.min(5, line.length));
  if (/^10[1-7] /.test(text)) return "bad-line";
  if (/^\d{3} /.test(text)) return "unknown-record";
  // One wrong byte in the record type is a damaged record.
  return /^(.0[1-7] |1.[1-7] |10. |10[1-7])/s.test(text)
    ? "bad-line"
    : "rest-of-record";
}
