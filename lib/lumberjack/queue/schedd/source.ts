import type { Scope } from "../../../classad/mod.ts";
import type { QueueManagement } from "../../../condor/mod.ts";
import type { JobId } from "../../job/id.ts";
import type {
  ExportedCluster,
  LocalJob,
  QueuedJob,
} from "../../job/stored_ad.ts";
import type { Selection } from "../../job/selection.ts";

/** A locked job, with what decides whether it may still go. */
export interface CarryingJob extends JobId {
  /** `JobStatus`; undefined if the ad has none. */
  readonly status: number | undefined;
  /** Whether the job carries `LumberjackExportPlanned`. */
  readonly isPlanned: boolean;
}

/** What decides whether a job may be changed. */
export interface JobState {
  /** `JobStatus`; undefined if the job has left the queue. */
  readonly status: number | undefined;
  /** `Managed`. */
  readonly managed: string | undefined;
  readonly exportId: string | undefined;
}

/**
 * Reads the jobs of a running schedd, from its log if we may read that, otherwise
 * by queries. What was read only plans: when a job is locked, the decision is
 * made again on the connection that locks it.
 */
export interface ScheddSource {
  /** Returns whether the source is the schedd's log. */
  readsLog(): Promise<boolean>;
  /** Returns the jobs that the selection selects. */
  select(
    selection: Selection,
    attributes: readonly string[],
  ): AsyncIterable<QueuedJob>;
  /** Returns the cluster ads of late-materialization factories that still make jobs. */
  factories(): AsyncIterable<{ cluster: number; ad: Scope }>;
  /** Returns a function that finds jobs with all their attributes. */
  find(ids: Iterable<JobId>): Promise<(id: JobId) => LocalJob | undefined>;
  /** Returns the jobs that carry an export's id, sorted by id. */
  carrying(exportId: string): Promise<CarryingJob[]>;
  /** Returns `NextClusterNum` of the header ad. */
  nextClusterNum(): Promise<number | undefined>;
  /** Returns these jobs, which have to be sorted, grouped by cluster. */
  clustersOf(jobs: readonly JobId[]): AsyncIterable<ExportedCluster>;
  /**
   * Returns the jobs that may have changed since they were read. `queue` is a
   * connection for writing: until it is closed, nothing changes. A transaction is
   * open on return.
   */
  changed(
    queue: QueueManagement,
    jobs: readonly JobId[],
  ): Promise<readonly JobId[]>;
  /** Returns the state of a job that did not change since it was read. */
  stateOf(job: JobId): JobState;
  /**
   * Takes note that all records logged since `changed` are ours. Called after a
   * commit, while the connection is still open.
   */
  committed(): void;
  /**
   * Returns whether nobody else has changed these jobs and their clusters since
   * they were read.
   */
  isCurrent(jobs: Iterable<JobId>): boolean;
  /**
   * Stands for what was read and is kept: another object after the queue was read
   * again. Undefined if nothing is kept; then `changed` returns all jobs.
   */
  readonly reading: object | undefined;
  /** Forgets what was read, so that the queue is read again. */
  forget(): void;
}
