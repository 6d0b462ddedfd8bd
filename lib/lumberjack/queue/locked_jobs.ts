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
  siteAttribute,
} from "../job/lock.ts";
import { stateAttribute } from "../job/whereabouts.ts";
import { isExportId } from "../export_dir/manifest.ts";
import { Selection } from "../job/selection.ts";

/** A job that is locked. */
export interface LockedJob extends JobId {
  /** The export id in its lock; undefined if the lock has none. */
  readonly exportId: string | undefined;
  /** Whether the job carries `LumberjackExportPlanned`. */
  readonly isPlanned?: boolean;
  /** Whether a pass has sent the job to a site, so that its ad says where it is. */
  readonly isOfSite?: boolean;
}

/** The attributes that are read of locked jobs. */
export const lockedJobAttributes: readonly string[] = [
  ...lockAttributes,
  plannedAttribute,
  siteAttribute,
  stateAttribute,
  ...["Owner", "JobStatus", "JobStatusOnRelease", "GlobalJobId"],
];

/** A constraint that is true for locked jobs, also if the prototype locked them. */
export const lockedConstraint = `${managed} == ${quote(managedExternal)} && ` +
  `${managedManager} == ${quote(manager)}`;

/** Returns all locked jobs. */
export function lockedJobs(queue: JobQueue): AsyncIterable<QueuedJob> {
  return queue.select(
    new Selection({ constraint: lockedConstraint }),
    lockedJobAttributes,
  );
}

/**
 * Returns the jobs that carry an export's id. Throws {@linkcode LumberjackError}
 * if `exportId` does not have the form of an export id. A queue may leave out
 * the jobs for which `isKnown` is true.
 */
export function jobsOfExport(
  queue: JobQueue,
  exportId: string,
  isKnown?: (job: JobId) => boolean,
): AsyncIterable<QueuedJob> {
  if (!isExportId(exportId)) {
    throw new LumberjackError("not an export id", {
      subject: exportId,
      remedy: "lumberjack status lists the export ids",
    });
  }
  const constraint = `${exportIdAttribute} == ${quote(exportId)}`;
  return queue.select(
    new Selection({ constraint, isKnown }),
    lockedJobAttributes,
  );
}
