import { quote, type Scope } from "../../classad/mod.ts";
import { LumberjackError } from "../error.ts";
import { integerOf, stringOf } from "../job/attribute_values.ts";
import { JobStatus } from "../job/eligibility.ts";
import { lockExport } from "../export_dir/folder_lock.ts";
import { formatJobId } from "../job/id.ts";
import type { JobQueue } from "../queue/job_queue.ts";
import type { JobChange } from "../job/change.ts";
import type { QueuedJob } from "../job/stored_ad.ts";
import { jobsOfExport, type LockedJob } from "../queue/locked_jobs.ts";
import {
  exportDirAttribute,
  isMarkedPlanned,
  lockAttributes,
  lockOf,
  plannedAttribute,
  siteAttribute,
} from "../job/lock.ts";
import { updateManifest } from "../export_dir/manifest.ts";
import type { Selection } from "../job/selection.ts";
import { stateAttribute, whereaboutsAttributes } from "../job/whereabouts.ts";

/** Which jobs to take back without results. */
export interface UnexportRequest {
  /** The jobs, by constraint or IDs. Either this or `exportId` is given. */
  readonly selection?: Selection;
  /** The export, to take back all its jobs. */
  readonly exportId?: string;
  /** Only report what would happen; change nothing. */
  readonly dryRun?: boolean;
  /**
   * Take back also jobs that a pass has sent to a site: their results will never
   * come. If they do, they are refused.
   */
  readonly abandon?: boolean;
}

/** What was taken back. */
export interface UnexportResult {
  /** The id (`CLUSTER.PROC`) of each job that is now unlocked. */
  readonly unlocked: readonly string[];
  /** The number of jobs that match and are not locked by Lumberjack. */
  readonly notLocked: number;
  /** The exports that the unlocked jobs belonged to. */
  readonly exportIds: readonly string[];
  /** What the user should know: manifests that could not be changed. */
  readonly notes: readonly string[];
}

/**
 * Returns the changes that unlock jobs. Jobs that name their export's folder
 * come last: if this breaks off, the other jobs can still be recovered.
 */
export function unlockChanges(
  jobs: readonly LockedJob[],
  naming: readonly LockedJob[],
): JobChange[] {
  const last = new Set(naming);
  return [...jobs.filter((job) => !last.has(job)), ...naming]
    .map(({ isPlanned, isOfSite, ...job }) => ({
      ...job,
      set: [],
      remove: [
        ...lockAttributes,
        ...(isPlanned ? [plannedAttribute] : []),
        ...(isOfSite ? whereaboutsAttributes : []),
      ],
    }));
}

/** What is taken back of one export. */
interface Part {
  readonly exportId: string;
  /** The first of its jobs that names the folder. */
  naming: LockedJob | undefined;
  /** The folder; undefined as long as no job of it was seen that names it. */
  directory: string | undefined;
}

/**
 * Takes jobs back that were exported: they become idle jobs of this queue as
 * they were. What runs of them elsewhere is not stopped, and its results are
 * refused when they come.
 *
 * @example
 * ```ts
 * import { FileJobQueue, Selection, unexportJobs } from "../../../mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = Deno.makeTempDirSync();
 * const queue = FileJobQueue.open(
 *   "tests/data/htcondor-23.9.6/round-trip/local.log",
 *   { queueOut: `${folder}/job_queue.log` },
 * );
 * const selection = new Selection({ constraint: "true" });
 * const { unlocked } = await unexportJobs(queue, { selection, dryRun: true });
 * await queue.close();
 * // No job of this queue is away.
 * assertEquals(unlocked, []);
 * ```
 */
