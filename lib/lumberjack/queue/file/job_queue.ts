import { resolve } from "@std/path";
import { quote, type Scope } from "../../../classad/mod.ts";
import {
  DurableFile,
  QueueLogWriter,
  QueueTable,
  removeUnfinished,
} from "../../../queue_log/mod.ts";
import { integerOf } from "../../job/attribute_values.ts";
import { LumberjackError } from "../../error.ts";
import { keepingHold } from "../../job/held.ts";
import { formatJobId, type JobId } from "../../job/id.ts";
import type { JobQueue, LockRequest, UnlockRequest } from "../job_queue.ts";
import type { ExportedAds, LocalJob, QueuedJob } from "../../job/stored_ad.ts";
import type { AttributeChange, JobChange } from "../../job/change.ts";
import {
  exportDirAttribute,
  exportIdAttribute,
  lockAttributes,
  managed,
  managedExternal,
  managedManager,
  manager,
  plannedAttribute,
  siteAttribute,
} from "../../job/lock.ts";
import type { SkippedJob } from "../../job/skipped_job.ts";
import type { Selection } from "../../job/selection.ts";
import {
  exportedClusters,
  factoryClusters,
  jobFinder,
  lockedAds,
  nextClusterNum,
  selectedJobs,
} from "../table_jobs.ts";

/** A copy of so many bytes takes the disk a while. */
const worthFlushing = 16 * 1024 * 1024;

/** Where the updated queue is written. */
export interface FileJobQueueOptions {
  /** The file for the updated queue; without it the queue cannot change. */
  readonly queueOut?: string;
  /** Whether a file of that name may be replaced. */
  readonly replace?: boolean;
}

/**
 * The queue log of a schedd that is not running. The file itself never changes.
 * The updated queue is a copy of its committed records, followed by one
 * transaction that holds all changes.
 *
 * @example
 * ```ts
 * import { FileJobQueue, Selection } from "../../../../mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const queue = FileJobQueue.open(
 *   "tests/data/htcondor-23.9.6/round-trip/local.log",
 * );
 * const selection = new Selection({ constraint: 'Owner == "bob"' });
 * const ids: string[] = [];
 * for await (const { cluster, proc } of queue.select(selection, ["Owner"])) {
 *   ids.push(`${cluster}.${proc}`);
 * }
 * await queue.close();
 * assertEquals(ids.length > 0, true);
 * ```
 */
export class FileJobQueue implements JobQueue {
  readonly name: string;
  readonly #table: QueueTable;
  readonly #options: FileJobQueueOptions;
  readonly #locks = new Map<string, readonly JobId[]>();
  /** By export id, the job that carries `LumberjackExportPlanned`. */
  readonly #planned = new Map<string, JobId>();
  #out: { file: DurableFile; writer: QueueLogWriter } | undefined;
  #inTransaction = false;
  #synced = false;

  private constructor(
    path: string,
    table: QueueTable,
    options: FileJobQueueOptions,
  ) {
    this.name = path;
    this.#table = table;
    this.#options = options;
  }

  /**
   * Opens the queue log at `path`. Throws QueueLogError if it is damaged or
   * cannot be read, and {@linkcode LumberjackError} if the updated queue would
   * replace a file that must stay.
   */
  static open(path: string, options: FileJobQueueOptions = {}): FileJobQueue {
    if (options.queueOut !== undefined) checkOutput(path, options);
    return new FileJobQueue(path, QueueTable.open(path), options);
  }

