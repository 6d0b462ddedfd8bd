import { quote } from "../../classad/mod.ts";
import { LumberjackError } from "../error.ts";
import type { JobId } from "../job/id.ts";
import type { JobQueue } from "./job_queue.ts";
import type { QueuedJob } from "../job/stored_ad.ts";
import {
  exportIdAttribute,
  lockAttributes,
  managed,
  managedExternal,
  managedManager,
  manager,
  plannedAttribute,
} from "../job/lock.ts";
import { isExportId } from "../export_dir/manifest.ts";
import { Selection } from "../job/selection.ts";

/** A job that is away. */
export interface LockedJob extends JobId {
  /** The export that its lock names; undefined: none. */
  readonly exportId: string | undefined;
  /** Whether the job says that the export's log is not written yet. */
  readonly isPlanned?: boolean;
}

/** What is asked of the ads of locked jobs besides the lock. */
const attributes = [
  ...lockAttributes,
  plannedAttribute,
  ...["Owner", "JobStatus", "JobStatusOnRelease", "GlobalJobId"],
];

/** True for the jobs that Lumberjack holds, whichever program locked them. */
export const lockedConstraint = `${managed} == ${quote(managedExternal)} && ` +
  `${managedManager} == ${quote(manager)}`;

/** The jobs that Lumberjack holds. */
export function lockedJobs(queue: JobQueue): AsyncIterable<QueuedJob> {
  return queue.select(
    new Selection({ constraint: lockedConstraint }),
    attributes,
  );
}

/**
 * The jobs that carry an export's id and are still locked. Throws
 * {@linkcode LumberjackError} for a text that is no export id.
 */
export function jobsOfExport(
  queue: JobQueue,
  exportId: string,
): AsyncIterable<QueuedJob> {
  if (!isExportId(exportId)) {
    throw new LumberjackError("not an export id", {
      subject: exportId,
      remedy: "lumberjack status lists them",
    });
  }
  const constraint = `${exportIdAttribute} == ${quote(exportId)}`;
  return queue.select(new Selection({ constraint }), attributes);
}
