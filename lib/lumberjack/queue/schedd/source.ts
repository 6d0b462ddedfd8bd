import type { Scope } from "../../../classad/mod.ts";
import type { QueueManagement } from "../../../condor/mod.ts";
import type { JobId } from "../../job/id.ts";
import type {
  ExportedCluster,
  LocalJob,
  QueuedJob,
} from "../../job/stored_ad.ts";
import type { Selection } from "../../job/selection.ts";

/** A locked job, with what tells whether it may still go. */
export interface CarryingJob extends JobId {
  /** `JobStatus`; undefined when the ad does not say. */
  readonly status: number | undefined;
  /** Whether the job says that the export's log is not written yet. */
  readonly isPlanned: boolean;
}

/** What decides whether a job may be changed. */
export interface JobState {
  /** Undefined: it has left the queue. */
  readonly status: number | undefined;
  /** `Managed`. */
  readonly managed: string | undefined;
  readonly exportId: string | undefined;
}

/**
 * Where the jobs of a running schedd are read from: its log, where we may read
 * that, or the schedd itself. What is decided by them is decided again by the
 * schedd, when a job is locked.
 */
export interface ScheddSource {
  /** The jobs that the selection means. */
  select(
    selection: Selection,
    attributes: readonly string[],
  ): AsyncIterable<QueuedJob>;
  /** Cluster ads of late-materialization factories that still make jobs. */
  factories(): AsyncIterable<{ cluster: number; ad: Scope }>;
  /** Jobs with all their attributes. */
  find(ids: readonly JobId[]): Promise<(id: JobId) => LocalJob | undefined>;
  /** The jobs that carry an export's id, by cluster and proc. */
  carrying(exportId: string): Promise<CarryingJob[]>;
  /** `NextClusterNum` of the header ad. */
  nextClusterNum(): Promise<number | undefined>;
  /** These jobs with their clusters; they are sorted. */
  clustersOf(jobs: readonly JobId[]): AsyncIterable<ExportedCluster>;
  /**
   * Which of these jobs may be other than they were read. `queue` is a
   * connection for writing: until it is closed nothing can change. A transaction
   * is open on return.
   */
  changed(
    queue: QueueManagement,
    jobs: readonly JobId[],
  ): Promise<readonly JobId[]>;
  /** What a job was when the queue was read; for those that did not change. */
  stateOf(job: JobId): JobState;
  /**
   * All that was logged since `changed` is ours: the connection has committed
   * and is open still.
   */
  committed(): void;
  /**
   * Whether the ads of these jobs and of their clusters are as they were read,
   * but for what was committed since.
   */
  isCurrent(jobs: Iterable<JobId>): boolean;
  /** The queue has changed: read it anew. */
  forget(): void;
}
