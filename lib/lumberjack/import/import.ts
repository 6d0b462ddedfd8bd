import { quote } from "../../classad/mod.ts";
import { compareJobIds, formatJobId, type JobId } from "../job/id.ts";
import type { JobQueue } from "../queue/job_queue.ts";
import type { JobChange } from "../job/change.ts";
import type { LocalJob, QueuedJob } from "../job/stored_ad.ts";
import { lockExport } from "../export_dir/folder_lock.ts";
import { jobsOfExport } from "../queue/locked_jobs.ts";
import { exportDirAttribute, exportIdAttribute, lockOf } from "../job/lock.ts";
import {
  isExportId,
  type Manifest,
  readManifest,
  updateManifest,
} from "../export_dir/manifest.ts";
import { homecoming, isRemoved, isSameExpression, mergeJob } from "./merge.ts";
import { integerOf, stringOf } from "../job/attribute_values.ts";
import { hasStarted, JobStatus, statusName } from "../job/eligibility.ts";
import { endBy } from "../job/held.ts";
import { MergePolicy } from "./result_attributes.ts";
import {
  openReturnedLog,
  type ReturnedLog,
} from "../export_dir/returned_log.ts";
import { isUnknownStatus, statusHome } from "./status_home.ts";
import { isAsExported, notRunError } from "../export_dir/unrun_log.ts";

/** What to import. */
export interface ImportRequest {
  /** The returned folder, or the job_queue.log in it. */
  readonly in: string;
  /** What counts as a result; HTCondor's own attributes when left out. */
  readonly policy?: MergePolicy;
  /** Find out and report, change nothing. */
  readonly dryRun?: boolean;
  /** Told what is being done, in a few words. */
  readonly progress?: (text: string) => void;
  /** Merges what it can before queue management does the rest. */
  readonly merger?: Merger;
  /**
   * Merge a log that no schedd has run, too: with a note. Else that is an error,
   * while jobs are away with it.
   */
  readonly evenUnrun?: boolean;
}

/** Another way to merge than queue management. */
export interface Merger {
  /**
   * Throws, before anything is touched, when this way is barred for these jobs
   * of the queue.
   */
  check(jobs: Iterable<LocalJob>): Promise<void>;
  /** Merges what it may; answers with the changes that are left to do. */
  merge(
    changes: Iterable<JobChange>,
    find: (id: JobId) => LocalJob | undefined,
  ): Promise<Iterable<JobChange>>;
}

/** Something that came back and was not taken. */
export interface Refusal {
  /** `CLUSTER.PROC`, or `CLUSTER` for the cluster ad. */
  readonly id: string;
  /** Null: the whole job. */
  readonly attribute: string | null;
  /** In a few words. */
  readonly reason: string;
}

/** What an import did. */
export interface ImportResult {
  /** Null when neither the log, its folder nor the queue says which it was. */
  readonly exportId: string | null;
  /** How many jobs the returned log has. */
  readonly jobs: number;
  /** How many are home with their results. */
  readonly merged: number;
  /** How many were removed or held here meanwhile, and are unlocked and stay so. */
  readonly released: number;
  /**
   * How many of these are held and have ended away, completed or removed: when
   * they are released they leave the queue rather than run again.
   */
  readonly heldEnded: number;
  /** How many came home with an earlier import, or have left the queue since. */
  readonly home: number;
  /** How many of these are not in the queue: gone since, or never of this one. */
  readonly gone: number;
  /** Whether the jobs left another schedd, so that nothing could come home. */
  readonly foreign: boolean;
  /** Jobs that are locked and did not come back. */
  readonly missing: readonly string[];
  /** What came back and was not taken. */
  readonly refused: readonly Refusal[];
  /** How many of those merged came back in which state. */
  readonly statuses: Readonly<Record<string, number>>;
  /** What did not go as it should and does not matter to the jobs. */
  readonly notes: readonly string[];
}

interface Tally {
  merged: number;
  released: number;
  heldEnded: number;
  home: number;
  gone: number;
  /** Came back as running, and are idle. */
  underWay: number;
  /** Came back in a status that we do not know, and are idle. */
  unknown: number;
  readonly refused: Refusal[];
  readonly statuses: Record<string, number>;
}

/** With which export the jobs are away, and where it is here. */
interface ExportAway {
  readonly exportId: string;
  readonly exportDir: string;
}

/**
 * Brings results home: reads the returned log whole, decides for each of its
 * jobs what may merge, and changes the queue. A repeated import finds the jobs
 * at home and changes nothing. Throws ReturnedLogError, before anything is
 * touched, when the log is damaged or came from nowhere.
 */