  async *select(selection: Selection): AsyncIterable<QueuedJob> {
    yield* selectedJobs(this.#table, selection);
  }

  scan(selection: Selection): AsyncIterable<QueuedJob> {
    return this.select(selection);
  }

  readsLog(): Promise<boolean> {
    return Promise.resolve(true);
  }

  async *factories(): AsyncIterable<{ cluster: number; ad: Scope }> {
    yield* factoryClusters(this.#table);
  }

  /** Refuses no job: who can read the file can write an updated queue. */
  refusals(jobs: readonly JobId[]): Promise<readonly undefined[]> {
    return Promise.resolve(jobs.map(() => undefined));
  }

  /** Locks all jobs of the request: nobody else changes the file. */
  lock(request: LockRequest): Promise<readonly SkippedJob[]> {
    const encoder = new TextEncoder();
    const { site } = request;
    const texts: (readonly [name: string, text: string])[] = [
      [exportIdAttribute, request.exportId],
      [exportDirAttribute, request.exportDir],
      [managed, managedExternal],
      [managedManager, manager],
      ...(site === undefined ? [] : [[siteAttribute, site] as const]),
    ];
    const values = texts.map(([name, text]) =>
      [name, encoder.encode(quote(text))] as const
    );
    const writer = this.#writer();
    for (const job of request.jobs) {
      for (const [name, value] of values) writer.set(job, name, value);
    }
    const [first] = request.jobs;
    if (first) this.#markPlanned(request.exportId, first);
    this.#locks.set(request.exportId, request.jobs);
    return Promise.resolve([]);
  }

  /** Every job of an export names its folder here, so `leaving` does not matter. */
  unlock({ exportId, jobs, leaving }: UnlockRequest): Promise<void> {
    const locked = this.#locks.get(exportId);
    const back = new Set(jobs.map(formatJobId));
    if (locked) {
      const rest = locked.filter((job) => !back.has(formatJobId(job)));
      this.#locks.set(exportId, rest);
    }
    if (leaving) this.#markPlanned(exportId, leaving);
    for (const job of jobs) {
      const ad = this.#table.find(job.cluster, job.proc);
      for (const name of lockAttributes) {
        if (locked || ad?.has(name)) this.#writer().delete(job, name);
      }
      // `export --again` writes the mark into the updated queue only.
      this.#writer().delete(job, plannedAttribute);
    }
    return this.sync();
  }

  /** Appends the note to the updated queue, which is durable by now. */
  markWritten(exportId: string, jobs: readonly JobId[] = []): Promise<void> {
    // If no updated queue is written, no job carries the mark.
    const { queueOut } = this.#options;
    if (queueOut === undefined) return Promise.resolve();
    const planned = this.#planned.get(exportId);
    this.#planned.delete(exportId);
    const marked = planned ? [planned, ...jobs] : jobs;
    if (marked.length === 0) return Promise.resolve();
    if (this.#synced && !this.#out) {
      appendDeletions(queueOut, marked, plannedAttribute);
    } else {
      for (const job of marked) this.#writer().delete(job, plannedAttribute);
    }
    return Promise.resolve();
  }

  async mark(
    exportIds: readonly string[],
    set: readonly AttributeChange[],
  ): Promise<void> {
    for (const exportId of exportIds) {
      const jobs = lockedAds(this.#table, exportId);
      await this.change(
        jobs.map(({ cluster, proc }) => ({
          ...{ cluster, proc, exportId, set },
          remove: [],
        })),
      );
    }
    await this.sync();
  }

  #markPlanned(exportId: string, job: JobId): void {
    const before = this.#planned.get(exportId);
    if (before) this.#writer().delete(before, plannedAttribute);
    this.#writer().set(job, plannedAttribute, quote(exportId));
    this.#planned.set(exportId, job);
  }

  undoLocks(exportIds: readonly string[]): Promise<void> {
    for (const id of exportIds) {
      this.#locks.delete(id);
      this.#planned.delete(id);
    }
    this.#discard();
    if (this.#synced) {
      Deno.removeSync(this.#options.queueOut!);
      this.#synced = false;
    }
    return Promise.resolve();
  }

  readLocked(exportId: string): Promise<ExportedAds> {
    const jobs = this.#locks.get(exportId) ??
      lockedAds(this.#table, exportId);
    return Promise.resolve({
      nextClusterNum: nextClusterNum(this.#table),
      clusters: exportedClusters(this.#table, jobs),
      stayed: [],
    });
  }

  /** The file does not change. */
  reread(): void {}

  find(): Promise<(id: JobId) => LocalJob | undefined> {
    return Promise.resolve(jobFinder(this.#table));
  }

  change(changes: Iterable<JobChange>): Promise<void> {
    for (const change of changes) {
      const ad = this.#table.find(change.cluster, change.proc);
      if (!ad) continue;
      const job = keepingHold(change, integerOf(ad, "JobStatus"));
      for (const attribute of job.set) {
        // Decoding the text of a result takes long, so it is done only if the
        // bytes are unknown.
        const { name, raw } = attribute;
        if (raw === undefined) this.#writer().set(job, name, attribute.value);
        else {
          const { bytes, start, end } = raw;
          this.#writer().setPart(job, name, bytes, start, end);
        }
      }
      for (const name of job.remove) {
        if (ad.has(name)) this.#writer().delete(job, name);
      }
    }
    return Promise.resolve();
  }

  async sync(): Promise<void> {
    // If no updated queue is written, nothing can have changed.
    if (this.#options.queueOut === undefined) return;
    // Nothing has changed since the last sync: a copy would only be in danger.
    if (this.#synced && !this.#out) return;
    const { writer, file } = this.#begin();
    if (this.#inTransaction) writer.end();
    writer.flush();
    await file.flushed();
    file.commit({ replace: true });
    this.#discard();
    this.#synced = true;
  }

  close(): Promise<void> {
    this.#discard();
    this.#table.close();
    return Promise.resolve();
  }

  #writer(): QueueLogWriter {
    const { writer } = this.#begin();
    if (!this.#inTransaction) writer.begin();
    this.#inTransaction = true;
    return writer;
  }

  /**
   * Copies the queue at the first change, or at the end if nothing changed.
   * After a sync the copy is of the updated queue: its changes must stay.
   */
  #begin(): { file: DurableFile; writer: QueueLogWriter } {
    if (this.#out) return this.#out;
    const path = this.#options.queueOut;
    if (path === undefined) {
      throw new LumberjackError("the queue cannot be changed", {
        subject: this.name,
        remedy: "name a file for the updated queue with --queue-out",
      });
    }
    removeUnfinished(path);
    const file = new DurableFile(path, { mode: 0o600, owner: this.#owner() });
    try {
      this.#copyTo(file, path);
      // The disk is busy with a large copy while the changes are made.
      if (this.#table.committedBytes > worthFlushing) file.beginFlush();
      this.#out = { file, writer: new QueueLogWriter(file) };
      return this.#out;
    } catch (error) {
      file[Symbol.dispose]();
      throw error;
    }
  }

  #copyTo(file: DurableFile, updated: string): void {
    if (!this.#synced) return this.#table.copyTo(file);
    using source = Deno.openSync(updated);
    const piece = new Uint8Array(1 << 20);
    for (;;) {
      const count = source.readSync(piece);
      if (count === null) return;
      file.writeSync(piece.subarray(0, count));
    }
  }

  #discard(): void {
    this.#out?.file[Symbol.dispose]();
    this.#out = undefined;
    this.#inTransaction = false;
  }

  /** Returns the user of the queue log. The schedd has to be able to read its queue. */
  #owner(): { uid: number; gid: number } | undefined {
    if (Deno.uid() !== 0) return undefined;
    const { uid, gid } = Deno.statSync(this.name);
    return { uid: uid ?? 0, gid: gid ?? 0 };
  }
}

/** Appends a transaction that deletes one attribute of each job, durably. */
function appendDeletions(
  path: string,
  jobs: readonly JobId[],
  name: string,
): void {
  using file = Deno.openSync(path, { append: true });
  const writer = new QueueLogWriter(file);
  writer.begin();
  for (const job of jobs) writer.delete(job, name);
  writer.end();
  writer.flush();
  file.syncSync();
}

/** Refuses to replace the queue itself, or an updated queue that may hold locks. */
function checkOutput(path: string, options: FileJobQueueOptions): void {
  const out = options.queueOut!;
  if (resolve(out) === resolve(path)) {
    throw new LumberjackError("the updated queue would replace the queue", {
      subject: out,
      remedy: "name another file with --queue-out",
    });
  }
  let there: Deno.FileInfo;
  try {
    there = Deno.statSync(out);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  const here = Deno.statSync(path);
  if (there.ino !== null && there.ino === here.ino && there.dev === here.dev) {
    throw new LumberjackError("the updated queue would replace the queue", {
      subject: out,
      remedy: "name another file with --queue-out",
    });
  }
  if (!options.replace && there.size > 0) {
    throw new LumberjackError("the updated queue exists already", {
      subject: out,
      remedy: "it may hold the locks of another export: name a new file",
    });
  }
}
