import { quote, type Scope } from "../classad/mod.ts";
import { type QueueAd, QueueTable } from "../queue_log/mod.ts";
import { isFactory } from "./eligibility.ts";
import { LumberjackError } from "./error.ts";
import { compareJobIds, type JobId } from "./job_id.ts";
import type { ExportedCluster, LocalJob, QueuedJob } from "./job_queue.ts";
import { exportIdAttribute, lockOf, managed } from "./lock.ts";
import { integerOf, stringOf } from "./attribute_values.ts";
import { ScheddLogTail } from "./schedd_log_tail.ts";
import type { CarryingJob, JobState, ScheddSource } from "./schedd_source.ts";
import type { Selection } from "./selection.ts";

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
    for (const ad of this.#table().procs()) {
      if (selection.matches(ad, ad)) {
        yield { cluster: ad.cluster, proc: ad.proc, ad };
      }
    }
  }

  async *factories(): AsyncIterable<{ cluster: number; ad: Scope }> {
    for (const ad of this.#table().clusters()) {
      if (isFactory(ad)) yield { cluster: ad.cluster, ad };
    }
  }

  find(): Promise<(id: JobId) => LocalJob | undefined> {
    const table = this.#table();
    return Promise.resolve(({ cluster, proc }) => {
      const ad = table.find(cluster, proc);
      return ad && { cluster, proc, ad, clusterAd: ad.parent };
    });
  }

  carrying(exportId: string): Promise<CarryingJob[]> {
    const wanted = quote(exportId);
    const jobs: CarryingJob[] = [];
    for (const ad of this.#table().procs()) {
      // Without the lock the id is of an export that came to nothing.
      if (ad.text(exportIdAttribute) !== wanted || !lockOf(ad)) continue;
      const status = Number(ad.chainedText("JobStatus") ?? NaN);
      jobs.push({
        cluster: ad.cluster,
        proc: ad.proc,
        status: Number.isInteger(status) ? status : undefined,
      });
    }
    return Promise.resolve(jobs.sort(compareJobIds));
  }

  nextClusterNum(): Promise<number | undefined> {
    const text = this.#table().get("0.0")?.text("NextClusterNum");
    return Promise.resolve(text === undefined ? undefined : Number(text));
  }

  async *clustersOf(jobs: readonly JobId[]): AsyncIterable<ExportedCluster> {
    const table = this.#table();
    for (let at = 0; at < jobs.length;) {
      const { cluster } = jobs[at];
      const ad = requireAd(table, cluster, -1);
      const members: (JobId & { ad: QueueAd })[] = [];
      for (; at < jobs.length && jobs[at].cluster === cluster; at++) {
        const { proc } = jobs[at];
        members.push({ cluster, proc, ad: requireAd(table, cluster, proc) });
      }
      yield { cluster, ad, jobs: members };
    }
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

  /** What the schedd has logged since the queue was read. */
  get tail(): ScheddLogTail {
    return this.#open().tail;
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

function requireAd(table: QueueTable, cluster: number, proc: number): QueueAd {
  const ad = table.find(cluster, proc);
  if (ad) return ad;
  throw new LumberjackError("the schedd's log lacks an ad that it had", {
    subject: `${cluster}.${proc} in ${table.name}`,
    remedy: "lumberjack log verify tells what is wrong with the log",
  });
}
