import type { JobChange } from "../job/change.ts";
import type { StoredAd } from "../job/stored_ad.ts";

/** A returned job. */
export interface ReturnedJob {
  /** Its proc ad, chained to its cluster ad. */
  readonly ad: StoredAd;
}

/** An attribute of a returned job that was not merged. */
export interface RefusedAttribute {
  /** The name; null if the whole job was refused. */
  readonly attribute: string | null;
  /** Why, in a few words. */
  readonly reason: string;
}

/** What is to happen with one returned job. */
export type MergeDecision =
  /** Its results go into the queue, and it is unlocked. */
  | {
    readonly kind: "merge";
    readonly change: JobChange;
    readonly refused: readonly RefusedAttribute[];
  }
  /**
   * The job was removed or held here while it was away. It is unlocked, and
   * stays removed or held. A held job gets what its run counted, and its results
   * if it ended.
   */
  | {
    readonly kind: "release";
    readonly change: JobChange;
    readonly refused: readonly RefusedAttribute[];
  }
  /** The job came home with an earlier import; `change` is what that import left undone. */
  | { readonly kind: "home"; readonly change?: JobChange }
  /** The returned job is not the job that left. */
  | { readonly kind: "refuse"; readonly refused: readonly RefusedAttribute[] };
