/** A job that matched and stays. */
export interface SkippedJob {
  /** `CLUSTER.PROC`, or `CLUSTER` for a factory that has no job yet. */
  readonly id: string;
  /** Why it stays. */
  readonly reason: string;
}
