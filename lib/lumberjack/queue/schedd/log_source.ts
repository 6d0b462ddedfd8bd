import type { Scope } from "../../../classad/mod.ts";
import { QueueTable } from "../../../queue_log/mod.ts";
import type { QueueManagement } from "../../../condor/mod.ts";
import type { JobId } from "../../job/id.ts";
import type {
  ExportedCluster,
  LocalJob,
  QueuedJob,
} from "../../job/stored_ad.ts";
import { exportIdAttribute, isMarkedPlanned, managed } from "../../job/lock.ts";
import { integerOf, stringOf } from "../../job/attribute_values.ts";
import { LumberjackError } from "../../error.ts";
import { newFlushAttribute, ScheddLogTail } from "./log_tail.ts";
import { askStates } from "./requests.ts";
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
 * Reads the queue of a running schedd from its job_queue.log, without asking the
 * schedd. The log can lag: changes that the schedd has not yet written to disk
 * are missing, such as a job that has just started. It never lags behind our own
 * commits, because a durable commit writes all earlier changes as well
 * (`Transaction::Commit` in condor_utils/log_transaction.cpp).
 */
export class ScheddLogSource implements ScheddSource {
  readonly #path: string;
  #current: { table: QueueTable; tail: ScheddLogTail } | undefined;

  /** `path` is the schedd's own log, as `proveLog` has proven. */
  constructor(path: string) {
    this.#path = path;
  }

  readsLog(): Promise<boolean> {
    return Promise.resolve(true);
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
        isPlanned: isMarkedPlanned(ad, exportId),
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

  /** Returns the state that the job had when the queue was read. */
  stateOf({ cluster, proc }: JobId): JobState {
    const ad = this.#table().find(cluster, proc);
    return {
      status: ad && integerOf(ad, "JobStatus"),
      managed: ad && stringOf(ad, managed),
      exportId: ad && stringOf(ad, exportIdAttribute),
    };
  }

  /**
   * Brings the log up to date by a durable commit that changes no job. The
   * records appended since the queue was read name the jobs that changed.
   *
   * Throws a LumberjackError if our record does not appear in the log. Then the
   * schedd writes another log by now (it was restarted with another SPOOL), and
   * the ads read from this one may be old.
   */
  async changed(
    queue: QueueManagement,
    jobs: readonly JobId[],
  ): Promise<readonly JobId[]> {
    // What was not read may have changed. Nobody needs the whole log for that.
    if (this.#current === undefined) return jobs;
    const { tail } = this.#current;
    // Read most of the records before the schedd has to wait for us.
    if (jobs.length === 0 || !tail.read()) return jobs;
    const attribute = newFlushAttribute();
    queue.deleteAttribute(jobs[0], attribute);
    await queue.commit();
    queue.beginNext();
    if (!tail.read()) return jobs;
    if (!tail.hasFlush(attribute)) {
      // The schedd writes no record for a job that has left the queue.
      const [state] = await askStates(queue, jobs.slice(0, 1));
      if (state.status === undefined) return jobs;
      throw new LumberjackError("the schedd writes another queue log now", {
        subject: this.#path,
        remedy: "run the command again: it will find the new log",
      });
    }
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

  get reading(): object | undefined {
    return this.#current;
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
      // If the schedd has rotated in between, read again: table and tail have
      // to come from one file.
      if (tail.inode === ino) this.#current = { table, tail };
      else {
        table.close();
        tail.close();
      }
    }
    return this.#current;
  }
}
