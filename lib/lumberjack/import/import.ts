import { accessSync, constants } from "node:fs";
import { LumberjackError } from "../error.ts";
import { lockExport } from "../export_dir/folder_lock.ts";
import {
  type Manifest,
  readManifest,
  updateManifest,
} from "../export_dir/manifest.ts";
import type { ManifestFiles } from "../export_dir/manifest_files.ts";
import { isAsExported, notRunError } from "../export_dir/unrun_log.ts";
import type { UserLogConfig } from "../files/events/home_logs.ts";
import { openReturned, type Returned } from "../files/return/open_returned.ts";
import { hasUserLog } from "../files/events/append_events.ts";
import { actAsOwner } from "../files/return/owners_access.ts";
import { stringOf } from "../job/attribute_values.ts";
import type { JobChange } from "../job/change.ts";
import { formatJobId, type JobId } from "../job/id.ts";
import type { QueuedJob } from "../job/stored_ad.ts";
import type { JobQueue } from "../queue/job_queue.ts";
import { absentJobs, freeRemoved, nameFolder } from "./absent.ts";
import {
  type ExportAway,
  exportAway,
  type FindJob,
  isForeign,
  localJobs,
} from "./away.ts";
import { HomeBringer, type OutputsHome } from "./bring_home.ts";
import { decideAll, Decider } from "./decide.ts";
import { EventsHome } from "./events_home.ts";
import type { FilesRequest } from "./files_request.ts";
import { isRemoved } from "./homecoming.ts";
import type { Merger } from "./merger.ts";
import { importNotes, recordImport } from "./record.ts";
import { type ImportResult, Tally } from "./result.ts";
import { MergePolicy } from "./result_attributes.ts";

/** What to import. */
export interface ImportRequest {
  /** The returned folder, the job_queue.log in it, or a bundle. */
  readonly in: string;
  /** What counts as a result; HTCondor's own attributes when left out. */
  readonly policy?: MergePolicy;
  /** Find out and report what would happen, and change nothing. */
  readonly dryRun?: boolean;
  /** Called with a short progress message. */
  readonly progress?: (text: string) => void;
  /** Merges what it can before queue management does the rest. */
  readonly merger?: Merger;
  /** How outputs come home; when left out, they stay in what came back. */
  readonly files?: FilesRequest;
  /** How HTCondor writes user logs here; its defaults when left out. */
  readonly userLogs?: UserLogConfig;
  /** Take the jobs that have ended, and leave the other ones locked. */
  readonly partial?: boolean;
  /**
   * Merge a log that no schedd has run, with a note. Without this such a log is
   * an error while its jobs are away.
   */
  readonly evenUnrun?: boolean;
}

/**
 * Brings results home: checks all that came back, decides for each of its jobs
 * what may merge, brings outputs to their places, and changes the queue. A
 * repeated import finds the jobs at home and changes nothing.
 *
 * Throws {@linkcode ReturnedLogError} or {@linkcode TreeError}, before anything is
 * changed, if what came back is damaged or is what was exported.
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
  using returned = await openReturned(request.in, request.progress);
  return await new Import(queue, request, returned).run();
}

/** One import. */
class Import {
  readonly #queue: JobQueue;
  readonly #request: ImportRequest;
  readonly #returned: Returned;
  readonly #tally = new Tally();
  readonly #ids: Iterable<JobId>;
  readonly #notes: string[] = [];

  constructor(queue: JobQueue, request: ImportRequest, returned: Returned) {
    this.#queue = queue;
    this.#request = request;
    this.#returned = returned;
    // Not a list: for a large queue that would be many objects.
    const { table } = returned.log;
    this.#ids = { [Symbol.iterator]: () => table.procs()[Symbol.iterator]() };
  }

