/**
 * What a pass over a log calls while it reads, if the log is to be checked.
 *
 * @module
 */
import type { RecordParser } from "./record.ts";

/** Gets the values of a log while a pass reads it. */
export interface ValueVisitor {
  /**
   * Called for each record 103. The value begins after the name and one blank,
   * and ends before `valueEnd`. Returns false if it is not an expression, or if
   * the ad does not exist.
   */
  set(
    ad: number,
    bytes: Uint8Array,
    nameStart: number,
    nameEnd: number,
    valueEnd: number,
  ): boolean;
  /** Called for each record 104. */
  delete(
    ad: number,
    bytes: Uint8Array,
    nameStart: number,
    nameEnd: number,
  ): void;
  /** Called if a value of the ad was not shown. */
  unclear(ad: number): void;
}

/** A record that the schedd would not write in this form, or not at this place. */
export interface OddRecord {
  /** The places of its parts in `bytes`. */
  readonly parser: RecordParser;
  /** A part of the log. */
  readonly bytes: Uint8Array;
  /** The offset in the log of the first of these bytes. */
  readonly base: number;
  /** The offset in the log of the record. */
  readonly offset: number;
  /** Whether the ad of the record exists. */
  readonly adExists: boolean;
}

/** Says what is wrong with unusual records. */
export interface RecordExplainer {
  /**
   * Called for each unusual record, before it is applied. Returns false if a
   * schedd stops reading there.
   */
  explain(record: OddRecord): boolean;
}
