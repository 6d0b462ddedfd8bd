/**
 * Merges with the schedd's own IMPORT_EXPORTED_JOB_RESULTS, for `--engine
 * schedd`. What merges is decided as for any import (merge.ts), and queue
 * management does what the schedd's own import cannot do.
 *
 * The schedd takes everything that a log holds, in the order of the length of
 * the names, and unlocks the job in the same transaction. So we give it a log
 * that holds only what may merge. The jobs in it were looked at just before, and
 * none of them could start or be released before the import is done.
 * docs/design.md says more.
 *
 * @module
 */
import { join } from "@std/path";
import { type QueueLogSink, QueueLogWriter } from "../../queue_log/mod.ts";
import { ScheddError } from "../../condor/mod.ts";
import { integerOf, stringOf } from "../job/attribute_values.ts";
import { hasEnded, JobStatus } from "../job/eligibility.ts";
import { LumberjackError } from "../error.ts";
import type { Merger } from "./merger.ts";
import { formatJobId, type JobId } from "../job/id.ts";
import type { JobQueue } from "../queue/job_queue.ts";
import type { JobChange } from "../job/change.ts";
import type { LocalJob } from "../job/stored_ad.ts";
import { lastExportIdAttribute } from "../job/lock.ts";
import { queueLogName } from "../export_dir/manifest.ts";
import { ScheddBatch } from "../queue/schedd/batch.ts";
import { ScheddJobQueue } from "../queue/schedd/job_queue.ts";

/** Lets a running schedd merge jobs that have ended. Dispose of it after use. */
export class ScheddMerger implements Merger, Disposable {
  readonly #queue: ScheddJobQueue;
  readonly #batch = new ScheddBatch();
  #folder: string | undefined;

  /** Throws {@linkcode LumberjackError} if the queue is not a running schedd's. */
  constructor(queue: JobQueue) {
    if (!(queue instanceof ScheddJobQueue)) {
      throw new LumberjackError("the schedd's own import needs a schedd", {
        subject: queue.name,
        remedy: "leave out --engine",
      });
    }
    this.#queue = queue;
  }

