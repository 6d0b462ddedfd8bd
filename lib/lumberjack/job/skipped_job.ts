/** A job that matched and was left where it is. */
export interface SkippedJob {
  /** `CLUSTER.PROC`; `CLUSTER` alone for a factory without jobs. */
  readonly id: string;
  /** Why it stays, in a few words. */
  readonly reason: string;
}
