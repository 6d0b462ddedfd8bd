import { createHash } from "node:crypto";
import type { Scope } from "../../classad/mod.ts";
import { stringOf } from "../job/attribute_values.ts";
import { notSelectedAnyMore, reasonToStay } from "../job/eligibility.ts";
import { join } from "@std/path";
import { DurableFile } from "../../queue_log/mod.ts";
import { LumberjackError, OutputDirectoryError } from "../error.ts";
import {
  type ExportDirectory,
  prepareExportDirectories,
} from "../export_dir/directory.ts";
import { writeExportLog } from "../export_dir/log.ts";
import { type ExportPlan, type OwnerPlan, planExport } from "./plan.ts";
import type { JobId } from "../job/id.ts";
import type { JobQueue } from "../queue/job_queue.ts";
import { lockOf } from "../job/lock.ts";
import { jobsOfExport } from "../queue/locked_jobs.ts";
import {
  type Manifest,
  manifestName,
  newExportId,
  queueLogName,
  readManifest,
  updateManifest,
  writeManifest,
} from "../export_dir/manifest.ts";
import type { SkippedJob } from "../job/skipped_job.ts";
import type { Selection } from "../job/selection.ts";
import { version } from "../version.ts";

/** What to export, and to where. */
export interface ExportRequest {
  /** The jobs that the user means. */
  readonly selection: Selection;
  /** The directory for the export; with several owners, of a folder each. */
  readonly out: string;
  /** SPOOL of the schedd that will run the jobs. */
  readonly remoteSpool: string;
  /** Find out and report, change nothing. */
  readonly dryRun?: boolean;
  /** Told what is being done, in a few words. */
  readonly progress?: (text: string) => void;
}

/** One owner's export. */
export interface OwnerExport {
  /** The id of the export, which its jobs carry. */
  readonly exportId: string;
  /** Its folder, absolute. */
  readonly out: string;
  /** The owner of all its jobs. */
  readonly owner: string;
  /** The clusters that have jobs in it. */
  readonly clusters: readonly number[];
  /** How many jobs. */
  readonly jobs: number;
  /** Of job_queue.log, in hexadecimal; null on a dry run. */
  readonly sha256: string | null;
}

/** What an export did. */
export interface ExportResult {
  /** One for each owner. */
  readonly exports: readonly OwnerExport[];
  /** The jobs that matched and stay, with reasons. */
  readonly skipped: readonly SkippedJob[];
  /** How many jobs matched, those left out included. */
  readonly matched: number;
}

/** One owner's export under way. */
interface Departure {
  readonly plan: OwnerPlan;
  readonly directory: ExportDirectory;
  manifest: Manifest;
  /** Jobs of the plan that the queue did not lock. */
  stayed: readonly SkippedJob[];
}

/**
 * Exports jobs: plans, writes a manifest, locks, makes the lock durable, reads
 * back what is locked and writes that (the order of architecture: a job is in
 * an export only while it is locked here). When a step fails, the jobs are
 * unlocked and what was written is taken away.
 */
export async function exportJobs(
  queue: JobQueue,
  request: ExportRequest,
): Promise<ExportResult> {
  requireRemoteSpool(request.remoteSpool);
  const progress = request.progress ?? (() => {});
  progress("looking for jobs");
  const plan = await planExport(queue, request.selection);
  if (plan.owners.length === 0) {
    return { exports: [], skipped: plan.skipped, matched: plan.matched };
  }
  using locks = new DisposableStack();
  const directories = prepareExportDirectories(
    request.out,
    plan.owners.map(({ owner }) => owner),
    { make: request.dryRun !== true, locks },
  );
  const departures = plan.owners.map((owner) =>
    depart(owner, plan, request, directories.get(owner.owner)!)
  );
  if (request.dryRun) return report(plan, departures);
  await requireUnused(queue, departures);
  const undo: (() => Promise<void> | void)[] = [];
  let leaving: readonly Departure[];
  try {
    for (const departure of departures) {
      const { path, owner } = departure.directory;
      undo.push(() => removeIfThere(join(path, manifestName)));
      writeManifest(path, departure.manifest, owner);
    }
    undo.push(() =>
      queue.undoLocks(departures.map((d) => d.manifest.exportId))
    );
    const locked = await lockJobs(queue, departures, request, progress);
    await queue.sync();
    for (const departure of locked) {
      progress(`writing the jobs of ${departure.plan.owner}`);
      const { manifest: { exportId }, directory: { path } } = departure;
      undo.push(() => withdrawLog(path, exportId));
      await writeDeparture(queue, departure);
    }
    leaving = locked.filter(({ manifest }) => manifest.jobs > 0);
  } catch (error) {
    await rollBack(undo, error);
    throw error;
  }
  return report(plan, leaving, departures.flatMap(({ stayed }) => stayed));
}

/**
 * Locks what may go still. Answers with the departures that have a job left; of
 * the others nothing remains.
 */
async function lockJobs(
  queue: JobQueue,
  departures: readonly Departure[],
  { selection }: ExportRequest,
  progress: (text: string) => void,
): Promise<readonly Departure[]> {
  const leaving: Departure[] = [];
  for (const departure of departures) {
    const { manifest, plan, directory } = departure;
    progress(`locking ${plan.jobs.length} jobs of ${plan.owner}`);
    const stayed = await queue.lock({
      exportId: manifest.exportId,
      exportDir: directory.path,
      jobs: plan.jobs,
      reasonToStay: (job, ad) => changedReason(departure, selection, job, ad),
    });
    departure.manifest = {
      ...manifest,
      skipped: [...manifest.skipped, ...stayed],
    };
    departure.stayed = stayed;
    if (stayed.length < plan.jobs.length) leaving.push(departure);
    else removeIfThere(join(directory.path, manifestName));
  }
  return leaving;
}