export async function importJobs(
  queue: JobQueue,
  request: ImportRequest,
): Promise<ImportResult> {
  const progress = request.progress ?? (() => {});
  progress("reading the returned log");
  const returned = openReturnedLog(request.in);
  using _table = returned.table;
  const ids = [...returned.table.procs()].map(({ cluster, proc }) => ({
    cluster,
    proc,
  }));
  const find = await queue.find(ids);
  await request.merger?.check(localJobs(ids, find));
  const tally: Tally = {
    merged: 0,
    released: 0,
    heldEnded: 0,
    home: 0,
    gone: 0,
    underWay: 0,
    unknown: 0,
    refused: [],
    statuses: {},
  };
  progress(`merging ${returned.jobs} jobs`);
  const policy = request.policy ?? new MergePolicy();
  refuseClusterChanges(returned, find, policy, tally.refused);
  const away = exportAway(ids, find);
  const folders = away ? [away.exportDir, returned.directory] : [];
  const unrun = away && isAsExported(returned, away.exportId, folders);
  if (unrun && !request.evenUnrun) throw notRunError(returned, away.exportId);
  const beside = manifestBeside(returned);
  const exportId = returned.exportId ?? away?.exportId ?? beside?.exportId;
  const absent = await absentJobs(queue, returned, exportId);
  const missing = absent.filter(({ ad }) => !isRemoved(ad));
  const changes = inTurn(
    nameFolder(missing, away),
    decide(returned, find, policy, tally),
    freeRemoved(absent, tally),
  );
  if (request.dryRun) { for (const _change of changes); }
  else await merge(queue, request.merger, changes, { find, away });
  // Interrupted behind its last job: no lock names the folder any more.
  const wasInterrupted = beside?.exportId === exportId &&
    beside?.state === "importing";
  const exportDir = away?.exportDir ??
    (wasInterrupted ? returned.directory : undefined);
  const { underWay, unknown, ...counts } = tally;
  const result = {
    exportId: exportId ?? null,
    jobs: returned.jobs,
    ...counts,
    foreign: counts.gone === returned.jobs && isForeign(queue, returned),
    missing: missing.map(formatJobId),
  };
  const notes = request.dryRun ? [] : recordImport(exportDir, result);
  if (unrun) notes.push(notRunError(returned, away.exportId).message);
  if (underWay > 0) notes.push(underWayNote(underWay));
  if (unknown > 0) notes.push(unknownNote(unknown));
  return { ...result, notes };
}

/** Makes the changes; when that breaks off, they are made by a repeated import. */
async function merge(
  queue: JobQueue,
  merger: Merger | undefined,
  changes: Iterable<JobChange>,
  { find, away }: {
    readonly find: (id: JobId) => LocalJob | undefined;
    readonly away: ExportAway | undefined;
  },
): Promise<void> {
  // Another way may not ask with which export a job is away: nobody may take it
  // back, and let it go anew, before its results are here.
  using _lock = merger && away && lockExport(away.exportId, away.exportDir);
  // Which jobs are home is not kept there: each carries it itself, written in
  // the same transaction as its results, so that no crash can part the two.
  if (away) {
    updateManifest(away.exportDir, away.exportId, { state: "importing" });
  }
  const left = await merger?.merge(changes, find);
  await queue.change(left ?? changes);
  await queue.sync();
}

/** Whether no job of the log was submitted to this schedd, by GlobalJobId. */
function isForeign(queue: JobQueue, returned: ReturnedLog): boolean {
  const { scheddName } = queue;
  if (scheddName === undefined || returned.jobs === 0) return false;
  for (const ad of returned.table.procs()) {
    const globalJobId = stringOf(ad, "GlobalJobId");
    if (globalJobId === undefined) return false;
    if (globalJobId.startsWith(`${scheddName}#`)) return false;
  }
  return true;
}

/** A later HTCondor may have more states than we know. */
function unknownNote(count: number): string {
  const jobs = count === 1 ? "1 job" : `${count} jobs`;
  return `${jobs} came back in a state that this version does not know: idle here, as jobs are that have not ended`;
}

/** The log of a schedd that runs on tells nothing of what it will do. */
function underWayNote(count: number): string {
  return count === 1
    ? "1 job came back running: it may start here, so its schedd must not go on"
    : `${count} jobs came back running: they may start here, so their schedd must not go on`;
}

function* localJobs(
  ids: readonly JobId[],
  find: (id: JobId) => LocalJob | undefined,
): Iterable<LocalJob> {
  for (const id of ids) {
    const local = find(id);
    if (local) yield local;
  }
}

/**
 * Which export the jobs are away with, and where it is, by the first that says
 * so. One that the schedd's own import has unlocked may say so still.
 */
function exportAway(
  ids: readonly JobId[],
  find: (id: JobId) => LocalJob | undefined,
): ExportAway | undefined {
  for (const { ad } of localJobs(ids, find)) {
    const exportId = stringOf(ad, exportIdAttribute);
    const exportDir = stringOf(ad, exportDirAttribute);
    if (exportId !== undefined && exportDir !== undefined) {
      return { exportId, exportDir };
    }
  }
  return undefined;
}

/**
 * Decides job by job, as the queue asks for the next change. The first job that
 * names the export's folder comes last: when this breaks off, what is locked
 * still says where it belongs.
 */
