import { quote, type Scope } from "../../../lib/classad/mod.ts";
import { ScheddError } from "../../../lib/condor/mod.ts";
import type {
  AttributeChange,
  JobChange,
} from "../../../lib/lumberjack/job/change.ts";
import type { JobId } from "../../../lib/lumberjack/job/id.ts";
import {
  exportDirAttribute,
  exportIdAttribute,
  lockAttributes,
  lockOf,
  managed,
  managedExternal,
  managedManager,
  manager,
  plannedAttribute,
  siteAttribute,
} from "../../../lib/lumberjack/job/lock.ts";
import type { Selection } from "../../../lib/lumberjack/job/selection.ts";
import type { SkippedJob } from "../../../lib/lumberjack/job/skipped_job.ts";
import type {
  ExportedAds,
  LocalJob,
  QueuedJob,
} from "../../../lib/lumberjack/job/stored_ad.ts";
import type {
  JobQueue,
  LockRequest,
  UnlockRequest,
} from "../../../lib/lumberjack/queue/job_queue.ts";
import {
  exportedClusters,
  jobFinder,
  lockedAds,
  nextClusterNum,
  selectedJobs,
} from "../../../lib/lumberjack/queue/table_jobs.ts";
import { QueueTable } from "../../../lib/queue_log/mod.ts";

/**
 * A queue whose changes are durable at once, as those of a running schedd: they are
 * appended to its log. `step` is called before and after each of its calls, and may
 * throw; then the queue is dead, as for a process that was killed.
 */
export class LogQueue implements JobQueue {
  readonly name = "test";
  readonly #path: string;
  readonly #step: () => void;
  #isDead = false;

  constructor(path: string, step: () => void = () => {}) {
    this.#path = path;
    this.#step = step;
  }

  async *select(selection: Selection): AsyncIterable<QueuedJob> {
    yield* await this.#call((table) => [...selectedJobs(table, selection)]);
  }

  scan(selection: Selection): AsyncIterable<QueuedJob> {
    return this.select(selection);
  }

  readsLog(): Promise<boolean> {
    return Promise.resolve(true);
  }

  async *factories(): AsyncIterable<{ cluster: number; ad: Scope }> {}

  refusals(jobs: readonly JobId[]): Promise<readonly undefined[]> {
    return this.#call(() => jobs.map(() => undefined));
  }

  lock(request: LockRequest): Promise<readonly SkippedJob[]> {
    const { exportId, exportDir, site, jobs } = request;
    return this.#call(() => {
      for (const [at, job] of jobs.entries()) {
        this.#set(job, [
          { name: managed, value: quote(managedExternal) },
          { name: managedManager, value: quote(manager) },
          { name: exportIdAttribute, value: quote(exportId) },
          { name: exportDirAttribute, value: quote(exportDir) },
          { name: siteAttribute, value: quote(site ?? "") },
          ...at === 0
            ? [{ name: plannedAttribute, value: quote(exportId) }]
            : [],
        ]);
      }
      return [];
    });
  }

  readLocked(exportId: string): Promise<ExportedAds> {
    return this.#call((table) => ({
      nextClusterNum: nextClusterNum(table),
      clusters: [...exportedClusters(table, lockedAds(table, exportId))],
      stayed: [],
    }));
  }

  unlock({ jobs }: UnlockRequest): Promise<void> {
    return this.#call(() => {
      for (const job of jobs) this.#delete(job, lockAttributes);
    });
  }

  markWritten(exportId: string): Promise<void> {
    return this.#call((table) => {
      for (const job of lockedAds(table, exportId)) {
        this.#delete(job, [plannedAttribute]);
      }
    });
  }

  mark(
    exportIds: readonly string[],
    set: readonly AttributeChange[],
  ): Promise<void> {
    return this.#call((table) => {
      for (const id of exportIds) {
        for (const job of lockedAds(table, id)) this.#set(job, set);
      }
    });
  }

  undoLocks(exportIds: readonly string[]): Promise<void> {
    return this.#call((table) => {
      for (const job of exportIds.flatMap((id) => lockedAds(table, id))) {
        this.#delete(job, [...lockAttributes, plannedAttribute]);
      }
    });
  }

  reread(): void {}

  find(): Promise<(id: JobId) => LocalJob | undefined> {
    return this.#call((table) => jobFinder(table));
  }

  change(changes: Iterable<JobChange>): Promise<void> {
    return this.#call((table) => {
      for (const change of changes) {
        const ad = table.find(change.cluster, change.proc);
        if (!ad || lockOf(ad)?.exportId !== change.exportId) continue;
        this.#set(change, change.set);
        this.#delete(change, change.remove);
      }
    });
  }

  sync(): Promise<void> {
    return this.#call(() => {});
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Does something with the queue as it is now. */
  #call<T>(work: (table: QueueTable) => T): Promise<T> {
    try {
      this.#live();
      const result = work(QueueTable.open(this.#path));
      this.#live();
      return Promise.resolve(result);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #live(): void {
    if (this.#isDead) throw new ScheddError("killed");
    try {
      this.#step();
    } catch (error) {
      this.#isDead = true;
      throw error;
    }
  }

  #set(job: JobId, set: readonly AttributeChange[]): void {
    this.#append(
      set.map(({ name, value }) => `103 ${keyOf(job)} ${name} ${value}`),
    );
  }

  #delete(job: JobId, names: readonly string[]): void {
    this.#append(names.map((name) => `104 ${keyOf(job)} ${name}`));
  }

  #append(lines: readonly string[]): void {
    const text = lines.map((line) => `${line}\n`).join("");
    Deno.writeTextFileSync(this.#path, text, { append: true });
  }
}

function keyOf({ cluster, proc }: JobId): string {
  return `${cluster}.${proc}`;
}
