import { join } from "@std/path";
import {
  QueueLogError,
  QueueTable,
  removeUnfinished,
} from "../../queue_log/mod.ts";
import { leavingExport, writeExport } from "./write_export.ts";
import { LumberjackError } from "../error.ts";
import { FolderLock } from "../export_dir/folder_lock.ts";
import { formatJobId } from "../job/id.ts";
import { integerOf } from "../job/attribute_values.ts";
import { hasStarted } from "../job/eligibility.ts";
import type { JobQueue } from "../queue/job_queue.ts";
import {
  type Away,
  type LockedExports,
  lockedExportsOf,
} from "./locked_exports.ts";
import {
  type Manifest,
  manifestName,
  queueLogName,
  readManifest,
  sumOfLog,
  updateManifest,
} from "../export_dir/manifest.ts";
import { sumsName } from "../files/tree/sums.ts";
import { clearOtherFolder } from "./other_folder.ts";
import type { Staging } from "./staging.ts";
import { unlockChanges } from "./unexport.ts";
import { findUser } from "../../condor/user_database.ts";

/** What {@linkcode recover} found of an export and did about it. */
export interface Recovery {
  /** The id of the export. */
  readonly exportId: string;
  /** Its folder; null when the lock does not say. */
  readonly out: string | null;
  /** How many of its jobs are locked. */
  readonly jobs: number;
  /**
   * - `written`: the export's log has now been written.
   * - `completed`: the log was complete, and the manifest now says so.
   * - `unlocked`: the jobs are back in this queue.
   * - `away`: the export is under way; there is nothing to do.
   * - `busy`: another Lumberjack is working on the export; nothing was done.
   * - `undecided`: the log was written once and is not in the folder. The jobs
   *   may be away, so a person has to decide; nothing was done.
   * - `unknown`: there is no manifest; nothing was done.
   * - `failed`: `problem` says why. Other exports are recovered all the same.
   */
  readonly action:
    | "written"
    | "completed"
    | "unlocked"
    | "away"
    | "busy"
    | "undecided"
    | "unknown"
    | "failed";
  /** Why it failed. */
  readonly problem?: Error;
}

/** How to recover. */
export interface RecoverRequest {
  /** Only this export. */
  readonly exportId?: string;
  /** Unlock the jobs of interrupted exports rather than write their log. */
  readonly undo?: boolean;
  /** Write the log of an undecided export again: its jobs are not away. */
  readonly writeAgain?: boolean;
  /**
   * Returns what places the files of an export that is written again;
   * undefined for an export that moves ads only.
   */
  readonly staging?: (
    manifest: Manifest,
  ) => (Staging & Partial<AsyncDisposable>) | undefined;
  /** Only report what would happen; change nothing. */
  readonly dryRun?: boolean;
}

/**
 * Finishes, or with `undo` takes back, exports that were interrupted between
 * locking the jobs and writing their log. Exports that were written are left
 * alone, and so are those whose manifest is gone: the folder may have been
 * moved to where the jobs run, and unlocking them could run them twice. What
 * was being taken back is taken back. One that fails, with a folder that is not
 * ours to read or a manifest that is damaged, does not keep the others from it:
 * an error is thrown only when all failed, or the queue did.
 *
 * @example
 * ```ts
 * import { FileJobQueue, recover } from "../../../mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = Deno.makeTempDirSync();
 * const queue = FileJobQueue.open(
 *   "tests/data/htcondor-23.9.6/round-trip/local.log",
 *   { queueOut: `${folder}/job_queue.log` },
 * );
 * // No export of this queue was interrupted.
 * assertEquals(await recover(queue), []);
 * await queue.close();
 * ```
 */
export async function recover(
  queue: JobQueue,
  request: RecoverRequest = {},
): Promise<readonly Recovery[]> {
  return await recoverLocked(queue, await lockedExportsOf(queue), request);
}

