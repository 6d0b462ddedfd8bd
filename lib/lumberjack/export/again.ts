/**
 * Writes an export again that has not left yet: a typo in a path must not mean
 * that its jobs are unlocked and locked.
 *
 * @module
 */
import { join, resolve } from "@std/path";
import { quote } from "../../classad/mod.ts";
import { findUser } from "../../condor/user_database.ts";
import { syncFolder } from "../../queue_log/mod.ts";
import { LumberjackError } from "../error.ts";
import {
  type ExportDirectory,
  prepareExportDirectories,
} from "../export_dir/directory.ts";
import { lockExport } from "../export_dir/folder_lock.ts";
import {
  type Manifest,
  manifestName,
  queueLogName,
  readManifest,
  updateManifest,
  writeManifest,
} from "../export_dir/manifest.ts";
import type { JobChange } from "../job/change.ts";
import type { JobId } from "../job/id.ts";
import {
  exportDirAttribute,
  isMarkedPlanned,
  lockOf,
  plannedAttribute,
} from "../job/lock.ts";
import type { JobQueue } from "../queue/job_queue.ts";
import { jobsOfExport } from "../queue/locked_jobs.ts";
import { requireUnused } from "./departure.ts";
import { clearOtherFolder, type UseStaging } from "./other_folder.ts";
import { type ExportResult, reportOf, requireRemoteSpool } from "./export.ts";
import type { Staging } from "./staging.ts";
import { removeIfThere } from "./undo.ts";
import { writeExport } from "./write_export.ts";

/** Which export to write again, and where. */
export interface AgainRequest {
  /** The id of the export. */
  readonly exportId: string;
  /**
   * The folder to write the export into. It can be the folder of the first
   * export.
   */
  readonly out: string;
  /** SPOOL of the schedd that will run the jobs. */
  readonly remoteSpool: string;
  /** Places the files. Without it, they travel as they did. */
  readonly staging?: Staging;
  /** Returns what placed the files of an export; undefined if ads alone left. */
  readonly stagingOf?: (manifest: Manifest) => Staging | undefined;
  /** Only report what would happen; change nothing. */
  readonly dryRun?: boolean;
}

/** The locked jobs of an export, and where the export is. */
interface Standing {
  readonly exportId: string;
  /** Its folder. */
  readonly path: string;
  readonly manifest: Manifest;
  readonly jobs: readonly JobId[];
  /** Those that name the folder. */
  readonly naming: readonly JobId[];
  /** Those that say that the log is still to be written. */
  readonly planned: readonly JobId[];
}

/**
 * Writes an export again, with the jobs that are locked for it: into another
 * folder, for another remote spool, or with its files placed in another way. The
 * id stays. The old log is withdrawn first, so that there are never two.
 *
 * Throws {@linkcode LumberjackError} if no job is locked for the export, if its
 * log is not in its folder any more (the jobs may be away then), or if the new
 * folder cannot take it. If Lumberjack is killed meanwhile, `recover` finishes
 * one export or the other.
 *
 * @example
 * ```ts
 * import {
 *   exportAgain,
 *   exportJobs,
 *   FileJobQueue,
 *   Selection,
 * } from "../../../mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = Deno.makeTempDirSync();
 * for (const name of ["out", "better"]) Deno.mkdirSync(`${folder}/${name}`);
 * const queue = FileJobQueue.open(
 *   "tests/data/htcondor-23.9.6/round-trip/local.log",
 *   { queueOut: `${folder}/job_queue.log` },
 * );
 * const { exports: [first] } = await exportJobs(queue, {
 *   selection: new Selection({ constraint: 'Owner == "bob"' }),
 *   out: `${folder}/out`,
 *   remoteSpool: "/typo",
 * });
 * await queue.close();
 *
 * const again = FileJobQueue.open(
 *   `${folder}/job_queue.log`,
 *   { queueOut: `${folder}/job_queue.again.log` },
 * );
 * const { exports: [second] } = await exportAgain(again, {
 *   exportId: first.exportId,
 *   out: `${folder}/better`,
 *   remoteSpool: "/hpc/spool",
 * });
 * await again.close();
 * assertEquals(second.exportId, first.exportId);
 * assertEquals(second.jobs, first.jobs);
 * ```
 */
