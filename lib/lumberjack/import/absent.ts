/**
 * The jobs of an export that are locked here and are not in the returned log.
 *
 * @module
 */
import { quote } from "../../classad/mod.ts";
import type { ReturnedLog } from "../export_dir/returned_log.ts";
import { isExportId } from "../export_dir/manifest.ts";
import type { JobChange } from "../job/change.ts";
import { compareJobIds, type JobId } from "../job/id.ts";
import { exportDirAttribute, lockOf } from "../job/lock.ts";
import type { QueuedJob } from "../job/stored_ad.ts";
import type { JobQueue } from "../queue/job_queue.ts";
import { jobsOfExport } from "../queue/locked_jobs.ts";
import type { ExportAway } from "./away.ts";
import { homecoming, isRemoved } from "./homecoming.ts";
import type { Tally } from "./result.ts";

/** Returns the jobs of the export that are locked and did not come back. */
export async function absentJobs(
  queue: JobQueue,
  returned: ReturnedLog,
  exportId: string | undefined,
): Promise<QueuedJob[]> {
  if (exportId === undefined || !isExportId(exportId)) return [];
  const absent: QueuedJob[] = [];
  const came = ({ cluster, proc }: JobId) => returned.table.has(cluster, proc);
  for await (const job of jobsOfExport(queue, exportId, came)) {
    if (!came(job) && lockOf(job.ad)) absent.push(job);
  }
  return absent.sort(compareJobIds);
}

/**
 * Unlocks jobs that were removed here and did not come back. They will never
 * run, and a locked job that is removed stays in the queue for ever.
 */
export function* freeRemoved(
  absent: readonly QueuedJob[],
  tally: Tally,
): Iterable<JobChange> {
  for (const job of absent) {
    if (!isRemoved(job.ad)) continue;
    tally.released++;
    yield homecoming(job, lockOf(job.ad)?.exportId);
  }
}

/**
 * Writes the export's folder into one of the jobs that stay away. In a running
 * schedd only some jobs of an export name the folder, and these may come home
 * now.
 */
export function* nameFolder(
  missing: readonly QueuedJob[],
  away: ExportAway | undefined,
): Iterable<JobChange> {
  const locks = missing.map(({ ad }) => lockOf(ad));
  if (locks.some((lock) => lock?.exportDir !== undefined)) return;
  const at = locks.findIndex((lock) => lock?.exportId === away?.exportId);
  if (!away || at < 0) return;
  const { cluster, proc } = missing[at];
  const { exportId, exportDir } = away;
  const set = [{ name: exportDirAttribute, value: quote(exportDir) }];
  yield { cluster, proc, exportId, set, remove: [] };
}