/** Does the same with locked jobs that have been read already. */
export async function recoverLocked(
  queue: JobQueue,
  locked: LockedExports,
  request: RecoverRequest = {},
): Promise<readonly Recovery[]> {
  const recoveries: Recovery[] = [];
  for (const away of locked.away) {
    const { exportId } = away;
    if (request.exportId !== undefined && request.exportId !== exportId) {
      continue;
    }
    recoveries.push({
      exportId,
      out: away.exportDir ?? null,
      jobs: away.jobs.length,
      ...await tryToRecover(queue, away, request),
    });
  }
  const [first] = recoveries;
  if (first?.problem && recoveries.every(({ problem }) => problem)) {
    throw first.problem;
  }
  if (!request.dryRun && recoveries.some(hasChangedQueue)) {
    await queue.sync();
  }
  return recoveries;
}

/** Whether a recovery changed the queue, or may have. */
export function hasChangedQueue({ action }: Recovery): boolean {
  return action === "unlocked" || action === "written" ||
    action === "completed";
}

/** Recovers one export. Throws only if the queue fails. */
async function tryToRecover(
  queue: JobQueue,
  away: Away,
  request: RecoverRequest,
): Promise<Pick<Recovery, "action" | "problem">> {
  try {
    return { action: await recoverExport(queue, away, request) };
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) {
      const problem = new LumberjackError("cannot look into the folder", {
        cause: error,
        subject: away.exportDir,
        remedy: "run this as the user to whom it belongs, or as root",
      });
      return { action: "failed", problem };
    }
    if (error instanceof LumberjackError || error instanceof QueueLogError) {
      return { action: "failed", problem: error };
    }
    throw error;
  }
}

async function recoverExport(
  queue: JobQueue,
  away: Away,
  request: RecoverRequest,
): Promise<Recovery["action"]> {
  const { exportId, exportDir: directory } = away;
  if (directory === undefined || !isFolder(directory)) return "unknown";
  using lock = FolderLock.take(directory);
  if (!lock) return "busy";
  const manifest = readManifest(directory);
  if (manifest?.exportId !== exportId) return "unknown";
  if (!request.dryRun) {
    for (const name of [queueLogName, manifestName, sumsName]) {
      removeUnfinished(join(directory, name));
    }
  }
  const action = await finish(queue, { directory, manifest, away }, request);
  const isDecided = action !== "undecided" && !request.dryRun;
  if (isDecided && manifest.otherFolder !== undefined) {
    await clearOtherFolder(
      directory,
      manifest,
      (manifest, step) => withStaging(request, manifest, step),
    );
  }
  return action;
}

/** Finishes one export, or takes it back. */
async function finish(
  queue: JobQueue,
  found: Interrupted,
  request: RecoverRequest,
): Promise<Recovery["action"]> {
  const { directory, manifest, away } = found;
  if (manifest.state === "unexported") {
    // The export was being taken back: its user has said that no job of it runs.
    if (!request.dryRun) await unlock(queue, away);
    return "unlocked";
  }
  if (manifest.state !== "written" && manifest.state !== "planned") {
    return "away";
  }
  // The log gets its name when it is complete.
  const hasLog = hasFile(join(directory, queueLogName));
  if (manifest.state === "written") {
    if (!hasLog) return "away";
    // `export --again` was killed before it withdrew the log.
    const planned = away.jobs.filter(({ isPlanned }) => isPlanned);
    if (planned.length === 0) return "away";
    if (!request.dryRun) await queue.markWritten(manifest.exportId, planned);
    return "completed";
  }
  if (hasLog) {
    // Only the manifest is not up to date.
    if (!request.dryRun) {
      await completeExport(queue, directory, manifest, away);
    }
    return "completed";
  }
  // If no job says that the log is still to be written, the log was written
  // once. The folder is then older than that: restored from a backup, say.
  const isPlanned = away.jobs.some(({ isPlanned }) => isPlanned);
  if (!isPlanned && !request.writeAgain) return "undecided";
  if (request.undo) {
    if (!request.dryRun) await undo(queue, found, request);
    return "unlocked";
  }
  return request.dryRun ? "written" : await writeAgain(queue, found, request);
}

