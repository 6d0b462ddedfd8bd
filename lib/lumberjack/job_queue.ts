import type { Expr, Scope } from "../classad/mod.ts";
import type { JobId } from "./job_id.ts";
import type { SkippedJob } from "./manifest.ts";
import type { Selection } from "./selection.ts";

/** An ad with its values as they stand in a queue log. */
export interface StoredAd extends Scope {
  /** `Job` and the like, of the record that made the ad. */
  readonly myType: string;
  /** `Machine` for jobs; HTCondor has given it up. */
  readonly targetType: string;
  /** Own attributes, without those of the cluster ad, in the order stored. */
  entries(): Iterable<{ readonly name: string; readonly value: Uint8Array }>;
  /** The text of an own attribute. */
  text(name: string): string | undefined;
  /** The bytes of an own attribute. */
  rawValue(name: string): Uint8Array | undefined;
  /** An attribute, looked up in the cluster ad when the proc ad has none. */
  lookup(name: string): Expr | undefined;
}

/** A job as the queue has it. */
export interface QueuedJob extends JobId {
  /** Its proc ad, chained to the cluster ad. */
  readonly ad: Scope;
}

/** A cluster with those of its jobs that go with an export. */
export interface ExportedCluster {
  /** The cluster's number. */
  readonly cluster: number;
  /** The cluster ad. */
  readonly ad: StoredAd;
  /** Those of its jobs that go. */
  readonly jobs: readonly (JobId & { readonly ad: StoredAd })[];
}

/** What is read back after locking. */
export interface ExportedAds {
  /** NextClusterNum of the header ad; undefined when the queue has none. */
  readonly nextClusterNum: number | undefined;
  /** In order of cluster and proc. */
  readonly clusters: AsyncIterable<ExportedCluster> | Iterable<ExportedCluster>;
  /** Jobs that were locked and are not any more: what became of them since. */
  readonly stayed: readonly SkippedJob[];
}

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

/** A job of the local queue that an import asks for. */
export interface LocalJob extends JobId {
  /** Its proc ad, chained. */
  readonly ad: StoredAd;
  /** Its cluster ad. */
  readonly clusterAd: StoredAd | undefined;
}

/**
 * A queue that jobs leave and come back to. There are two: a queue log on disk
 * and a running schedd. Export and import are written against this alone.
 */
export interface JobQueue {
  /** For messages: which queue this is. */
  readonly name: string;

  /**
   * The jobs that the selection means, in no order. `ad` has at least the
   * attributes asked for.
   */
  select(
    selection: Selection,
    attributes: readonly string[],
  ): AsyncIterable<QueuedJob>;

  /** Cluster ads of late-materialization factories, which may have no job yet. */
  factories(): AsyncIterable<{ cluster: number; ad: Scope }>;

  /**
   * Locks those jobs of the request that still may go. What is locked when this
   * returns is what {@linkcode readLocked} gives. Answers with the others.
   */
  lock(request: LockRequest): Promise<readonly SkippedJob[]>;

  /**
   * The ads of the jobs that carry the export's id, as the queue has them. One
   * that was held or removed since it was locked is unlocked; another of them
   * names `exportDir`, the export's folder, before that.
   */
  readLocked(exportId: string, exportDir: string): Promise<ExportedAds>;

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
