/**
 * Writing and packing a site's exports.
 *
 * @module
 */
import { join } from "@std/path";
import { exportJobs, type ExportResult } from "../export/export.ts";
import { createBundle } from "../files/bundle.ts";
import { FileStaging } from "../files/stage/file_staging.ts";
import { bestEnding } from "../files/tree/compression.ts";
import { Selection } from "../job/selection.ts";
import type { JobQueue } from "../queue/job_queue.ts";
import type { Site } from "./site.ts";
import type { SiteExport, SiteFolder } from "./site_folder.ts";

/**
 * Exports jobs of one owner to a site. Returns the export, or none if no job may go
 * after all, and the jobs that stay with their reasons.
 */
export async function exportToSite(
  queue: JobQueue,
  { site, folder, now }: {
    readonly site: Site;
    readonly folder: SiteFolder;
    readonly now: () => Date;
  },
  { owner, ids }: { readonly owner: string; readonly ids: readonly string[] },
): Promise<Pick<ExportResult, "exports" | "skipped">> {
  const { folder: out, bundle } = folder.newExport(now());
  const bytesLeft = Math.max(0, site.maxBytes - folder.bytesAway());
  await using staging = stagingFor(site, bundle, bytesLeft);
  const selection = new Selection({
    ...{ ids, owner },
    constraint: site.constraint,
    // The jobs are known. A job between them could hang the schedd (survey.ts).
    isLocal: true,
  });
  try {
    return await exportJobs(queue, {
      ...{ selection, out, staging },
      site: site.name,
      remoteSpool: site.remoteSpool,
    });
  } finally {
    removeEmpty(out);
  }
}

/**
 * Returns what places the jobs' files. They go into a bundle at once: in a
 * folder, their owner could put links in their places before they are sent.
 */
function stagingFor(
  { files, presentThere, set }: Site,
  bundle: string,
  mostExportBytes: number,
): FileStaging | undefined {
  if (files === "none") return undefined;
  return new FileStaging({
    ...{ mode: files, presentThere, set },
    ...(files === "stage" ? { bundle } : {}),
    mostExportBytes,
  });
}

/** Returns the bundle of an export, under the name that it is sent with. */
export async function bundleToSend(
  { outbox }: SiteFolder,
  { folder, bundle, manifest }: SiteExport,
): Promise<string> {
  const ending = /\.(tar(\.\w+)?)$/.exec(bundle ?? "")?.[1] ?? bestEnding();
  const path = join(outbox, `${manifest.exportId}.${ending}`);
  // A bundle gets its name when it is complete, so one that is there is good.
  if (isFile(path)) return path;
  if (bundle === undefined) await createBundle(folder, path);
  else Deno.renameSync(bundle, path);
  return path;
}

function isFile(path: string): boolean {
  try {
    return Deno.lstatSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Removes the folder of an export that came to nothing, also if the disk is full. */
function removeEmpty(folder: string): void {
  try {
    Deno.removeSync(folder);
  } catch {
    // Something is in it; it stays.
  }
}