export async function exportAgain(
  queue: JobQueue,
  request: AgainRequest,
): Promise<ExportResult> {
  requireRemoteSpool(request.remoteSpool);
  const old = await findStanding(queue, request.exportId);
  using locks = new DisposableStack();
  locks.use(lockExport(old.exportId, old.path));
  requireThere(old);
  const isSame = resolve(request.out) === old.path;
  const useStaging = stagingFrom(request);
  // An earlier run was killed: there may be a third folder.
  if (!isSame && !request.dryRun) {
    await clearOtherFolder(old.path, old.manifest, useStaging);
  }
  const directory = isSame
    ? { path: old.path, owner: ownerOf(old.manifest) }
    : await prepare(queue, old, request, locks);
  const staging = request.staging ?? request.stagingOf?.(old.manifest);
  const manifest: Manifest = {
    ...manifestAgain(old.manifest, request, staging),
    ...(isSame ? {} : { otherFolder: old.path }),
  };
  if (request.dryRun) return reportOf([{ manifest, directory }], old.jobs);
  const written = await writeAgain(queue, old, {
    ...{ manifest, directory, staging, isSame },
  });
  try {
    await clearOtherFolder(directory.path, written, useStaging, {
      locked: old.path,
    });
    // No job left: the folder can take another export.
    if (written.jobs === 0) removeIfThere(join(directory.path, manifestName));
  } catch (cause) {
    throw new LumberjackError("cannot clear the export's other folder", {
      cause,
      subject: `${old.exportId} (${reasonIn(cause)})`,
      remedy: "the export is written: when that is mended, run " +
        "lumberjack recover",
    });
  }
  const skipped = written.skipped.slice(manifest.skipped.length);
  const left = written.jobs > 0 ? [{ manifest: written, directory }] : [];
  return reportOf(left, old.jobs, skipped);
}

/**
 * Withdraws the old log and writes the new one. Throws {@linkcode
 * LumberjackError}: if that fails in the middle, `recover` finishes one export
 * or the other.
 */
async function writeAgain(
  queue: JobQueue,
  old: Standing,
  { manifest, directory, staging, isSame }: {
    readonly manifest: Manifest;
    readonly directory: Pick<ExportDirectory, "path" | "owner">;
    readonly staging: Staging | undefined;
    /** Whether it stays in its folder. */
    readonly isSame: boolean;
  },
): Promise<Manifest> {
  const moved = isSame ? {} : { otherFolder: directory.path };
  const planned = await withdraw(queue, old, moved);
  try {
    writeManifest(directory.path, manifest, directory.owner);
    if (!isSame) await pointTo(queue, old, directory.path);
    const written = await writeExport(queue, {
      ...{ manifest, directory, planned, staging },
    });
    // A queue in a file may have noted only in memory that the log is written.
    await queue.sync();
    return written;
  } catch (cause) {
    throw new LumberjackError("the export was withdrawn, and not written yet", {
      cause,
      subject: `${old.exportId} (${reasonIn(cause)})`,
      remedy: "when that is mended, run lumberjack recover",
    });
  }
}

/** What an error says, without its remedy. */
function reasonIn(cause: unknown): string {
  const { message, subject } = cause as Partial<LumberjackError>;
  return [message ?? `${cause}`, ...subject ? [subject] : []].join(": ");
}

async function findStanding(
  queue: JobQueue,
  exportId: string,
): Promise<Standing> {
  const jobs: JobId[] = [], naming: JobId[] = [], planned: JobId[] = [];
  let path: string | undefined;
  for await (const { cluster, proc, ad } of jobsOfExport(queue, exportId)) {
    const lock = lockOf(ad);
    if (!lock) continue;
    jobs.push({ cluster, proc });
    if (isMarkedPlanned(ad, exportId)) planned.push({ cluster, proc });
    if (lock.exportDir === undefined) continue;
    naming.push({ cluster, proc });
    path ??= lock.exportDir;
  }
  if (jobs.length === 0 || path === undefined) {
    throw new LumberjackError("no job is locked for the export", {
      subject: exportId,
      remedy: "lumberjack status lists the exports that are away",
    });
  }
  const manifest = readManifest(path);
  if (manifest?.exportId !== exportId) {
    throw new LumberjackError("the export is not in its folder", {
      subject: `${exportId} in ${path}`,
      remedy: "it may have left: import what comes back, or unexport it",
    });
  }
  return { exportId, path, manifest, jobs, naming, planned };
}

