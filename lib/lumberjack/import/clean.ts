import { join, resolve } from "@std/path";
import { removeUnfinished } from "../../queue_log/mod.ts";
import {
  type Manifest,
  manifestName,
  queueLogName,
  readManifest,
  sha256OfFile,
} from "../export_dir/manifest.ts";
import { journalName } from "../files/events/journal.ts";
import { actAsOwner } from "../files/return/owners_access.ts";
import type { ServiceCaller } from "../files/owner/service.ts";
import { listFolder } from "../files/tree/list_folder.ts";
import { inFolder } from "../files/tree/entered_folder.ts";
import { sumsName } from "../files/tree/sums.ts";
import { removeTree } from "../files/stage/folder_tree.ts";
import type { JobQueue } from "../queue/job_queue.ts";
import { jobsOfExport } from "../queue/locked_jobs.ts";

/** Which exports are cleaned. */
export interface CleanRequest {
  /** Folders of exports, or folders that hold such folders. */
  readonly folders: readonly string[];
  /** How long ago an export has to be home, in seconds. */
  readonly olderThan: number;
  /** Say what would be removed, and remove nothing. */
  readonly dryRun?: boolean;
  /** Acts as the owner of the exports; for tests. */
  readonly owner?: ServiceCaller;
}

/** What became of one export. */
export interface CleanedExport {
  /** The id of the export. */
  readonly exportId: string;
  /** Its folder, absolute. */
  readonly folder: string;
  /** Why nothing was removed; null if its files were removed. */
  readonly reason: string | null;
}

/**
 * Removes the input files and logs that staged exports have in their folders,
 * when their jobs have been home for a while. The manifest and the exported log
 * stay, and so does everything that Lumberjack did not put there.
 *
 * An export is home if its manifest says so and no job in the queue is away with
 * it. The manifest of a folder at the other end says nothing about that: there a
 * schedd has written to the log. Such a folder is cleaned if its jobs are those of
 * the queue's schedd, none of them is away, and its log has not been written to
 * for a while. What the jobs wrote there stays.
 */
export async function cleanExports(
  queue: JobQueue,
  request: CleanRequest,
): Promise<CleanedExport[]> {
  const cleaned: CleanedExport[] = [];
  const folders = await Promise.all(request.folders.map(exportsIn));
  for (const folder of folders.flat()) {
    const manifest = readManifest(folder)!;
    const { exportId } = manifest;
    const reason = reasonToStay(folder, manifest, request.olderThan, queue) ??
      await reasonInQueue(queue, exportId) ??
      (request.dryRun ? null : await remove(folder, manifest, request.owner));
    cleaned.push({ exportId, folder, reason });
  }
  return cleaned;
}

/** The folder itself if it holds an export, else the exports right below it. */
async function exportsIn(path: string): Promise<string[]> {
  const folder = resolve(path);
  if (readManifest(folder) !== undefined) return [folder];
  return (await listFolder(folder))
    .filter(({ isDirectory }) => isDirectory)
    .map(({ name }) => join(folder, name)).sort()
    .filter((below) => readManifest(below) !== undefined);
}

function reasonToStay(
  folder: string,
  manifest: Manifest,
  olderThan: number,
  queue: JobQueue,
): string | undefined {
  const { state, imported, files } = manifest;
  if (files?.mode !== "stage") return "it moved ads only";
  const isRun = hasRun(folder, manifest);
  if (isRun && queue.scheddName !== manifest.schedd) {
    return `its jobs are those of ${manifest.schedd}`;
  }
  if (!isRun && state !== "imported" && state !== "unexported") {
    return `its state is ${state}`;
  }
  const at = isRun
    ? changedAt(folder, queueLogName)
    : imported && state === "imported"
    ? Date.parse(imported.at)
    : changedAt(folder, manifestName);
  const age = (Date.now() - at) / 1000;
  return age >= olderThan ? undefined : "it has not been home for so long";
}

/** Whether a schedd has written to the log since it was exported. */
function hasRun(folder: string, { sha256 }: Manifest): boolean {
  try {
    const path = join(folder, queueLogName);
    return sha256 !== null && sha256OfFile(path) !== sha256;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function changedAt(folder: string, name: string): number {
  return Deno.statSync(join(folder, name)).mtime?.getTime() ?? NaN;
}

async function reasonInQueue(
  queue: JobQueue,
  exportId: string,
): Promise<string | undefined> {
  for await (const _ of jobsOfExport(queue, exportId)) {
    return "a job in the queue is away with it";
  }
  return undefined;
}

/** Returns why the files cannot be removed; null if they are gone. */
async function remove(
  folder: string,
  { owner: name, exportId, clusters }: Manifest,
  given: ServiceCaller | undefined,
): Promise<string | null> {
  const found = given ? { owner: given } : actAsOwner(name);
  if ("problem" in found) return found.problem;
  await using owner = found.owner;
  await removeTree(folder, owner, exportId, clusters);
  removeOwn(Deno.realPathSync(folder));
  return null;
}

/** Removes the journal of the events, and what killed commands left. */
function removeOwn(folder: string): void {
  // Names in the folder that was entered: nobody can lead us out of it.
  inFolder(folder, () => {
    for (const name of [queueLogName, manifestName, sumsName]) {
      removeUnfinished(name);
    }
    try {
      Deno.removeSync(journalName);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  });
}