export async function unexportJobs(
  queue: JobQueue,
  request: UnexportRequest,
): Promise<UnexportResult> {
  const jobs = request.exportId !== undefined
    ? jobsOfExport(queue, request.exportId)
    : queue.select(request.selection!, [
      ...lockAttributes,
      plannedAttribute,
      siteAttribute,
      stateAttribute,
    ]);
  const unlocked: LockedJob[] = [];
  const parts = new Map<string, Part>();
  const sent: LockedJob[] = [];
  let notLocked = 0;
  for await (const { cluster, proc, ad } of jobs) {
    const lock = lockOf(ad);
    if (!lock) {
      notLocked++;
      continue;
    }
    const { exportId, exportDir } = lock;
    const isPlanned = isMarkedPlanned(ad, exportId);
    const isOfSite = stringOf(ad, siteAttribute) !== undefined;
    const job = { cluster, proc, exportId, isPlanned, isOfSite };
    unlocked.push(job);
    if (wasSent(ad)) sent.push(job);
    if (exportId === undefined) continue;
    const part = parts.get(exportId) ??
      { exportId, naming: undefined, directory: undefined };
    parts.set(exportId, part);
    part.directory ??= exportDir;
    if (exportDir !== undefined) part.naming ??= job;
  }
  if (sent.length > 0 && !request.abandon) throw mayRunThere(sent);
  const notes = request.dryRun || unlocked.length === 0
    ? []
    : await takeBack(queue, unlocked, [...parts.values()]);
  return {
    unlocked: unlocked.map(formatJobId),
    notLocked,
    exportIds: [...parts.keys()],
    notes,
  };
}

/** Whether a pass has sent the job's export to a site. */
function wasSent(ad: Scope): boolean {
  const state = stringOf(ad, stateAttribute);
  return state === "away" || state === "returning";
}

function mayRunThere(sent: readonly LockedJob[]): LumberjackError {
  const ids = new Set(sent.map(({ exportId }) => exportId));
  return new LumberjackError("the jobs were sent to a site and may run there", {
    subject: `${sent.length} jobs of ${[...ids].join(", ")}`,
    remedy: "let the site give them up first with lumberjack remote cancel, " +
      "and import what it sends; or say --abandon if it never will",
  });
}

async function takeBack(
  queue: JobQueue,
  unlocked: readonly LockedJob[],
  parts: readonly Part[],
): Promise<string[]> {
  using locks = new DisposableStack();
  for (const part of parts) {
    // On a running schedd only some of an export's jobs name its folder.
    part.directory ??= await folderOf(queue, part.exportId);
    // While a log is being written, its jobs must not become free to run here.
    locks.use(lockExport(part.exportId, part.directory));
  }
  // Before we had the folders, another Lumberjack may have locked more jobs.
  queue.reread();
  const back = new Set(unlocked.map(formatJobId));
  const notes: string[] = [];
  for (const part of parts) {
    const problem = await closeExport(queue, part, back);
    if (problem !== undefined) notes.push(`${problem}: ${removeFolder}`);
  }
  const naming = parts.flatMap((part) => part.naming ?? []);
  await queue.change(unlockChanges(unlocked, naming));
  await queue.sync();
  return notes;
}

/** What a user has to do about a manifest that does not say that the jobs are back. */
const removeFolder =
  "remove the folder, which still looks like an export: its jobs can start here";

async function folderOf(
  queue: JobQueue,
  exportId: string,
): Promise<string | undefined> {
  for await (const { ad } of jobsOfExport(queue, exportId)) {
    const directory = lockOf(ad)?.exportDir;
    if (directory !== undefined) return directory;
  }
  return undefined;
}

/**
 * Prepares an export for the unlocking of some of its jobs. If other jobs stay
 * locked, one of them gets the name of the folder. If none does, the manifest
 * now says that the export was taken back. It says so before the jobs are
 * unlocked, so that a crash leaves no folder that looks like an export of jobs
 * that can start here; `recover` then unlocks them. Returns why the manifest does
 * not say so.
 */
async function closeExport(
  queue: JobQueue,
  { exportId, directory }: Part,
  back: ReadonlySet<string>,
): Promise<string | undefined> {
  let staying: QueuedJob | undefined;
  let isAnyAway = false;
  for await (const job of jobsOfExport(queue, exportId)) {
    const lock = lockOf(job.ad);
    if (!lock || back.has(formatJobId(job))) continue;
    if (lock.exportDir !== undefined) return undefined;
    isAnyAway = true;
    if (integerOf(job.ad, "JobStatus") === JobStatus.idle) staying ??= job;
  }
  if (directory === undefined) return undefined;
  if (!isAnyAway) {
    return updateManifest(directory, exportId, { state: "unexported" });
  }
  if (!staying) return undefined;
  const { cluster, proc } = staying;
  const set = [{ name: exportDirAttribute, value: quote(directory) }];
  await queue.change([{ cluster, proc, exportId, set, remove: [] }]);
  return undefined;
}
