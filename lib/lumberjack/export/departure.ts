import { OutputDirectoryError } from "../error.ts";
import type { ExportDirectory } from "../export_dir/directory.ts";
import { type Manifest, newExportId } from "../export_dir/manifest.ts";
import type { JobId } from "../job/id.ts";
import { lockOf } from "../job/lock.ts";
import type { Selection } from "../job/selection.ts";
import type { SkippedJob } from "../job/skipped_job.ts";
import type { JobQueue } from "../queue/job_queue.ts";
import { jobsOfExport } from "../queue/locked_jobs.ts";
import type { Staging } from "../files/stage/staging.ts";
import { version } from "../version.ts";
import type { OwnerPlan } from "./plan.ts";

/** One owner's export under way. */
export interface Departure {
  /** The jobs that were to go. */
  readonly plan: OwnerPlan;
  /** Where the export goes. */
  readonly directory: ExportDirectory;
  /** What the manifest says so far. */
  manifest: Manifest;
  /** Jobs of the plan that stay after all. */
  stayed: readonly SkippedJob[];
}

/** Returns the manifest of an export that is about to begin. */
export function plannedManifest(
  plan: OwnerPlan,
  request: {
    readonly selection: Selection;
    readonly remoteSpool: string;
    readonly staging?: Pick<Staging, "planned">;
  },
  skipped: readonly SkippedJob[],
): Manifest {
  const now = new Date();
  const { selection, staging } = request;
  return {
    exportId: newExportId(now),
    createdAt: now.toISOString(),
    lumberjackVersion: version,
    schedd: plan.schedd,
    owner: plan.owner,
    constraint: selection.constraint ?? null,
    ...(selection.ids.length > 0 ? { ids: selection.ids } : {}),
    remoteSpool: request.remoteSpool,
    clusters: clustersOf(plan.jobs),
    jobs: plan.jobs.length,
    sha256: null,
    state: "planned",
    skipped,
    ...(staging?.planned ? { files: staging.planned } : {}),
  };
}

/** Returns each cluster of these jobs once. */
export function clustersOf(jobs: readonly JobId[]): number[] {
  return [...new Set(jobs.map((job) => job.cluster))];
}

/**
 * Checks that no job relies on a manifest that an interrupted export left in
 * one of the folders. Only the schedd of that export can tell. Throws
 * {@linkcode OutputDirectoryError} if a job does, or if it was another schedd's.
 */
export async function requireUnused(
  queue: JobQueue,
  departures: readonly Pick<Departure, "directory" | "manifest">[],
): Promise<void> {
  for (const { directory: { abandoned, path }, manifest } of departures) {
    if (abandoned === undefined) continue;
    const { exportId, schedd } = abandoned;
    const isOurs = schedd === manifest.schedd;
    if (isOurs && !await isAnyLocked(queue, exportId)) continue;
    throw new OutputDirectoryError(
      `output directory holds export ${exportId}${
        isOurs ? "" : ` of ${schedd}`
      }, which was interrupted`,
      {
        subject: path,
        remedy: "run lumberjack recover, or name another folder with --out",
      },
    );
  }
}

async function isAnyLocked(
  queue: JobQueue,
  exportId: string,
): Promise<boolean> {
  for await (const { ad } of jobsOfExport(queue, exportId)) {
    if (lockOf(ad)) return true;
  }
  return false;
}
