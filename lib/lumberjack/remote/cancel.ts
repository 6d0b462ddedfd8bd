/**
 * Says in a spool, or in an export that has not left yet, that jobs are no longer
 * wanted.
 *
 * @module
 */
import { join, resolve } from "@std/path";
import { QueueTable } from "../../queue_log/mod.ts";
import { writeCancel } from "../export_dir/cancel_file.ts";
import { queueLogName } from "../export_dir/manifest.ts";
import { formatJobId } from "../job/id.ts";
import { RemoteError } from "./error.ts";
import { requireExport } from "./pack.ts";

/** What was cancelled. */
export interface CancelResult {
  /** The export. */
  readonly exportId: string;
  /** The folder, absolute. */
  readonly folder: string;
  /** How many of its jobs are cancelled by this call. */
  readonly jobs: number;
}

/**
 * Cancels jobs of the export in a folder. `ids` are clusters and jobs; undefined
 * for all jobs. Throws {@linkcode RemoteError} if the folder has no export, or
 * not all of these jobs.
 */
export function cancelJobs(
  folder: string,
  ids: readonly string[] | undefined,
): CancelResult {
  const path = resolve(folder);
  const { exportId } = requireExport(path);
  const all: string[] = [];
  {
    using table = QueueTable.open(join(path, queueLogName), { tolerant: true });
    for (const job of table.procs()) all.push(formatJobId(job));
  }
  const chosen = ids === undefined ? all : ids.flatMap((id) => {
    const found = all.filter((job) => job === id || job.startsWith(`${id}.`));
    if (found.length > 0) return found;
    throw new RemoteError("the export does not have this job", {
      subject: `${id} (${exportId})`,
      remedy: "name jobs as CLUSTER.PROC, or clusters",
    });
  });
  writeCancel(path, exportId, ids === undefined ? ["all"] : chosen);
  return { exportId, folder: path, jobs: chosen.length };
}
