import { lockExport } from "../export_dir/folder_lock.ts";
import {
  type Manifest,
  readManifest,
  updateManifest,
} from "../export_dir/manifest.ts";
import {
  openReturnedLog,
  type ReturnedLog,
} from "../export_dir/returned_log.ts";
import { isAsExported, notRunError } from "../export_dir/unrun_log.ts";
import type { JobChange } from "../job/change.ts";
import { formatJobId } from "../job/id.ts";
import type { JobQueue } from "../queue/job_queue.ts";
import { absentJobs, freeRemoved, nameFolder } from "./absent.ts";
import {
  type ExportAway,
  exportAway,
  type FindJob,
  isForeign,
  localJobs,
} from "./away.ts";
import { refuseClusterChanges } from "./cluster_changes.ts";
import { decide } from "./decide.ts";
import { isRemoved } from "./homecoming.ts";
import type { Merger } from "./merger.ts";
import { recordImport, unfinishedNotes } from "./record.ts";
import { type ImportResult, Tally } from "./result.ts";
import { MergePolicy } from "./result_attributes.ts";

/** What to import. */
export interface ImportRequest {
  /** The returned folder, or the job_queue.log in it. */
  readonly in: string;
  /** What counts as a result; HTCondor's own attributes when left out. */
  readonly policy?: MergePolicy;
  /** Find out and report what would happen, and change nothing. */
  readonly dryRun?: boolean;
  /** Called with a short progress message. */
  readonly progress?: (text: string) => void;
  /** Merges what it can before queue management does the rest. */
  readonly merger?: Merger;
  /**
   * Merge a log that no schedd has run, with a note. Without this such a log is
   * an error while its jobs are away.
   */
  readonly evenUnrun?: boolean;
}

/**
 * Brings results home: checks the whole returned log, decides for each of its
 * jobs what may merge, and changes the queue. A repeated import finds the jobs
 * at home and changes nothing. Throws {@linkcode ReturnedLogError}, before
 * anything is changed, if the log is damaged or is the one that was exported.
 *
 * @example
 * ```ts
 * import {
 *   exportJobs,
 *   FileJobQueue,
 *   importJobs,
 *   Selection,
 * } from "../../../mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = Deno.makeTempDirSync();
 * const out = `${folder}/out`;
 * Deno.mkdirSync(out);
 * const queue = FileJobQueue.open(
 *   "tests/data/htcondor-23.9.6/round-trip/local.log",
 *   { queueOut: `${folder}/away.log` },
 * );
 * await exportJobs(queue, {
 *   selection: new Selection({ ids: ["2.0"] }),
 *   out,
 *   remoteSpool: "/hpc/spool",
 * });
 * await queue.close();
 *
 * // Elsewhere, a schedd runs the job and writes this:
 * Deno.writeTextFileSync(
 *   `${out}/job_queue.log`,
 *   "103 2.0 JobStatus 4\n103 2.0 ExitCode 0\n",
 *   { append: true },
 * );
 *
 * const away = FileJobQueue.open(`${folder}/away.log`, {
 *   queueOut: `${folder}/home.log`,
 * });
 * const { merged, statuses } = await importJobs(away, { in: out });
 * await away.close();
 * assertEquals([merged, statuses], [1, { completed: 1 }]);
 * ```
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
  progress(`merging ${returned.jobs} jobs`);
  const tally = new Tally();
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
  // If an earlier import was interrupted after its last job, no lock names the
  // export's folder any more.
  const wasInterrupted = beside?.exportId === exportId &&
    beside?.state === "importing";
  const exportDir = away?.exportDir ??
    (wasInterrupted ? returned.directory : undefined);
  const { underWay: _running, unknown: _unknown, ...counts } = tally;
  const result = {
    exportId: exportId ?? null,
    jobs: returned.jobs,
    ...counts,
    foreign: counts.gone === returned.jobs && isForeign(queue, returned),
    missing: missing.map(formatJobId),
  };
  const notes = request.dryRun ? [] : recordImport(exportDir, result);
  if (unrun) notes.push(notRunError(returned, away.exportId).message);
  notes.push(...unfinishedNotes(tally));
  return { ...result, notes };
}

/** Makes the changes. If this is interrupted, a repeated import makes the rest. */
async function merge(
  queue: JobQueue,
  merger: Merger | undefined,
  changes: Iterable<JobChange>,
  { find, away }: {
    readonly find: FindJob;
    readonly away: ExportAway | undefined;
  },
): Promise<void> {
  // Another way to merge may not ask which export a job is away with. Nobody may
  // unlock these jobs and export them again before their results are here.
  using _lock = merger && away && lockExport(away.exportId, away.exportDir);
  // The manifest does not say which jobs are home. Each job says that itself,
  // written in the same transaction as its results, so that no crash can part
  // the two.
  if (away) {
    updateManifest(away.exportDir, away.exportId, { state: "importing" });
  }
  const left = await merger?.merge(changes, find);
  await queue.change(left ?? changes);
  await queue.sync();
}

function* inTurn<T>(...parts: Iterable<T>[]): Iterable<T> {
  for (const part of parts) yield* part;
}

/**
 * The manifest that came back with the log. It has travelled: it may name the
 * export, and it decides nothing.
 */
function manifestBeside(returned: ReturnedLog): Manifest | undefined {
  return readManifest(returned.directory);
}
