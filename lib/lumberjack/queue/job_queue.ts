import type { Scope } from "../../classad/mod.ts";
import type { AttributeChange, JobChange } from "../job/change.ts";
import type { JobId } from "../job/id.ts";
import type { SkippedJob } from "../job/skipped_job.ts";
import type { Selection } from "../job/selection.ts";
import type { ExportedAds, LocalJob, QueuedJob } from "../job/stored_ad.ts";

/** Which jobs to lock, and for which export. */
export interface LockRequest {
  /** The export's id, which the lock carries. */
  readonly exportId: string;
  /** The export's folder, absolute. */
  readonly exportDir: string;
  /** The site that the jobs go to, for users who look at their jobs. */
  readonly site?: string;
  /** The jobs of the plan, all of one owner. */
  readonly jobs: readonly JobId[];
  /**
   * Returns why a job may not go after all, or undefined if it may. Called for
   * every job that may have changed since it was selected, with the ad that the
   * job has at the moment of the lock.
   */
  readonly reasonToStay: (job: JobId, ad: Scope) => string | undefined;
}

/** Jobs of an export that stay after all. */
export interface UnlockRequest {
  /** The export that the jobs are locked for. */
  readonly exportId: string;
  /** The export's folder, absolute. */
  readonly exportDir: string;
  /** The jobs to unlock. */
  readonly jobs: readonly JobId[];
  /**
   * One of the export's other jobs; undefined if none is left. From now on this
   * job names `exportDir`, because the job that named it may be among the
   * unlocked jobs.
   */
  readonly leaving: JobId | undefined;
}

/**
 * A queue that jobs leave and come back to. There are two kinds: the queue log of
 * a stopped schedd, and a running schedd. Export and import know only this
 * interface.
 */
export interface JobQueue {
  /** The name of the queue in messages. */
  readonly name: string;

  /** The schedd's name as in GlobalJobId, if it is known. */
  readonly scheddName?: string;

  /** The release of the schedd, where it is known and where releases differ. */
  readonly release?: "23.9" | "25";

  /**
   * Returns the jobs that the selection selects, in no particular order. Their
   * ads have at least these attributes.
   */
  select(
    selection: Selection,
    attributes: readonly string[],
  ): AsyncIterable<QueuedJob>;

  /**
   * Does the same as `select` in the cheapest way, with nothing read before and
   * nothing kept for later: a running schedd answers one query. The ads may lack
   * attributes that the values of `attributes` refer to.
   */
  scan(
    selection: Selection,
    attributes: readonly string[],
  ): AsyncIterable<QueuedJob>;

  /** Returns whether `select` reads a log, so that it asks nobody. */
  readsLog(): Promise<boolean>;

  /**
   * Returns the cluster ads of late-materialization factories that still make
   * jobs. Such a cluster may have no job yet.
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
   * Returns the current ads of the jobs that are locked for the export. A job
   * that was held or removed since it was locked is unlocked and listed in
   * `stayed`. Before that, another job of the export gets `exportDir`, the
   * export's folder, so that recover can find it.
   */
  readLocked(exportId: string, exportDir: string): Promise<ExportedAds>;

  /**
   * Unlocks some of an export's jobs, durably, because they cannot leave after
   * all. Jobs that have since left with another export are not changed.
   */
  unlock(request: UnlockRequest): Promise<void>;

  /**
   * Notes in the queue, durably, that an export's log is written: removes
   * `LumberjackExportPlanned` from the job that carries it. `jobs` are other
   * jobs known to carry it, besides the jobs that this queue marked.
   */
  markWritten(exportId: string, jobs?: readonly JobId[]): Promise<void>;

  /**
   * Writes attributes into all jobs that are away with one of these exports,
   * durably. Jobs that are home or left with another export are not changed.
   * `jobsOf` returns the jobs of an export that were away a moment ago, or none if
   * they are not known. Then a running schedd has to look for them in its whole
   * queue, and answers nobody meanwhile.
   */
  mark(
    exportIds: readonly string[],
    set: readonly AttributeChange[],
    jobsOf?: (exportId: string) => readonly JobId[],
  ): Promise<void>;

  /** Unlocks the jobs of exports that did not succeed. */
  undoLocks(exportIds: readonly string[]): Promise<void>;

  /** Forgets what was read of the queue, so that it is read again. */
  reread(): void;

  /**
   * Returns a function that finds a job with all its attributes, and returns
   * undefined for a job that is not in the queue.
   */
  find(ids: Iterable<JobId>): Promise<(id: JobId) => LocalJob | undefined>;

  /**
   * Changes jobs, in batches that the queue can take. A job that completed away
   * and is held at that moment stays held (job/held.ts). With `more`, other
   * changes follow, and what `find` found stays usable.
   */
  change(
    changes: Iterable<JobChange>,
    options?: { readonly more?: boolean },
  ): Promise<void>;

  /**
   * Makes all changes so far durable. Nothing may rely on a change before that.
   * A running schedd has made each batch durable already.
   */
  sync(): Promise<void>;

  /** Discards changes that are not durable yet, and closes files. */
  close(): Promise<void>;
}
