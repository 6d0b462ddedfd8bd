import { stringOf } from "../job/attribute_values.ts";
import type { JobId } from "../job/id.ts";
import { exportDirAttribute, exportIdAttribute } from "../job/lock.ts";
import type { LocalJob } from "../job/stored_ad.ts";
import type { ReturnedLog } from "../export_dir/returned_log.ts";
import type { JobQueue } from "../queue/job_queue.ts";

/** Finds a job in the queue; undefined if the job is not there. */
export type FindJob = (id: JobId) => LocalJob | undefined;

/** The export that jobs are away with. */
export interface ExportAway {
  /** The export's id. */
  readonly exportId: string;
  /** The export's folder at home, absolute. */
  readonly exportDir: string;
}

/** The jobs with these ids that are in the queue. */
export function* localJobs(
  ids: Iterable<JobId>,
  find: FindJob,
): Iterable<LocalJob> {
  for (const id of ids) {
    const local = find(id);
    if (local) yield local;
  }
}

/**
 * Returns the export that the jobs are away with, as the first job says that
 * names one. A job that the schedd's own import has unlocked may still name it.
 */
export function exportAway(
  ids: Iterable<JobId>,
  find: FindJob,
): ExportAway | undefined {
  for (const { ad } of localJobs(ids, find)) {
    const exportId = stringOf(ad, exportIdAttribute);
    const exportDir = stringOf(ad, exportDirAttribute);
    if (exportId !== undefined && exportDir !== undefined) {
      return { exportId, exportDir };
    }
  }
  return undefined;
}

/** Whether no job of the log was submitted to this schedd, by GlobalJobId. */
export function isForeign(queue: JobQueue, returned: ReturnedLog): boolean {
  const { scheddName } = queue;
  if (scheddName === undefined || returned.jobs === 0) return false;
  for (const ad of returned.table.procs()) {
    const globalJobId = stringOf(ad, "GlobalJobId");
    if (globalJobId === undefined) return false;
    if (globalJobId.startsWith(`${scheddName}#`)) return false;
  }
  return true;
}
