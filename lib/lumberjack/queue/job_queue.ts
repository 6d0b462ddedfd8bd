import type { Scope } from "../../classad/mod.ts";
import type { JobChange } from "../job/change.ts";
import type { JobId } from "../job/id.ts";
import type { SkippedJob } from "../job/skipped_job.ts";
import type { Selection } from "../job/selection.ts";
import type { ExportedAds, LocalJob, QueuedJob } from "../job/stored_ad.ts";

/** What a lock says and on which jobs it is laid. */
export interface LockRequest {
  /** The id that the lock names. */
  readonly exportId: string;
  /** The directory of the export, absolute. */
  readonly exportDir: string;
  /** The jobs of the plan, all of one owner. */
  readonly jobs: readonly JobId[];
  /**
   * Why a job may not go after all, in a few words; undefined when it may. Asked
   * of every job that may be other than it was when it was selected, by its ad
   * as it is at the moment of the lock.
   */
  readonly reasonToStay: (job: JobId, ad: Scope) => string | undefined;
}

/** Jobs of an export that stay after all. */
export interface UnlockRequest {
  /** The export that the jobs are locked for. */
  readonly exportId: string;
  /** The directory of the export, absolute. */
  readonly exportDir: string;
  /** The jobs to unlock. */
  readonly jobs: readonly JobId[];
  /**
   * One of the export's other jobs; undefined if none is left. It names
   * `exportDir` from here on, because an unlocked job may be the one that did.
   */
  readonly leaving: JobId | undefined;
}

/**
 * A queue that jobs leave and come back to. There are two: a queue log on disk
 * and a running schedd. Export and import are written against this alone.
 */
export interface JobQueue {
  /** For messages: which queue this is. */
  readonly name: string;

  /** The name by which GlobalJobId tells the schedd, where it is known. */
  readonly scheddName?: string;

  /**
   * The jobs that the selection means, in no order. `ad` has at least the
   * attributes asked for.
   */
  select(
    selection: Selection,
    attributes: readonly string[],
  ): AsyncIterable<QueuedJob>;

  /**
   * Cluster ads of late-materialization factories that still make jobs. Such a
   * cluster may have no job yet.
   */
  factories(): AsyncIterable<{ cluster: number; ad: Scope }>;

  /**
   * Asks whether we may change these jobs; changes nothing. Returns, in the
   * order asked for, why the queue does not let us change a job, and undefined
   * for a job that we may change.
   */
  refusals(jobs: readonly JobId[]): Promise<readonly (string | undefined)[]>;

  /**
   * Locks those jobs of the request that may still go, and returns the other
   * ones. {@linkcode readLocked} returns exactly the jobs that are locked.
   */
  lock(request: LockRequest): Promise<readonly SkippedJob[]>;

  /**
   * The ads of the jobs that carry the export's id, as the queue has them. One
   * that was held or removed since it was locked is unlocked; another of them
   * names `exportDir`, the export's folder, before that.
   */
  readLocked(exportId: string, exportDir: string): Promise<ExportedAds>;

  /**
   * Unlocks some of an export's jobs, durably, because they cannot leave after
   * all. Jobs that have since left with another export are not changed.
   */
  unlock(request: UnlockRequest): Promise<void>;

  /**
   * Notes in the queue, durably, that an export's log is written: removes
   * `LumberjackExportPlanned` from the job that carries it. `jobs` are jobs
   * that are known to carry it, besides those that this queue marked itself.
   */
  markWritten(exportId: string, jobs?: readonly JobId[]): Promise<void>;

  /** Takes these exports' locks off again, where an export did not succeed. */
  undoLocks(exportIds: readonly string[]): Promise<void>;

  /** What is read from here on is the queue as it is by then. */
  reread(): void;

  /** A job of the queue, with all its attributes; undefined when it is gone. */
  find(ids: readonly JobId[]): Promise<(id: JobId) => LocalJob | undefined>;

  /**
   * Changes jobs, in batches that the queue can take. One that completed away
   * and is held at that moment stays held (held_job.ts).
   */
  change(changes: Iterable<JobChange>): Promise<void>;

  /**
   * Makes everything so far durable; only then may anything rely on it. For a
   * running schedd that was so already.
   */
  sync(): Promise<void>;

  /** Forgets changes that were not made durable, and lets go of files. */
  close(): Promise<void>;
}
