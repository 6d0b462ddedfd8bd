import type { JobId } from "./id.ts";

/** An attribute and its new value. */
export interface AttributeChange {
  /** The name. */
  readonly name: string;
  /** An expression in old syntax. */
  readonly value: string;
  /** The same expression as bytes, if the caller has them. */
  readonly raw?: BytesOfValue;
}

/** A part of an array of bytes, which does not change. */
export interface BytesOfValue {
  /** The array. */
  readonly bytes: Uint8Array;
  /** Where the part begins. */
  readonly start: number;
  /** Where it ends. */
  readonly end: number;
}

/** Changes to one ad. */
export interface AdChange {
  /** Attributes and their new values. */
  readonly set: readonly AttributeChange[];
  /** The names of attributes to remove. Names that the ad lacks do no harm. */
  readonly remove: readonly string[];
}

/** Changes to one job's own ad. */
export interface JobChange extends JobId, AdChange {
  /**
   * The export that the job was away with when the change was decided;
   * undefined if its lock named none. A job that has since left with another
   * export is not changed.
   */
  readonly exportId: string | undefined;
}