  async run(): Promise<ImportResult> {
    const { log, manifest: beside, folder } = this.#returned;
    const { dryRun, evenUnrun, merger, progress } = this.#request;
    const find = await this.#queue.find(this.#ids);
    await merger?.check(localJobs(this.#ids, find));
    progress?.(`merging ${log.jobs} jobs`);
    const away = exportAway(this.#ids, find);
    const folders = [away?.exportDir, folder].filter((f) => f !== undefined);
    const unrun = away && isAsExported(log, away.exportId, folders);
    if (unrun && !evenUnrun) throw notRunError(log, away.exportId);
    const exportId = log.exportId ?? away?.exportId ?? beside?.exportId;
    const home = homeManifest(away) ?? beside;
    const policy = (this.#request.policy ?? new MergePolicy())
      .passingOver(changedNames(home));
    const partial = this.#request.partial ?? beside?.final === false;
    const { table } = log;
    const decider = new Decider({ policy, partial, table }, this.#tally);
    const absent = await absentJobs(this.#queue, log, exportId);
    const staying = absent.filter(({ ad }) => !isRemoved(ad));
    // Jobs that are not in this part come with a later one.
    const missing = partial ? [] : staying;
    this.#tally.stillAway += staying.length - missing.length;
    const first = nameFolder(staying, away);
    const removed = partial ? [] : freeRemoved(absent, this.#tally);
    const result = () => {
      const { underWay: _running, unknown: _unknown, ...counts } = this.#tally;
      return {
        exportId: exportId ?? null,
        jobs: log.jobs,
        ...counts,
        foreign: counts.gone === log.jobs && isForeign(this.#queue, log),
        missing: missing.map(formatJobId),
      };
    };
    if (dryRun) this.#lookOnly(find, decider, removed);
    else {
      const files = home?.files;
      const changes = { first, removed, absent: partial ? [] : absent };
      const record = () => void recordImport(away?.exportDir, result());
      await this.#change(changes, { find, decider, away, files, record });
    }
    // If an earlier import was interrupted after its last job, no lock names the
    // export's folder any more.
    const wasInterrupted = beside?.exportId === exportId &&
      beside?.state === "importing";
    const exportDir = away?.exportDir ?? (wasInterrupted ? folder : undefined);
    const ended = result();
    const notes = dryRun ? [] : recordImport(exportDir, ended);
    if (unrun) notes.push(notRunError(log, away.exportId).message);
    notes.push(...importNotes(this.#tally), ...this.#notes);
    return { ...ended, notes };
  }

  #lookOnly(
    find: FindJob,
    decider: Decider,
    removed: Iterable<JobChange>,
  ): void {
    const jobs = this.#returned.log.table.procs();
    for (const _ of decideAll(jobs, find, decider));
    for (const _ of removed);
  }

  /** Makes the changes. If this is interrupted, a repeated import makes the rest. */
  async #change(
    { first, removed, absent }: {
      readonly first: Iterable<JobChange>;
      readonly removed: Iterable<JobChange>;
      readonly absent: readonly QueuedJob[];
    },
    { find, decider, away, files, record }: {
      readonly find: FindJob;
      readonly decider: Decider;
      readonly away: ExportAway | undefined;
      readonly files: ManifestFiles | undefined;
      /**
       * Writes into the manifest how the import ends. After the last job is home,
       * no job names the export's folder any more: if Lumberjack is killed then,
       * nobody finds the manifest again. So this is done before.
       */
      readonly record: () => void;
    },
  ): Promise<void> {
    const { merger, progress = () => {} } = this.#request;
    const { log } = this.#returned;
    // Without a job that is away there is nothing to bring home.
    await using means = away && this.#means(away, find, files);
    // Nobody may unlock these jobs and export them again while files come home,
    // or before a merge that does not ask which export a job is away with.
    using _lock = away && (merger || means)
      ? lockExport(away.exportId, away.exportDir)
      : undefined;
    // The manifest does not say which jobs are home. Each job says that itself,
    // written in the same transaction as its results, so that no crash can part
    // the two.
    if (away) {
      updateManifest(away.exportDir, away.exportId, { state: "importing" });
    }
    if (away && means) {
      if (merger) throw withMerger();
      const { outputs, events } = means;
      await new HomeBringer(this.#queue, {
        ...{ log, ids: this.#ids, find, decider, tally: this.#tally },
        ...{ away, outputs, events, progress, record },
      }).run(first);
      const problems = await this.#endRemoved(absent, events);
      const stay = ({ cluster, proc }: JobChange) =>
        problems.has(formatJobId({ cluster, proc }));
      await this.#queue.change([...removed].filter((job) => !stay(job)));
      this.#notes.push(...events?.notes ?? []);
    } else {
      const jobs = decideAll(log.table.procs(), find, decider);
      const changes = inTurn(first, jobs, removed, lastly(record));
      const left = await merger?.merge(changes, find);
      await this.#queue.change(left ?? changes);
    }
    await this.#queue.sync();
  }

  /**
   * Writes the ends of jobs that were removed here and did not come back. Returns
   * why it failed, by job ID: these jobs stay locked.
   */
  async #endRemoved(
    absent: readonly QueuedJob[],
    events: EventsHome | undefined,
  ): Promise<ReadonlyMap<string, string>> {
    const removed = absent.filter(({ ad }) => isRemoved(ad));
    if (events === undefined || removed.length === 0) return new Map();
    const find = await this.#queue.find(removed);
    const problems = await events.appendEndsOfRemoved([
      ...localJobs(removed, find),
    ]);
    for (const [id, reason] of problems) {
      this.#tally.refused.push({ id, attribute: null, reason });
    }
    return problems;
  }

  /** Whether ends may be missing in user logs that left with their paths. */
  #mayEnd({ exportDir }: ExportAway, find: FindJob): boolean {
    const { userLogs, merger } = this.#request;
    if (userLogs === undefined || merger !== undefined) return false;
    for (const { ad } of localJobs(this.#ids, find)) {
      // The journal is in the export's folder.
      if (hasUserLog(ad)) return mayWrite(exportDir);
    }
    return false;
  }

  /**
   * Returns what brings outputs and events home; undefined if the export moved
   * ads only, or if that is all that the user wants and nobody can do more.
   */
  #means(
    away: ExportAway,
    find: FindJob,
    files: ManifestFiles | undefined,
  ): Means | undefined {
    const { release } = this.#queue;
    const request = this.#request.files && { release, ...this.#request.files };
    const hasOutputs = files?.mode === "stage" && request !== undefined;
    // Without --stage the remote side may write to the user logs itself: then
    // only an end that is missing is written. A queue in a file is nobody's yet.
    const hasOwnLogs = files?.rewritten.includes("UserLog") === true;
    const hasEvents = hasOwnLogs || this.#mayEnd(away, find);
    if (!hasOutputs && !hasEvents) return undefined;
    const [local] = localJobs(this.#ids, find);
    const ownerName = local && stringOf(local.ad, "Owner");
    const found = request?.owner
      ? { owner: request.owner, ids: undefined }
      : actAsOwner(ownerName ?? "");
    if ("problem" in found && !hasOutputs) {
      if (!hasOwnLogs) return undefined;
      this.#notes.push(`no events were written to user logs: ${found.problem}`);
      return undefined;
    }
    const { tree, logs } = this.#returned;
    const prefix = `.lumberjack-${away.exportId}-`;
    const owner = "problem" in found ? found.problem : found.owner;
    const config = this.#request.userLogs;
    const isRoot = "ids" in found && Deno.uid() === 0;
    const ownerIds = isRoot ? found.ids : undefined;
    const events = hasEvents && typeof owner !== "string"
      ? new EventsHome({
        ...{ ...away, owner, logs, config, mayBeThere: !hasOwnLogs },
        removedToo: release === "23.9",
      })
      : undefined;
    return {
      outputs: hasOutputs
        ? { tree, prefix, request, ownerName, ownerIds, owner }
        : undefined,
      events,
      [Symbol.asyncDispose]: async () => {
        events?.[Symbol.dispose]();
        if (typeof owner !== "string") await owner[Symbol.asyncDispose]();
      },
    };
  }
}

function mayWrite(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** What brings outputs and events home. */
interface Means extends AsyncDisposable {
  readonly outputs: OutputsHome | undefined;
  readonly events: EventsHome | undefined;
}

function withMerger(): LumberjackError {
  return new LumberjackError("the schedd's own import moves ads only", {
    subject: "--engine schedd",
    remedy: "leave out --engine, or leave the files with --ads-only",
  });
}

/** The manifest of the export at home; undefined if it cannot be read. */
function homeManifest(away: ExportAway | undefined): Manifest | undefined {
  if (away === undefined) return undefined;
  try {
    return readManifest(away.exportDir);
  } catch {
    return undefined;
  }
}

/** The attributes that the export itself changed in the ads that left. */
function changedNames(manifest: Manifest | undefined): string[] {
  const { files } = manifest ?? {};
  if (files === undefined) return [];
  const { rewritten, set, deleted } = files;
  return [...rewritten, ...set.map(({ name }) => name), ...deleted];
}

function* inTurn<T>(...parts: Iterable<T>[]): Iterable<T> {
  for (const part of parts) yield* part;
}

/** Runs `work` when everything before it was taken. */
// deno-lint-ignore require-yield
function* lastly(work: () => void): Iterable<never> {
  work();
}