/** An export that was interrupted. */
interface Interrupted {
  readonly directory: string;
  readonly manifest: Manifest;
  readonly away: Away;
}

async function unlock(queue: JobQueue, away: Away): Promise<void> {
  await queue.change(unlockChanges(away.jobs, away.naming));
}

/** Unlocks the jobs of an export that was never written, and removes its files. */
async function undo(
  queue: JobQueue,
  { directory, manifest, away }: Interrupted,
  request: RecoverRequest,
): Promise<void> {
  await unlock(queue, away);
  const { exportId } = manifest;
  updateManifest(directory, exportId, { state: "unexported" });
  await withStaging(request, manifest, async (staging) => {
    await staging?.abandon(
      leavingExport({ manifest, directory: placeOf(directory, manifest) }),
    );
  });
}

/** Writes the log of an export whose jobs are locked. */
async function writeAgain(
  queue: JobQueue,
  { directory, manifest, away }: Interrupted,
  request: RecoverRequest,
): Promise<Recovery["action"]> {
  return await withStaging(request, manifest, async (staging) => {
    const { state } = await writeExport(queue, {
      manifest,
      directory: placeOf(directory, manifest),
      planned: away.jobs.filter(({ isPlanned }) => isPlanned),
      staging,
    });
    return state === "unexported" ? "unlocked" : "written";
  });
}

/** Does something with the staging of an export, if it has one. */
async function withStaging<T>(
  request: RecoverRequest,
  manifest: Manifest,
  step: (staging: Staging | undefined) => Promise<T>,
): Promise<T> {
  const staging = request.staging?.(manifest);
  try {
    return await step(staging);
  } finally {
    await staging?.[Symbol.asyncDispose]?.();
  }
}

/** Root gives the files of an export to the jobs' owner. */
function placeOf(path: string, { owner }: Manifest) {
  return { path, owner: Deno.uid() === 0 ? findUser(owner) : undefined };
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    if (error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}

function hasFile(path: string): boolean {
  try {
    return Deno.lstatSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Finishes an export whose log is complete while its manifest is not. */
async function completeExport(
  queue: JobQueue,
  directory: string,
  manifest: Manifest,
  away: Away,
): Promise<void> {
  const log = join(directory, queueLogName);
  using table = QueueTable.open(log);
  const absent = away.jobs.find((job) => !table.find(job.cluster, job.proc));
  if (absent) {
    throw new LumberjackError("a locked job is not in the exported log", {
      subject: `${formatJobId(absent)} in ${log}`,
      remedy:
        `take the export back: lumberjack unexport --export-id ${manifest.exportId}`,
    });
  }
  const jobs = [...table.procs()];
  const running = jobs.find((ad) => hasStarted(integerOf(ad, "JobStatus")));
  if (running) {
    // The schedd's own export takes running jobs. Lumberjack was killed before
    // it could check.
    throw new LumberjackError("a job in the exported log was running here", {
      subject: `${formatJobId(running)} in ${log}`,
      remedy:
        `take the export back: lumberjack unexport --export-id ${manifest.exportId}`,
    });
  }
  const planned = away.jobs.filter(({ isPlanned }) => isPlanned);
  await queue.markWritten(manifest.exportId, planned);
  const problem = updateManifest(directory, manifest.exportId, {
    clusters: [...new Set(jobs.map((job) => job.cluster))].sort((a, b) =>
      a - b
    ),
    jobs: jobs.length,
    ...sumOfLog(log),
    state: "written",
  });
  if (problem !== undefined) {
    throw new LumberjackError("cannot finish the export", {
      subject: problem,
      remedy: "run lumberjack recover as the user to whom the folder belongs",
    });
  }
}
