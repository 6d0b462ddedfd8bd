import type { Scope } from "../../../classad/mod.ts";
import { QueueTable } from "../../../queue_log/mod.ts";
import type { QueueManagement } from "../../../condor/mod.ts";
import type { JobId } from "../../job/id.ts";
import type {
  ExportedCluster,
  LocalJob,
  QueuedJob,
} from "../../job/stored_ad.ts";
import { exportIdAttribute, managed } from "../../job/lock.ts";
import { integerOf, stringOf } from "../../job/attribute_values.ts";
import { flushAttribute, ScheddLogTail } from "./log_tail.ts";
import type { CarryingJob, JobState, ScheddSource } from "./source.ts";
import type { Selection } from "../../job/selection.ts";
import {
  exportedClusters,
  factoryClusters,
  jobFinder,
  lockedAds,
  nextClusterNum,
  selectedJobs,
} from "../table_jobs.ts";

/**
 * A running schedd's queue as its job_queue.log has it. The schedd need not be
 * asked. The log may be behind by what is not durable yet (a job that has just
 * started), never by what was committed to us: a durable commit writes all that
 * came before it (`Transaction::Commit` in condor_utils/log_transaction.cpp).
 */
export class ScheddLogSource implements ScheddSource {
  readonly #path: string;
  #current: { table: QueueTable; tail: ScheddLogTail } | undefined;

  /** `path` is the schedd's JOB_QUEUE_LOG. */
  constructor(path: string) {
    this.#path = path;
  }

  async *select(selection: Selection): AsyncIterable<QueuedJob> {
    yield* selectedJobs(this.#table(), selection);
    selection.assertEnds();
  }

  async *factories(): AsyncIterable<{ cluster: number; ad: Scope }> {
    yield* factoryClusters(this.#table());
  }

  find(): Promise<(id: JobId) => LocalJob | undefined> {
    return Promise.resolve(jobFinder(this.#table()));
  }

  carrying(exportId: string): Promise<CarryingJob[]> {
    const jobs = lockedAds(this.#table(), exportId).map((ad) => {
      const status = Number(ad.chainedText("JobStatus") ?? NaN);
      return {
        cluster: ad.cluster,
        proc: ad.proc,
        status: Number.isInteger(status) ? status : undefined,
      };
    });
    return Promise.resolve(jobs);
  }

  nextClusterNum(): Promise<number | undefined> {
    return Promise.resolve(nextClusterNum(this.#table()));
  }

  async *clustersOf(jobs: readonly JobId[]): AsyncIterable<ExportedCluster> {
    yield* exportedClusters(this.#table(), jobs);
  }

  /** What a job was when the queue was read. */
  stateOf({ cluster, proc }: JobId): JobState {
    const ad = this.#table().find(cluster, proc);
    return {
      status: ad && integerOf(ad, "JobStatus"),
      managed: ad && stringOf(ad, managed),
      exportId: ad && stringOf(ad, exportIdAttribute),
    };
  }

  /**
   * A durable commit of nothing brings the log up to date; what was appended
   * since the queue was read tells the jobs.
   */
  async changed(
    queue: QueueManagement,
    jobs: readonly JobId[],
  ): Promise<readonly JobId[]> {
    const { tail } = this.#open();
    // What is on the disk already need not be read while the schedd waits.
    if (jobs.length === 0 || !tail.read()) return jobs;
    const flushes = tail.flushes;
    queue.deleteAttribute(jobs[0], flushAttribute);
    await queue.commit();
    queue.beginNext();
    if (!tail.read() || tail.flushes === flushes) return jobs;
    return jobs.filter((job) => tail.hasChanged(job));
  }

  committed(): void {
    this.#open().tail.skip();
  }

  isCurrent(jobs: Iterable<JobId>): boolean {
    const { tail } = this.#open();
    if (!tail.read()) return false;
    for (const job of jobs) {
      if (tail.hasChanged(job)) return false;
    }
    return true;
  }

  forget(): void {
    this.#current?.table.close();
    this.#current?.tail.close();
    this.#current = undefined;
  }

  #table(): QueueTable {
    return this.#open().table;
  }

  #open(): { table: QueueTable; tail: ScheddLogTail } {
    while (this.#current === undefined) {
      const { ino } = Deno.statSync(this.#path);
      const table = QueueTable.open(this.#path);
      const tail = new ScheddLogTail(this.#path, table.committedBytes);
      // Rotated in between: table and tail must be of one file.
      if (tail.inode === ino) this.#current = { table, tail };
      else {
        table.close();
        tail.close();
      }
    }
    return this.#current;
  }
}
