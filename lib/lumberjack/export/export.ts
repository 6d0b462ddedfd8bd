import type { Scope } from "../../classad/mod.ts";
import { stringOf } from "../job/attribute_values.ts";
import { notSelectedAnyMore, reasonToStay } from "../job/eligibility.ts";
import { join } from "@std/path";
import { LumberjackError } from "../error.ts";
import {
  type ExportDirectory,
  prepareExportDirectories,
  readingProblem,
} from "../export_dir/directory.ts";
import {
  type Manifest,
  manifestName,
  writeManifest,
} from "../export_dir/manifest.ts";
import type { JobId } from "../job/id.ts";
import type { SkippedJob } from "../job/skipped_job.ts";
import type { Selection } from "../job/selection.ts";
import type { JobQueue } from "../queue/job_queue.ts";
import { type Departure, plannedManifest, requireUnused } from "./departure.ts";
import { type ExportPlan, type OwnerPlan, planExport } from "./plan.ts";
import type { Staging } from "./staging.ts";
import { removeIfThere, rollBack, type UndoStep, withdrawLog } from "./undo.ts";
import { leavingExport, writeExport } from "./write_export.ts";

/** What to export, and to where. */
export interface ExportRequest {
  /** The jobs that the user means. */
  readonly selection: Selection;
  /**
   * The directory for the export. If the jobs have several owners, each owner
   * gets a folder in it.
   */
  readonly out: string;
  /** SPOOL of the schedd that will run the jobs. */
  readonly remoteSpool: string;
  /** Places the jobs' files; without it only ads leave. */
  readonly staging?: Staging;
  /** Looks at each job that may go, in an export without staging. */
  readonly look?: Pick<Staging, "attributes" | "reasonToStay">;
  /** The site that the jobs go to; it is written into the jobs. */
  readonly site?: string;
  /** Only report what would happen; change nothing. */
  readonly dryRun?: boolean;
  /** Called with a short progress message. */
  readonly progress?: (text: string) => void;
}

/** One owner's export. */
export interface OwnerExport {
  /** The id of the export, which its jobs carry. */
  readonly exportId: string;
  /** The export's folder, absolute. */
  readonly out: string;
  /** The owner of all its jobs. */
  readonly owner: string;
  /** The clusters that have jobs in the export. */
  readonly clusters: readonly number[];
  /** The number of jobs. */
  readonly jobs: number;
  /** The SHA-256 of job_queue.log, in hexadecimal; null on a dry run. */
  readonly sha256: string | null;
  /** The number of plain files that travel with the jobs, if files do. */
  readonly files?: number;
  /** The size of these files, in bytes. */
  readonly bytes?: number;
  /** The bundle that holds the export, absolute, if one does. */
  readonly bundle?: string;
  /** Why the jobs' owner cannot read the folder, and what to do about it. */
  readonly warning?: string;
}

/** What an export did. */
export interface ExportResult {
  /** One export for each owner. */
  readonly exports: readonly OwnerExport[];
  /** The jobs that matched and stay, each with its reason. */
  readonly skipped: readonly SkippedJob[];
  /** The number of jobs that matched, including those that stay. */
  readonly matched: number;
}

/**
 * Exports jobs: plans, writes a
 * manifest, locks the jobs, makes the locks durable, reads the locked jobs back
 * and writes them. So a job is in an export only while it is locked here. When
 * a step fails, the jobs are unlocked and the files are removed.
 *
 * Throws {@linkcode LumberjackError} if the folder cannot take the export, and
 * what the queue throws if the queue cannot be read or changed.
 *
 * @example
 * ```ts
 * import { exportJobs, FileJobQueue, Selection } from "../../../mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = Deno.makeTempDirSync();
 * const queue = FileJobQueue.open(
 *   "tests/data/htcondor-23.9.6/round-trip/local.log",
 *   { queueOut: `${folder}/job_queue.log` },
 * );
 * Deno.mkdirSync(`${folder}/out`);
 * const { exports, skipped } = await exportJobs(queue, {
 *   selection: new Selection({ constraint: 'Owner == "bob"' }),
 *   out: `${folder}/out`,
 *   remoteSpool: "/hpc/spool",
 * });
 * await queue.close();
 * assertEquals(exports.map(({ owner }) => owner), ["bob"]);
 * assertEquals(skipped, []);
 * ```
 */
export async function exportJobs(
  queue: JobQueue,
  request: ExportRequest,
): Promise<ExportResult> {
  requireRemoteSpool(request.remoteSpool);
  const progress = request.progress ?? (() => {});
  progress("looking for jobs");
  const looking = request.staging ?? request.look;
  const plan = await planExport(queue, request.selection, looking);
  if (plan.owners.length === 0) {
    return { exports: [], skipped: plan.skipped, matched: plan.matched };
  }
  using locks = new DisposableStack();
  const departures = departuresOf(plan, request, locks);
  if (request.dryRun) return report(plan, departures);
  await requireUnused(queue, departures);
  const undo: UndoStep[] = [];
  let leaving: readonly Departure[];
  try {
    for (const { directory: { path, owner }, manifest } of departures) {
      undo.push(() => removeIfThere(join(path, manifestName)));
      writeManifest(path, manifest, owner);
    }
    undo.push(() =>
      queue.undoLocks(departures.map((d) => d.manifest.exportId))
    );
    const locked = await lockJobs(queue, departures, request, progress);
    await queue.sync();
    for (const departure of locked) {
      progress(`writing the jobs of ${departure.plan.owner}`);
      await write(queue, departure, request, undo);
    }
    leaving = locked.filter(({ manifest }) => manifest.jobs > 0);
  } catch (error) {
    await rollBack(undo, error);
    throw error;
  }
  return report(plan, leaving, departures.flatMap(({ stayed }) => stayed));
}