/** Checks that nobody can have taken the export away. */
function requireThere({ exportId, path, manifest, planned }: Standing): void {
  // If the log has its name, an export that is still planned is complete, too.
  const isComplete = isFile(join(path, queueLogName));
  if (manifest.state === "written" && isComplete) return;
  if (manifest.state === "planned" && (isComplete || planned.length > 0)) {
    return;
  }
  throw new LumberjackError("the export has left, or is being taken back", {
    subject: `${exportId} in ${path} (${manifest.state})`,
    remedy:
      "only an export whose job_queue.log is still in its folder can be " +
      "written again",
  });
}

async function prepare(
  queue: JobQueue,
  { manifest }: Standing,
  { out, dryRun }: AgainRequest,
  locks: DisposableStack,
): Promise<ExportDirectory> {
  const directory = prepareExportDirectories(out, [manifest.owner], {
    make: dryRun !== true,
    locks,
  }).get(manifest.owner)!;
  // What an earlier run of the same command left there is no obstacle.
  if (directory.abandoned?.exportId !== manifest.exportId) {
    await requireUnused(queue, [{ directory, manifest }]);
  }
  return directory;
}

function manifestAgain(
  old: Manifest,
  { remoteSpool }: AgainRequest,
  staging: Staging | undefined,
): Manifest {
  const { files: _, ...rest } = old;
  return {
    ...rest,
    remoteSpool,
    sha256: null,
    state: "planned",
    ...(staging?.planned ? { files: staging.planned } : {}),
  };
}

/**
 * Notes in the queue that the export's log is to be written, and removes the
 * log. Returns the jobs that carry the note. The manifest gets `fields`.
 */
async function withdraw(
  queue: JobQueue,
  { exportId, path, naming, planned }: Standing,
  fields: Partial<Manifest>,
): Promise<readonly JobId[]> {
  const marked = planned.length > 0 ? planned : naming.slice(0, 1);
  if (planned.length === 0) {
    await note(queue, exportId, marked, plannedAttribute, exportId);
  }
  try {
    const problem = updateManifest(path, exportId, {
      ...{ state: "planned", sha256: null },
      ...fields,
    });
    if (problem !== undefined) throw new Error(problem);
    removeIfThere(join(path, queueLogName));
    syncFolder(path);
  } catch (cause) {
    throw new LumberjackError("cannot write the export again", {
      cause,
      subject: `${exportId} (${reasonIn(cause)})`,
      remedy: "run this as the user to whom the folder belongs, or as root; " +
        "lumberjack recover takes back what was begun",
    });
  }
  return marked;
}

/** Lets the jobs that named the old folder name the new one. */
async function pointTo(
  queue: JobQueue,
  { exportId, naming }: Standing,
  path: string,
): Promise<void> {
  await note(queue, exportId, naming, exportDirAttribute, path);
}

/** Writes a text into these jobs of an export, durably. */
async function note(
  queue: JobQueue,
  exportId: string,
  jobs: readonly JobId[],
  name: string,
  text: string,
): Promise<void> {
  await queue.change(jobs.map((job): JobChange => ({
    ...job,
    exportId,
    set: [{ name, value: quote(text) }],
    remove: [],
  })));
  await queue.sync();
}

function stagingFrom({ stagingOf }: AgainRequest): UseStaging {
  return (manifest, step) => step(stagingOf?.(manifest));
}

function ownerOf({ owner }: Manifest): ExportDirectory["owner"] {
  return Deno.uid() === 0 ? findUser(owner) : undefined;
}

function isFile(path: string): boolean {
  try {
    return Deno.lstatSync(path).isFile;
  } catch {
    return false;
  }
}
