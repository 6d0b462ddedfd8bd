import { JobStatus, statusName } from "../../job/eligibility.ts";
import { integerOf } from "../../job/attribute_values.ts";
import { formatJobId, type JobId } from "../../job/id.ts";
import type { SkippedJob } from "../../job/skipped_job.ts";
import type { ExportedAds, ExportedCluster } from "../../job/stored_ad.ts";
import type { ScheddLocks } from "./locks.ts";
import type { CarryingJob, ScheddSource } from "./source.ts";

/** Which export's jobs are read. */
export interface LockedExport {
  /** The id that the jobs carry. */
  readonly exportId: string;
  /** The export's folder, absolute. */
  readonly exportDir: string;
  /** The name of the queue, for messages. */
  readonly queueName: string;
}

/** Reads the ads of the jobs that are locked for an export. */
export class LockedAds {
  readonly #source: ScheddSource;
  readonly #locks: ScheddLocks;

  /** Reads from `source` what `locks` has locked. */
  constructor(source: ScheddSource, locks: ScheddLocks) {
    this.#source = source;
    this.#locks = locks;
  }

  /** See {@linkcode JobQueue.readLocked}. */
  async read(away: LockedExport): Promise<ExportedAds> {
    const { exportId } = away;
    const locked = this.#locks.locked(exportId);
    if (locked && this.#source.isCurrent(locked)) {
      return await this.#adsOf(away, locked, []);
    }
    this.#source.forget();
    const carrying = await this.#source.carrying(exportId);
    const planned = carrying.filter(({ isPlanned }) => isPlanned);
    this.#locks.notePlanned(exportId, planned);
    const lost = this.#locks.lost(exportId, carrying, away.queueName);
    const stayed: SkippedJob[] = lost.map((id) => ({
      id,
      reason: "left the queue since it was locked",
    }));
    const idle = await this.#unlockOthers(away, carrying, stayed);
    return await this.#adsOf(away, idle, stayed);
  }

  /**
   * Unlocks the jobs that were held or removed since they were locked, adds them
   * to `stayed`, and returns the other jobs. Repeats until there is none to
   * unlock: another job may have been held in the meantime.
   */
  async #unlockOthers(
    { exportId, exportDir }: LockedExport,
    carrying: readonly CarryingJob[],
    stayed: SkippedJob[],
  ): Promise<readonly JobId[]> {
    const unlocked = new Set<string>();
    for (;;) {
      const idle = carrying.filter(({ status }) => status === JobStatus.idle);
      const others = carrying.filter((job) =>
        job.status !== JobStatus.idle && !unlocked.has(formatJobId(job))
      );
      if (others.length === 0) return idle;
      for (const job of others) {
        unlocked.add(formatJobId(job));
        stayed.push(stayedJob(job, job.status));
      }
      if (idle.length > 0) {
        await this.#locks.nameFolder(exportId, exportDir, idle[0]);
      }
      await this.#locks.release(exportId, others);
      carrying = await this.#source.carrying(exportId);
    }
  }

  async #adsOf(
    away: LockedExport,
    jobs: readonly JobId[],
    stayed: SkippedJob[],
  ): Promise<ExportedAds> {
    return {
      nextClusterNum: await this.#source.nextClusterNum(),
      clusters: this.#stillIdle(away, jobs, stayed),
      stayed,
    };
  }

  /**
   * Gives the ads of the jobs that are idle when their ads are read. Between two
   * queries a job can be held or removed; such a job is unlocked and added to
   * `stayed`, before the log that it is not in is finished.
   */
  async *#stillIdle(
    { exportId, exportDir }: LockedExport,
    jobs: readonly JobId[],
    stayed: SkippedJob[],
  ): AsyncIterable<ExportedCluster> {
    const others: JobId[] = [];
    let idle: JobId | undefined;
    for await (const cluster of this.#source.clustersOf(jobs)) {
      const leaving = cluster.jobs.filter((job) => {
        const status = integerOf(job.ad, "JobStatus");
        if (status === JobStatus.idle) return true;
        stayed.push(stayedJob(job, status));
        others.push(job);
        return false;
      });
      idle ??= leaving[0];
      if (leaving.length === cluster.jobs.length) yield cluster;
      else if (leaving.length > 0) yield { ...cluster, jobs: leaving };
    }
    if (others.length === 0) return;
    if (idle) await this.#locks.nameFolder(exportId, exportDir, idle);
    await this.#locks.release(exportId, others);
  }
}

function stayedJob(job: JobId, status: number | undefined): SkippedJob {
  const reason = `${statusName(status)}, since it was locked`;
  return { id: formatJobId(job), reason };
}