function* decide(
  returned: ReturnedLog,
  find: (id: JobId) => LocalJob | undefined,
  policy: MergePolicy,
  tally: Tally,
): Iterable<JobChange> {
  const now = Math.floor(Date.now() / 1000);
  let last: JobChange | undefined;
  for (const ad of returned.table.procs()) {
    const local = find(ad);
    if (!local) {
      // A job that completed leaves the queue for the history.
      tally.home++;
      tally.gone++;
      continue;
    }
    const lock = lockOf(local.ad);
    const decision = mergeJob(local, { ad }, policy, now);
    if (decision.kind === "home") {
      tally.home++;
      if (decision.change) yield decision.change;
    }
    if (decision.kind !== "home") {
      const id = formatJobId(ad);
      tally.refused.push(...decision.refused.map((r) => ({ id, ...r })));
    }
    if (decision.kind !== "merge" && decision.kind !== "release") continue;
    if (decision.kind === "release") {
      tally.released++;
      if (endBy(decision.change) !== undefined) tally.heldEnded++;
    } else {
      tally.merged++;
      const home = statusHome(ad);
      const status = statusName(home);
      tally.statuses[status] = (tally.statuses[status] ?? 0) + 1;
      const wasUnderWay = hasStarted(integerOf(ad, "JobStatus"));
      if (home === JobStatus.idle && wasUnderWay) tally.underWay++;
      if (isUnknownStatus(integerOf(ad, "JobStatus"))) tally.unknown++;
    }
    if (last === undefined && lock?.exportDir !== undefined) {
      last = decision.change;
    } else {
      yield decision.change;
    }
  }
  if (last) yield last;
}

/**
 * No result ever stands in a cluster ad; what was changed there would reach
 * every job of the cluster, so it is named.
 */
function refuseClusterChanges(
  returned: ReturnedLog,
  find: (id: JobId) => LocalJob | undefined,
  policy: MergePolicy,
  refused: Refusal[],
): void {
  const seen = new Set<number>();
  for (const { cluster, proc } of returned.table.procs()) {
    if (seen.has(cluster)) continue;
    const local = find({ cluster, proc })?.clusterAd;
    if (!local) continue;
    seen.add(cluster);
    const ad = returned.table.find(cluster, -1);
    for (const name of ad?.names() ?? []) {
      const kind = policy.classify(name);
      if (kind === "ignored" || kind === "run-time") continue;
      // Since 24 a schedd keeps one in its cluster ads; it is no job's.
      if (name.toLowerCase() === "jobstatus") continue;
      if (isSameExpression(local.rawValue(name), ad!.rawValue(name)!)) continue;
      refused.push({
        id: String(cluster),
        attribute: name,
        reason: "changed in the cluster ad, where no result stands",
      });
    }
  }
}

/** Jobs of the export that are locked and did not come back. */
async function absentJobs(
  queue: JobQueue,
  returned: ReturnedLog,
  exportId: string | undefined,
): Promise<QueuedJob[]> {
  if (exportId === undefined || !isExportId(exportId)) return [];
  const absent: QueuedJob[] = [];
  for await (const job of jobsOfExport(queue, exportId)) {
    const came = returned.table.find(job.cluster, job.proc) !== undefined;
    if (!came && lockOf(job.ad)) absent.push(job);
  }
  return absent.sort(compareJobIds);
}

/**
 * Of those that did not come back and were removed here the lock comes off: they
 * run no more, and would stay in the queue for ever.
 */
function* freeRemoved(
  absent: readonly QueuedJob[],
  tally: Tally,
): Iterable<JobChange> {
  for (const job of absent) {
    if (!isRemoved(job.ad)) continue;
    tally.released++;
    yield homecoming(job, lockOf(job.ad)?.exportId);
  }
}

/**
 * On a running schedd some jobs name the folder for all: when these come home,
 * one of those that stay away does.
 */
function* nameFolder(
  missing: readonly QueuedJob[],
  away: ExportAway | undefined,
): Iterable<JobChange> {
  const locks = missing.map(({ ad }) => lockOf(ad));
  if (locks.some((lock) => lock?.exportDir !== undefined)) return;
  const at = locks.findIndex((lock) => lock?.exportId === away?.exportId);
  if (!away || at < 0) return;
  const { cluster, proc } = missing[at];
  const { exportId, exportDir } = away;
  const set = [{ name: exportDirAttribute, value: quote(exportDir) }];
  yield { cluster, proc, exportId, set, remove: [] };
}

function* inTurn<T>(...parts: Iterable<T>[]): Iterable<T> {
  for (const part of parts) yield* part;
}

/** A manifest that travelled: good for a name, not for a decision. */
function manifestBeside(returned: ReturnedLog): Manifest | undefined {
  return readManifest(returned.directory);
}

function recordImport(
  exportDir: string | undefined,
  result: Omit<ImportResult, "notes">,
): string[] {
  if (exportDir === undefined || result.exportId === null) return [];
  const refusedJobs = result.refused.filter((r) => r.attribute === null);
  const away = result.missing.length + refusedJobs.length;
  const problem = updateManifest(exportDir, result.exportId, {
    state: away === 0 ? "imported" : "importing",
    imported: {
      at: new Date().toISOString(),
      jobs: result.jobs,
      merged: result.merged,
      released: result.released,
      missing: result.missing.length,
      refused: result.refused.length,
    },
  });
  return problem === undefined ? [] : [problem];
}