/**
 * Why a job that was selected stays after all: its ad has changed since, or may
 * have. Undefined when it matches still and may go.
 */
export function changedReason(
  { plan }: { readonly plan: OwnerPlan },
  selection: Selection,
  job: JobId,
  ad: Scope,
): string | undefined {
  const reason = reasonToStay(job, ad);
  if (reason !== undefined) return `changed since the export began: ${reason}`;
  return stringOf(ad, "Owner") === plan.owner && selection.matches(job, ad)
    ? undefined
    : notSelectedAnyMore;
}

async function writeDeparture(
  queue: JobQueue,
  departure: Departure,
): Promise<void> {
  const before = departure.manifest.skipped.length;
  departure.manifest = await writeExport(queue, departure);
  const stayed = departure.manifest.skipped.slice(before);
  departure.stayed = [...departure.stayed, ...stayed];
  if (departure.manifest.jobs > 0) return;
  removeIfThere(join(departure.directory.path, manifestName));
}

/**
 * Writes the log of jobs that are locked, then says so in the manifest, which
 * also gets those that were held or removed since they were locked. No log is
 * written when that are all.
 */
export async function writeExport(
  queue: JobQueue,
  departure: {
    readonly manifest: Manifest;
    readonly directory: Pick<ExportDirectory, "path" | "owner">;
  },
): Promise<Manifest> {
  const { manifest, directory } = departure;
  const path = join(directory.path, queueLogName);
  const ads = await queue.readLocked(manifest.exportId, directory.path);
  const hash = createHash("sha256");
  using file = new DurableFile(path, {
    mode: 0o600,
    owner: directory.owner,
  });
  const sink = {
    writeSync(bytes: Uint8Array): number {
      hash.update(bytes);
      return file.writeSync(bytes);
    },
  };
  const contents = await writeExportLog(sink, ads, {
    exportId: manifest.exportId,
    remoteSpool: manifest.remoteSpool,
    plannedClusters: manifest.clusters,
    now: Math.floor(Date.now() / 1000),
  });
  // All of them held or removed since they were locked: nothing is away.
  const isEmpty = contents.jobs === 0;
  if (!isEmpty) file.commit({ replace: false });
  const written: Manifest = {
    ...manifest,
    clusters: contents.clusters,
    jobs: contents.jobs,
    sha256: isEmpty ? null : hash.digest("hex"),
    state: isEmpty ? "unexported" : "written",
    skipped: [...manifest.skipped, ...ads.stayed],
  };
  writeManifest(directory.path, written, directory.owner);
  return written;
}

function requireRemoteSpool(path: string): void {
  // The path becomes a ClassAd string on one line of the log.
  // deno-lint-ignore no-control-regex -- these are what must not be there
  if (!path.startsWith("/") || /[\x00-\x1f]/.test(path)) {
    throw new LumberjackError("remote spool is not an absolute path", {
      subject: path,
      remedy: "give SPOOL of the schedd that will run the jobs",
    });
  }
}

function depart(
  plan: OwnerPlan,
  whole: ExportPlan,
  request: ExportRequest,
  directory: ExportDirectory,
): Departure {
  const now = new Date();
  const { selection } = request;
  return {
    plan,
    directory,
    stayed: [],
    manifest: {
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
      skipped: whole.owners.length === 1 ? whole.skipped : plan.skipped,
    },
  };
}

function clustersOf(jobs: readonly JobId[]): number[] {
  return [...new Set(jobs.map((job) => job.cluster))];
}

/**
 * A manifest that was left behind may go only when no job relies on it, and only
 * its own schedd can tell.
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

/**
 * Undoes in reverse, up to a step that fails: while jobs may be locked their
 * manifest has to stay, by which they are recovered.
 */
export async function rollBack(
  undo: readonly (() => Promise<void> | void)[],
  cause: unknown,
): Promise<void> {
  const failures: unknown[] = [];
  for (const step of [...undo].reverse()) {
    try {
      await step();
    } catch (error) {
      failures.push(error);
      break;
    }
  }
  if (failures.length > 0) {
    throw new LumberjackError(
      "export failed, and undoing it failed too; jobs may still be locked",
      {
        cause: new AggregateError([cause, ...failures]),
        subject: String(cause instanceof Error ? cause.message : cause),
        remedy: "run lumberjack recover",
      },
    );
  }
}

/**
 * Takes an export's log away, its jobs being locked still. Not before the
 * manifest says so: who is killed in between leaves what `recover` finishes.
 */
export function withdrawLog(directory: string, exportId: string): void {
  const log = join(directory, queueLogName);
  if (readManifest(directory)?.state === "written") {
    updateManifest(directory, exportId, { state: "planned", sha256: null });
  }
  removeIfThere(log);
}

/** Removes a file, if it is there. */
export function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function report(
  plan: ExportPlan,
  departures: readonly Departure[],
  stayed: readonly SkippedJob[] = [],
): ExportResult {
  return {
    exports: departures.map(({ manifest, directory }) => ({
      exportId: manifest.exportId,
      out: directory.path,
      owner: manifest.owner,
      clusters: manifest.clusters,
      jobs: manifest.jobs,
      sha256: manifest.sha256,
    })),
    skipped: [...plan.skipped, ...stayed],
    matched: plan.matched,
  };
}
