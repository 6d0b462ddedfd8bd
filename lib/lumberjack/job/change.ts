import type { JobId } from "./id.ts";

/** An attribute and its new value. */
export interface AttributeChange {
  /** The name. */
  readonly name: string;
  /** An expression in old syntax. */
  readonly value: string;
  /** The same as bytes, where it is at hand. */
  readonly raw?: Uint8Array;
}

/** Changes to one job's own ad. */
export interface JobChange extends JobId {
  /**
   * With which export the job was away when this was decided; undefined when its
   * lock named none. Of a job that is away with another by then nothing changes.
   */
  readonly exportId: string | undefined;
  /** Attributes and their new values. */
  readonly set: readonly AttributeChange[];
  /** Taken away, where the job has them. */
  readonly remove: readonly string[];
}