/** Each owner's export, with its folder. Nothing is written yet. */
function departuresOf(
  plan: ExportPlan,
  request: ExportRequest,
  locks: DisposableStack,
): Departure[] {
  const directories = prepareExportDirectories(
    request.out,
    plan.owners.map(({ owner }) => owner),
    { make: request.dryRun !== true, locks },
  );
  return plan.owners.map((owner) => {
    const skipped = plan.owners.length === 1 ? plan.skipped : owner.skipped;
    return {
      plan: owner,
      directory: directories.get(owner.owner)!,
      manifest: plannedManifest(owner, request, skipped),
      stayed: [],
    };
  });
}

/**
 * Locks the jobs that may still go. Returns the departures that have a job
 * left. The manifests of the other departures are removed.
 */
async function lockJobs(
  queue: JobQueue,
  departures: readonly Departure[],
  request: ExportRequest,
  progress: (text: string) => void,
): Promise<readonly Departure[]> {
  const leaving: Departure[] = [];
  for (const departure of departures) {
    const { manifest, plan, directory } = departure;
    progress(`locking ${plan.jobs.length} jobs of ${plan.owner}`);
    const stayed = await queue.lock({
      exportId: manifest.exportId,
      exportDir: directory.path,
      site: request.site,
      jobs: plan.jobs,
      reasonToStay: (job, ad) => changedReason(departure, request, job, ad),
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
 * Returns why a selected job stays although it was to go: its ad has changed
 * since, or may have changed. Undefined if the job still matches and may go.
 */
export function changedReason(
  { plan }: { readonly plan: OwnerPlan },
  { selection, staging }: Pick<ExportRequest, "selection" | "staging">,
  job: JobId,
  ad: Scope,
): string | undefined {
  const reason = reasonToStay(job, ad, staging);
  if (reason !== undefined) return `changed since the export began: ${reason}`;
  return stringOf(ad, "Owner") === plan.owner && selection.matches(job, ad)
    ? undefined
    : notSelectedAnyMore;
}

/** Writes one owner's export. Its undo steps are there before it begins. */
async function write(
  queue: JobQueue,
  departure: Departure,
  { staging }: ExportRequest,
  undo: UndoStep[],
): Promise<void> {
  const { manifest, directory } = departure;
  if (staging) undo.push(() => staging.abandon(leavingExport(departure)));
  undo.push(() => withdrawLog(directory.path, manifest.exportId));
  departure.manifest = await writeExport(queue, {
    manifest,
    directory,
    staging,
  });
  const stayed = departure.manifest.skipped.slice(manifest.skipped.length);
  departure.stayed = [...departure.stayed, ...stayed];
  if (departure.manifest.jobs > 0) return;
  removeIfThere(join(directory.path, manifestName));
}

/** Throws {@linkcode LumberjackError} if a path cannot be a remote spool. */
export function requireRemoteSpool(path: string): void {
  // The path becomes a ClassAd string on one line of the log.
  // deno-lint-ignore no-control-regex -- these are what must not be there
  if (!path.startsWith("/") || /[\x00-\x1f]/.test(path)) {
    throw new LumberjackError("remote spool is not an absolute path", {
      subject: path,
      remedy: "give SPOOL of the schedd that will run the jobs",
    });
  }
}

function report(
  plan: ExportPlan,
  departures: readonly Departure[],
  stayed: readonly SkippedJob[] = [],
): ExportResult {
  return {
    ...reportOf(departures, [], [...plan.skipped, ...stayed]),
    matched: plan.matched,
  };
}

/** Returns what exports did with the jobs that matched. */
export function reportOf(
  exports: readonly {
    readonly manifest: Manifest;
    readonly directory: Pick<ExportDirectory, "path">;
  }[],
  matched: readonly JobId[],
  skipped: readonly SkippedJob[] = [],
): ExportResult {
  return {
    exports: exports.map(({ manifest, directory }) => ({
      exportId: manifest.exportId,
      out: directory.path,
      owner: manifest.owner,
      clusters: manifest.clusters,
      jobs: manifest.jobs,
      sha256: manifest.sha256,
      ...filesOf(manifest),
      ...warningOf(manifest.owner, directory.path),
    })),
    skipped,
    matched: matched.length,
  };
}

/** The part of a report that says what travels with the jobs. */
function filesOf(
  { files, state }: Manifest,
): Pick<OwnerExport, "files" | "bytes" | "bundle"> {
  if (files === undefined) return {};
  // On a dry run nobody has counted them.
  if (state === "planned") return { bundle: files.bundle };
  const { count, bytes, bundle } = files;
  return { files: count, bytes, ...(bundle === undefined ? {} : { bundle }) };
}

/** The part of a report that says who cannot read the export. */
export function warningOf(
  owner: string,
  path: string,
): Pick<OwnerExport, "warning"> {
  const warning = readingProblem(owner, path);
  return warning === undefined ? {} : { warning };
}
