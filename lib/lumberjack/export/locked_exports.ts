import { stringOf } from "../job/attribute_values.ts";
import { isMarkedPlanned, lockOf, siteAttribute } from "../job/lock.ts";
import type { QueuedJob } from "../job/stored_ad.ts";
import type { JobQueue } from "../queue/job_queue.ts";
import { type LockedJob, lockedJobs } from "../queue/locked_jobs.ts";

/** An export that jobs are away with. */
export interface Away {
  /** The export's folder, if a job names it. */
  exportDir: string | undefined;
  /** The export's id. */
  readonly exportId: string;
  /** The jobs of one owner. */
  readonly jobs: LockedJob[];
  /** The first job that names the folder. */
  readonly naming: LockedJob[];
}

/**
 * Collects locked jobs, by export and owner. An export has one owner. But the
 * owner of a job can write the id of another user's export into it, and a folder,
 * so jobs of several owners are kept apart.
 */
export class LockedExports {
  readonly #exports = new Map<string, Away>();

  /** Adds a locked job. A job that names no export is passed over. */
  add({ cluster, proc, ad }: QueuedJob): void {
    const { exportId, exportDir } = lockOf(ad) ?? {};
    if (exportId === undefined) return;
    const key = `${exportId} ${stringOf(ad, "Owner") ?? ""}`;
    let away = this.#exports.get(key);
    if (away === undefined) {
      away = { exportDir, exportId, jobs: [], naming: [] };
      this.#exports.set(key, away);
    }
    const isPlanned = isMarkedPlanned(ad, exportId);
    const isOfSite = stringOf(ad, siteAttribute) !== undefined;
    const job = { cluster, proc, exportId: away.exportId, isPlanned, isOfSite };
    away.jobs.push(job);
    if (exportDir !== undefined && away.naming.length === 0) {
      away.naming.push(job);
    }
    // On a running schedd only some of an export's jobs name its folder.
    away.exportDir ??= exportDir;
  }

  /** The exports that jobs are away with. */
  get away(): Iterable<Away> {
    return this.#exports.values();
  }
}

/** Reads the locked jobs of a queue. */
export async function lockedExportsOf(queue: JobQueue): Promise<LockedExports> {
  const locked = new LockedExports();
  for await (const job of lockedJobs(queue)) locked.add(job);
  return locked;
}