  /**
   * Asks the schedd to import an empty log from our folder, to find out whether
   * it can. The schedd reads the folder as the user that we are to it. A schedd
   * of 25.14 dies if it does not know that user (`*user` in
   * `ImportExportedJobResults`), so we have to be the owner of the jobs.
   */
  async check(jobs: Iterable<LocalJob>): Promise<void> {
    const { name, schedd } = this.#queue;
    if (!schedd.location.local) {
      throw new LumberjackError("the schedd's own import reads a folder", {
        subject: `${name}, which is not the schedd of this host`,
        remedy: "import on the schedd's host, or leave out --engine",
      });
    }
    const { authenticatedUser: user } = await schedd.hello("WRITE");
    if (!areAllOf(user, jobs)) return;
    this.#folder = Deno.makeTempDirSync({ prefix: "lumberjack-import-" });
    this.#writeLog([]);
    try {
      await schedd.importExportedJobResults(this.#folder);
    } catch (error) {
      if (!(error instanceof ScheddError) || error.cause) throw error;
      throw new LumberjackError(
        `the schedd's own import cannot read our folder (${error.message})`,
        {
          cause: error,
          subject: `${this.#folder}, for ${name}`,
          remedy: error.message.includes("user ids")
            ? `${user} has to be an account of this host: else leave out --engine`
            : `set TMPDIR to a folder that the schedd sees and where ${user} may write, or leave out --engine`,
        },
      );
    }
  }

  async merge(
    changes: Iterable<JobChange>,
    find: (id: JobId) => LocalJob | undefined,
  ): Promise<Iterable<JobChange>> {
    const left: JobChange[] = [];
    let batch: JobChange[] = [];
    let requests = 0;
    for (const change of changes) {
      if (!isForSchedd(change, find)) {
        left.push(change);
        continue;
      }
      batch.push(change);
      requests += change.set.length + 2;
      if (requests < this.#batch.requests) continue;
      await this.#mergeBatch(batch);
      batch = [];
      requests = 0;
    }
    if (batch.length > 0) await this.#mergeBatch(batch);
    return left;
  }

  /** Removes the folder. */
  [Symbol.dispose](): void {
    if (this.#folder === undefined) return;
    Deno.removeSync(this.#folder, { recursive: true });
    this.#folder = undefined;
  }

  async #mergeBatch(batch: readonly JobChange[]): Promise<void> {
    // The schedd checks neither the export id nor the job's earlier status.
    const away = await this.#queue.stillAway(batch);
    if (away.length > 0) await this.#import(away);
    // A job that the schedd did not take is still locked. This merges it.
    await this.#queue.apply(batch, { merged: true });
  }

  async #import(batch: readonly JobChange[]): Promise<void> {
    this.#writeLog(batch);
    const began = performance.now();
    try {
      await this.#queue.schedd.importExportedJobResults(this.#folder!);
    } catch (error) {
      if (!(error instanceof ScheddError) || error.cause) throw error;
      throw new LumberjackError(`${error.message}: not all jobs are merged`, {
        cause: error,
        subject: `${formatJobId(batch[0])} and others in ${this.#queue.name}`,
        remedy: "see SCHEDD_LOG; what is home stays so: import again",
      });
    }
    const requests = batch.reduce((sum, { set }) => sum + set.length + 2, 0);
    this.#batch.took(requests, performance.now() - began);
  }

  /** Writes the log for the schedd. Nobody else may write into the folder. */
  #writeLog(batch: readonly JobChange[]): void {
    using file = Deno.openSync(join(this.#folder!, queueLogName), {
      write: true,
      create: true,
      truncate: true,
      mode: 0o600,
    });
    writeMergeLog(file, batch);
  }
}

/** Returns whether there is a job. Throws if a job belongs to another user. */
function areAllOf(
  user: string | undefined,
  jobs: Iterable<LocalJob>,
): boolean {
  let cluster: number | undefined;
  for (const job of jobs) {
    if (job.cluster === cluster) continue;
    cluster = job.cluster;
    const owner = stringOf(job.ad, "User");
    if (owner !== undefined && owner === user) continue;
    throw new LumberjackError("the schedd's own import is for a job's owner", {
      subject: `${formatJobId(job)} of ${owner}, we are ${user ?? "nobody"}`,
      remedy: `import as ${owner}, or leave out --engine`,
    });
  }
  return cluster !== undefined;
}

/**
 * Writes a log of proc ads that hold only what is to be set. It holds no
 * transaction: the schedd would rewrite a log with one before it reads it.
 */
export function writeMergeLog(
  sink: QueueLogSink,
  changes: Iterable<JobChange>,
): void {
  const writer = new QueueLogWriter(sink);
  writer.historical(1, Math.floor(Date.now() / 1000));
  for (const change of changes) {
    writer.newAd(change, "Job", "Machine");
    for (const { name, raw, value } of change.set) {
      if (raw === undefined) writer.set(change, name, value);
      else writer.setPart(change, name, raw.bytes, raw.start, raw.end);
    }
  }
  writer.flush();
}

/**
 * Setting one of these makes the schedd count up an attribute with a shorter
 * name, which overwrites the count that came back.
 */
const counting = new Set(["holdreasoncode", "vacatereasoncode"]);

/**
 * Whether the schedd's own import may merge this job. It may not if
 * - the job comes home idle or held: it may start or be released before the
 *   import is done;
 * - the job was removed before, or will be on release: the schedd refuses the new
 *   status silently and still unlocks the job (`SetAttribute` in qmgmt.cpp), so
 *   that it would run again;
 * - the change does not record the export: a repeated import could not know that
 *   the job is home.
 */
function isForSchedd(
  change: JobChange,
  find: (id: JobId) => LocalJob | undefined,
): boolean {
  let ended = false;
  let traced = false;
  for (const attribute of change.set) {
    const name = attribute.name.toLowerCase();
    if (name === "jobstatus") ended = hasEnded(Number(attribute.value));
    if (name === lastExportIdAttribute.toLowerCase()) traced = true;
    if (counting.has(name)) return false;
    if (name === "lastjobstatus" && isRemoved(Number(attribute.value))) {
      return false;
    }
  }
  const local = find(change);
  return ended && traced && local !== undefined &&
    !["LastJobStatus", "JobStatusOnRelease"].some((name) =>
      isRemoved(integerOf(local.ad, name))
    );
}

function isRemoved(status: number | undefined): boolean {
  return status === JobStatus.removed;
}
