import { LumberjackError } from "./error.ts";
import { FolderLock } from "./folder_lock.ts";
import { formatJobId, type JobId } from "./job_id.ts";
import type { JobChange, JobQueue } from "./job_queue.ts";
import { jobsOfExport } from "./locked_jobs.ts";
import { lockAttributes, lockOf } from "./lock.ts";
import { updateManifest } from "./manifest.ts";
import type { Selection } from "./selection.ts";

/** Which jobs to take back without results. */
export interface UnexportRequest {
  /** By constraint or IDs… */
  readonly selection?: Selection;
  /** …or all jobs of one export. */
  readonly exportId?: string;
  /** Find out and report, change nothing. */
  readonly dryRun?: boolean;
}

/** What was taken back. */
export interface UnexportResult {
  /** `CLUSTER.PROC` of each job that is unlocked now. */
  readonly unlocked: readonly string[];
  /** Jobs that match and that Lumberjack does not hold. */
  readonly notLocked: number;
  /** The exports they belonged to. */
  readonly exportIds: readonly string[];
}

/**
 * The changes that take the locks off. A job that names its export's folder
 * comes last: when this breaks off, the others can still be recovered.
 */
export function unlockChanges(
  jobs: readonly JobId[],
  naming: readonly JobId[],
): JobChange[] {
  const last = new Set(naming);
  return [...jobs.filter((job) => !last.has(job)), ...naming]
    .map(unlockChange);
}

/** The change that takes the lock off a job and leaves the rest as it is. */
function unlockChange(id: JobId): JobChange {
  return {
    cluster: id.cluster,
    proc: id.proc,
    set: [],
    remove: lockAttributes,
  };
}

/**
 * Takes jobs back that were exported: they become idle jobs of this queue as
 * they were. What runs of them elsewhere is not stopped, and its results are
 * refused when they come.
 */
export async function unexportJobs(
  queue: JobQueue,
  request: UnexportRequest,
): Promise<UnexportResult> {
  const jobs = request.exportId !== undefined
    ? jobsOfExport(queue, request.exportId)
    : queue.select(request.selection!, lockAttributes);
  const unlocked: JobId[] = [];
  /** Of each export the first job that names its folder. */
  const naming = new Map<string, JobId>();
  const directories = new Map<string, string | undefined>();
  let notLocked = 0;
  for await (const { cluster, proc, ad } of jobs) {
    const lock = lockOf(ad);
    if (!lock) {
      notLocked++;
      continue;
    }
    const job = { cluster, proc };
    unlocked.push(job);
    if (lock.exportId === undefined) continue;
    if (lock.exportDir !== undefined && !naming.has(lock.exportId)) {
      naming.set(lock.exportId, job);
    }
    const directory = lock.exportDir ?? directories.get(lock.exportId);
    directories.set(lock.exportId, directory);
  }
  if (!request.dryRun && unlocked.length > 0) {
    // First, so that a crash leaves no folder that looks like an export of jobs
    // that can start here; `recover` unlocks the rest.
    using locks = new DisposableStack();
    const back = new Set(unlocked.map(formatJobId));
    for (const [id, path] of directories) {
      locks.use(lockFolder(id, path));
      await closeExport(queue, id, path, back);
    }
    await queue.change(unlockChanges(unlocked, [...naming.values()]));
    await queue.sync();
  }
  return {
    unlocked: unlocked.map(formatJobId),
    notLocked,
    exportIds: [...directories.keys()],
  };
}

/** An export whose log is being written would hold jobs that can start here. */
function lockFolder(
  exportId: string,
  path: string | undefined,
): FolderLock | undefined {
  let lock: FolderLock | undefined;
  try {
    if (path !== undefined) lock = FolderLock.take(path);
  } catch {
    // Moved to where the jobs are to run, or not ours to read.
    return undefined;
  }
  if (lock || path === undefined) return lock;
  throw new LumberjackError("another lumberjack is working on the export", {
    subject: `${exportId} in ${path}`,
    remedy: "wait until it has ended",
  });
}

/** Says so in the manifest when no other job of an export is locked. */
async function closeExport(
  queue: JobQueue,
  exportId: string,
  directory: string | undefined,
  back: ReadonlySet<string>,
): Promise<void> {
  for await (const job of jobsOfExport(queue, exportId)) {
    if (lockOf(job.ad) && !back.has(formatJobId(job))) return;
  }
  if (directory === undefined) return;
  updateManifest(directory, exportId, { state: "unexported" });
}
