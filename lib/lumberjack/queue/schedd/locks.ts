import { quote } from "../../../classad/mod.ts";
import {
  errno,
  type QueueManagement,
  ScheddError,
} from "../../../condor/mod.ts";
import { LumberjackError } from "../../error.ts";
import { JobStatus } from "../../job/eligibility.ts";
import type { AttributeChange } from "../../job/change.ts";
import { compareJobIds, formatJobId, type JobId } from "../../job/id.ts";
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
import type { LockRequest, UnlockRequest } from "../job_queue.ts";
import type { ScheddConnections } from "./connections.ts";
import {
  announceRunnable,
  askExports,
  askStates,
  jobsBetweenFlushes,
} from "./requests.ts";
import type { ScheddSource } from "./source.ts";
import { type Deciding, stayingJobs } from "./staying.ts";

/** The jobs of one export that were locked in this run. */
interface Locking {
  /** Every job that a lock was sent for, whether it was committed or not. */
  readonly attempted: JobId[];
  /** The jobs whose lock the schedd has committed, by id. */
  readonly confirmed: Map<string, JobId>;
  /** What had been read of the queue when the jobs were locked. */
  reading: object | undefined;
}

/** A job, and the export that it is away with. */
export interface LockedId extends JobId {
  /** The export's id. */
  readonly exportId: string;
}

/** An attribute and its value as ClassAd text. */
type Assignment = readonly [name: string, value: string];

/** Locks the jobs of a running schedd, and unlocks them. */
export class ScheddLocks {
  readonly #connections: ScheddConnections;
  readonly #source: ScheddSource;
  readonly #lockings = new Map<string, Locking>();
  /** By export id, the jobs that carry `LumberjackExportPlanned`. */
  readonly #planned = new Map<string, JobId[]>();

  /** Works through these connections on the queue that `source` reads. */
  constructor(connections: ScheddConnections, source: ScheddSource) {
    this.#connections = connections;
    this.#source = source;
  }

