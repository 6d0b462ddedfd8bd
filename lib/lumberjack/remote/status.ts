import { resolve } from "@std/path";
import { openReturnedLog } from "../export_dir/returned_log.ts";
import { countJobs, type JobCounts } from "./job_states.ts";
import { requireExport } from "./pack.ts";
import { scheddsOn } from "./spool.ts";

/** How far an export is at the remote side. */
export interface RemoteStatus {
  /** The export's id. */
  readonly exportId: string;
  /** The spool, absolute. */
  readonly spool: string;
  /** The jobs by state. */
  readonly counts: JobCounts;
  /** The process ids of the schedds of this host that run on the spool. */
  readonly schedds: readonly number[];
}

/**
 * Returns how far the export in a spool is. Reads the queue log only. Throws
 * {@linkcode RemoteError} if the spool holds no export, and
 * {@linkcode ReturnedLogError} if its log is damaged.
 */
export function remoteStatus(folder: string): RemoteStatus {
  const spool = resolve(folder);
  const { exportId } = requireExport(spool);
  const log = openReturnedLog(spool);
  using _ = log.table;
  const counts = countJobs(log.table);
  return { exportId, spool, counts, schedds: scheddsOn(spool) };
}
