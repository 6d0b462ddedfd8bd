/** Something that came back and was not taken. */
export interface Refusal {
  /** `CLUSTER.PROC`, or `CLUSTER` for the cluster ad. */
  readonly id: string;
  /** The attribute; null if the whole job was refused. */
  readonly attribute: string | null;
  /** Why, in a few words. */
  readonly reason: string;
}

/** What an import did. */
export interface ImportResult {
  /** The export that came back; null if neither the log, its folder nor the queue says which. */
  readonly exportId: string | null;
  /** How many jobs the returned log has. */
  readonly jobs: number;
  /** How many jobs are home with their results. */
  readonly merged: number;
  /**
   * How many jobs were removed or held here while they were away. They are
   * unlocked, and stay removed or held.
   */
  readonly released: number;
  /**
   * How many of the released jobs are held here and ended away (completed or
   * removed). When they are released, they leave the queue and do not run again.
   */
  readonly heldEnded: number;
  /** How many jobs came home with an earlier import, or have left the queue since. */
  readonly home: number;
  /** How many of the `home` jobs are not in the queue: they have left it, or they never were in this queue. */
  readonly gone: number;
  /** Whether the jobs left another schedd, so that none of them can come home here. */
  readonly foreign: boolean;
  /**
   * How many jobs stay locked because the remote side has not finished with
   * them: with `--partial`, or if the bundle says that it is not the last part.
   */
  readonly stillAway: number;
  /** How many files came home, of the jobs that came home. */
  readonly files: number;
  /** How many bytes are in these files. */
  readonly bytes: number;
  /** How many files stayed away because a file of that name was here. */
  readonly kept: number;
  /** The jobs that are locked and did not come back with the last part. */
  readonly missing: readonly string[];
  /** What came back and was not taken. */
  readonly refused: readonly Refusal[];
  /** How many of the merged jobs came back in which state. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Things that the user should know and that do not affect the jobs' results. */
  readonly notes: readonly string[];
}

/** Counts what an import does, while it decides. */
export class Tally {
  merged = 0;
  released = 0;
  heldEnded = 0;
  home = 0;
  gone = 0;
  stillAway = 0;
  files = 0;
  bytes = 0;
  kept = 0;
  /** Jobs that came back running and are idle now. */
  underWay = 0;
  /** Jobs that came back in a status that we do not know and are idle now. */
  unknown = 0;
  readonly refused: Refusal[] = [];
  readonly statuses: Record<string, number> = {};
}