  /** See {@linkcode JobQueue.lock}. */
  async lock(
    request: LockRequest,
    deciding: Deciding,
  ): Promise<readonly SkippedJob[]> {
    try {
      return await this.#write(request, deciding, [
        ...namesOf(request),
        [managedManager, quote(manager)],
        [managed, quote(managedExternal)],
        ...siteOf(request),
      ]);
    } catch (error) {
      // The schedd was asked before (`refusals`) and has changed its mind.
      if (!(error instanceof ScheddError)) throw error;
      if (error.code !== errno.EACCES) throw error;
      if (this.#lockings.get(request.exportId)?.confirmed.size !== 0) {
        throw error;
      }
      const reason = error.message;
      return request.jobs.map((job) => ({ id: formatJobId(job), reason }));
    }
  }

  /**
   * Writes the export's id and folder into the jobs, and leaves it to the
   * schedd's own EXPORT_JOBS to lock them. Returns the jobs that may not go;
   * these are not changed.
   */
  prepare(
    request: LockRequest,
    deciding: Deciding,
  ): Promise<readonly SkippedJob[]> {
    return this.#write(request, deciding, namesOf(request));
  }

  async #write(
    request: LockRequest,
    deciding: Deciding,
    values: readonly Assignment[],
  ): Promise<readonly SkippedJob[]> {
    const stayed: SkippedJob[] = [];
    const locking: Locking = {
      ...{ attempted: [], confirmed: new Map(), reading: undefined },
    };
    this.#lockings.set(request.exportId, locking);
    await this.#connections.inBatches(
      request.jobs,
      () => values.length,
      async (queue, jobs) => {
        // Noted before the schedd is asked, because its answer may never come.
        for (const job of jobs) locking.attempted.push(job);
        const staying = await stayingJobs(
          queue,
          this.#source,
          { jobs, reasonToStay: request.reasonToStay },
          deciding,
        );
        stayed.push(...staying.values());
        const leaving = jobs.filter((job) => !staying.has(formatJobId(job)));
        if (leaving.length === 0) return;
        if (!this.#planned.has(request.exportId)) {
          this.#sendPlanned(queue, request.exportId, leaving[0]);
        }
        await sendLock(queue, leaving, values);
        await queue.commit();
        this.#source.committed();
        locking.reading = this.#source.reading;
        for (const job of leaving) locking.confirmed.set(formatJobId(job), job);
      },
    );
    return stayed;
  }

  /** Returns the jobs locked in this run, sorted; undefined if another run locked them. */
  locked(exportId: string): JobId[] | undefined {
    const confirmed = this.#lockings.get(exportId)?.confirmed.values();
    return confirmed && [...confirmed].sort(compareJobIds);
  }

  /**
   * Takes note that an earlier run has marked these jobs with
   * `LumberjackExportPlanned`. What this run knows itself is not changed.
   */
  notePlanned(exportId: string, jobs: readonly JobId[]): void {
    if (!this.#planned.has(exportId)) this.#planned.set(exportId, [...jobs]);
  }

  /**
   * Returns the jobs that were locked in this run and no longer carry the
   * export's id, because somebody removed them by force. Throws a
   * LumberjackError if that is true of most of them: then the log that is read
   * is not the schedd's, and jobs would be lost.
   */
  lost(
    exportId: string,
    carrying: readonly JobId[],
    queueName: string,
  ): readonly string[] {
    const confirmed = this.#lockings.get(exportId)?.confirmed;
    if (confirmed === undefined || carrying.length >= confirmed.size) return [];
    const seen = new Set(carrying.map(formatJobId));
    const lost = [...confirmed.keys()].filter((id) => !seen.has(id));
    if (carrying.length > 0 && lost.length < confirmed.size / 2) return lost;
    throw new LumberjackError("the locked jobs are not in the schedd's log", {
      subject: `${lost.slice(0, 3).join(", ")} in ${queueName}`,
      remedy: "JOB_QUEUE_LOG has to name the log of the schedd that runs",
    });
  }

  /** See {@linkcode JobQueue.unlock}. */
  async unlock(request: UnlockRequest): Promise<void> {
    const { exportId, exportDir, jobs, leaving } = request;
    if (leaving) await this.nameFolder(exportId, exportDir, leaving);
    await this.release(exportId, jobs);
    const confirmed = this.#lockings.get(exportId)?.confirmed;
    for (const job of jobs) confirmed?.delete(formatJobId(job));
  }

  /** See {@linkcode JobQueue.undoLocks}. */
  async undo(exportId: string): Promise<void> {
    this.#source.forget();
    const jobs = this.#lockings.get(exportId)?.attempted ??
      await this.#source.carrying(exportId);
    // The first job names the export's folder. It is unlocked last, because
    // `recover` needs the name if this is interrupted.
    await this.release(exportId, [...jobs].reverse());
  }

  /** See {@linkcode JobQueue.markWritten}. */
  async markWritten(exportId: string, jobs: readonly JobId[]): Promise<void> {
    const marked = [...this.#planned.get(exportId) ?? [], ...jobs];
    this.#planned.delete(exportId);
    await this.#connections.inBatches(marked, () => 4, async (queue, batch) => {
      const states = await askStates(queue, batch);
      for (const [at, job] of batch.entries()) {
        if (states[at].exportId !== exportId) continue;
        queue.deleteAttribute(job, plannedAttribute);
      }
      await queue.commit();
    });
  }

  /** Writes attributes into those of the jobs that are still away with their export. */
  async mark(
    jobs: readonly LockedId[],
    set: readonly AttributeChange[],
  ): Promise<void> {
    const cost = set.length + 1;
    await this.#connections.inBatches(
      jobs,
      () => cost,
      async (queue, batch) => {
        const away = await this.#stillAway(queue, batch);
        if (away.length === 0) return;
        for (const [at, job] of away.entries()) {
          for (const { name, value } of set) {
            queue.setAttribute(job, name, value);
          }
          if (at % jobsBetweenFlushes === 0) await queue.flush();
        }
        await queue.commit();
      },
    );
  }

  /**
   * Returns those of the jobs that are still away with their export. The schedd is
   * asked for jobs that another run has locked, and for those that may have
   * changed since this one has locked them.
   */
  async #stillAway(
    queue: QueueManagement,
    jobs: readonly LockedId[],
  ): Promise<LockedId[]> {
    const { reading } = this.#source;
    const isOurs = (job: LockedId) => {
      const locking = this.#lockings.get(job.exportId);
      // After another reading, nobody knows what changed between lock and reading.
      return reading !== undefined && locking?.reading === reading &&
        locking.confirmed.has(formatJobId(job));
    };
    const changed = await this.#source.changed(queue, jobs.filter(isOurs));
    const unsure = new Set(changed.map(formatJobId));
    const isKnown = (job: LockedId) =>
      isOurs(job) && !unsure.has(formatJobId(job));
    const asked = jobs.filter((job) => !isKnown(job));
    const exportIds = await askExports(queue, asked);
    const moved = new Set(
      asked.filter(({ exportId }, at) => exportIds[at] !== exportId),
    );
    return jobs.filter((job) => !moved.has(job));
  }

  /**
   * Makes a job name the export's folder, and say that the export's log is not
   * written yet. The job that did so until now may be one that is unlocked.
   */
  async nameFolder(
    exportId: string,
    exportDir: string,
    job: JobId,
  ): Promise<void> {
    await this.#connections.inBatches([job], () => 4, async (queue, jobs) => {
      const [state] = await askStates(queue, jobs);
      if (state.exportId !== exportId) return;
      queue.setAttribute(job, exportDirAttribute, quote(exportDir));
      this.#sendPlanned(queue, exportId, job);
      await queue.commit();
    });
  }

  /** Unlocks those of the jobs that are locked for this export. */
  async release(exportId: string, jobs: readonly JobId[]): Promise<void> {
    const planned = this.#planned.get(exportId) ?? [];
    const marked = new Set(planned.map(formatJobId));
    await this.#connections.inBatches(jobs, () => 7, async (queue, batch) => {
      const states = await askStates(queue, batch);
      const ours = batch.filter((_, at) => states[at].exportId === exportId);
      for (const job of ours) {
        for (const name of lockAttributes) queue.deleteAttribute(job, name);
        if (marked.has(formatJobId(job))) {
          queue.deleteAttribute(job, plannedAttribute);
        }
      }
      const idle = batch.find((job, at) =>
        states[at].status === JobStatus.idle && ours.includes(job)
      );
      if (idle) announceRunnable(queue, idle);
      if (ours.length > 0) await queue.commit();
    });
    this.#source.forget();
  }

  #sendPlanned(queue: QueueManagement, exportId: string, job: JobId): void {
    queue.setAttribute(job, plannedAttribute, quote(exportId));
    const marked = this.#planned.get(exportId);
    if (marked) marked.push(job);
    else this.#planned.set(exportId, [job]);
  }
}

/** The part of a lock that is Lumberjack's own. */
function namesOf({ exportId, exportDir }: LockRequest): Assignment[] {
  return [
    [exportIdAttribute, quote(exportId)],
    [exportDirAttribute, quote(exportDir)],
  ];
}

/** What tells the jobs' owner where they are. */
function siteOf({ site }: LockRequest): Assignment[] {
  return site === undefined ? [] : [[siteAttribute, quote(site)]];
}

/** Sends the attributes of a lock for each of the jobs. */
async function sendLock(
  queue: QueueManagement,
  jobs: readonly JobId[],
  values: readonly Assignment[],
): Promise<void> {
  let cluster = -1;
  for (const [at, job] of jobs.entries()) {
    for (const [name, value] of values) {
      // One job of a cluster is enough to find the folder by, and every message
      // costs the schedd the same.
      if (name === exportDirAttribute && job.cluster === cluster) continue;
      queue.setAttribute(job, name, value);
    }
    cluster = job.cluster;
    if (at % jobsBetweenFlushes === 0) await queue.flush();
  }
}
