/**
 * An export by the schedd's own command, EXPORT_JOBS. Its known dangers are
 * checked before it is sent.
 *
 * @module
 */
import { join } from "@std/path";
import { QueueTable } from "../../queue_log/mod.ts";
import { stringOf } from "../job/attribute_values.ts";
import {
  eligibilityAttributes,
  hasFactory,
  reasonToStay,
} from "../job/eligibility.ts";
import { LumberjackError } from "../error.ts";
import { clustersOf, plannedManifest, requireUnused } from "./departure.ts";
import {
  changedReason,
  type ExportRequest,
  type ExportResult,
  warningOf,
} from "./export.ts";
import {
  type ExportDirectory,
  prepareExportDirectories,
} from "../export_dir/directory.ts";
import { type OwnerPlan, planExport } from "./plan.ts";
import { formatJobId, type JobId } from "../job/id.ts";
import type { JobQueue } from "../queue/job_queue.ts";
import { exportIdAttribute } from "../job/lock.ts";
import type { LockedJob } from "../queue/locked_jobs.ts";
import {
  type Manifest,
  manifestName,
  queueLogName,
  sumOfLog,
  writeManifest,
} from "../export_dir/manifest.ts";
import type { SkippedJob } from "../job/skipped_job.ts";
import { ScheddJobQueue } from "../queue/schedd/job_queue.ts";
import { Selection } from "../job/selection.ts";
import { removeIfThere, rollBack, withdrawLog } from "./undo.ts";
import { unlockChanges } from "./unexport.ts";

/**
 * The most jobs that this engine takes. For every record of the log the schedd
 * waits for the disk, about 3 ms a job, and serves nobody else in that time. A
 * client gives up after 20 s.
 */
export const mostJobs = 1000;

/**
 * Exports whole clusters of one owner. Throws {@linkcode LumberjackError} before
 * anything is changed if a job of these clusters does not match or may not go,
 * if there are several owners, or if there are more than {@linkcode mostJobs}
 * jobs.
 *
 * The schedd rewrites Iwd only if it stands in the proc ad. The remote schedd
 * has to cope with that.
 */
export async function exportBySchedd(
  queue: JobQueue,
  request: ExportRequest,
): Promise<ExportResult> {
  if (!(queue instanceof ScheddJobQueue)) {
    throw new LumberjackError("the schedd's own export needs a schedd", {
      subject: queue.name,
    });
  }
  const plan = await planExport(queue, request.selection);
  if (plan.matched === 0) return { exports: [], skipped: [], matched: 0 };
  const [skipped] = plan.skipped;
  if (skipped) {
    throw cannot(
      `job ${skipped.id} (${skipped.reason})`,
      plan.skipped.length,
      "leave it out of the constraint",
    );
  }
  const owners = plan.owners.map(({ owner }) => owner);
  if (owners.length > 1) {
    throw cannot("jobs of several owners", owners, "choose one with --owner");
  }
  const owner = plan.owners[0];
  if (owner.jobs.length > mostJobs) {
    throw cannot(
      `more than ${mostJobs} jobs, which would block the schedd`,
      owner.jobs.length,
      "leave out --engine: direct has no limit",
    );
  }
  const clusters = clustersOf(owner.jobs);
  await requireWholeClusters(queue, clusters, owner.jobs, request);
  using locks = new DisposableStack();
  const directories = prepareExportDirectories(request.out, owners, {
    make: request.dryRun !== true,
    locks,
  });
  const directory = directories.get(owner.owner)!;
  const manifest = plannedManifest(owner, request, []);
  if (!request.dryRun) await requireUnused(queue, [{ directory, manifest }]);
  const done = request.dryRun
    ? manifest
    : await run(queue, { plan: owner, manifest, directory }, request);
  return {
    exports: [{
      exportId: done.exportId,
      out: directory.path,
      owner: done.owner,
      clusters,
      jobs: done.jobs,
      sha256: done.sha256,
      ...warningOf(done.owner, directory.path),
    }],
    skipped: [],
    matched: plan.matched,
  };
}

function cannot(
  why: string,
  subject: number | readonly string[],
  remedy: string,
): LumberjackError {
  return new LumberjackError(`the schedd's own export cannot take ${why}`, {
    subject: typeof subject === "number"
      ? `${subject} ${subject === 1 ? "job" : "jobs"}`
      : subject.join(", "),
    remedy,
  });
}

/** Checks that EXPORT_JOBS, which takes whole clusters, takes no other job. */
async function requireWholeClusters(
  queue: JobQueue,
  clusters: readonly number[],
  jobs: readonly JobId[],
  { selection }: ExportRequest,
): Promise<void> {
  const goes = new Set(jobs.map(({ cluster, proc }) => `${cluster}.${proc}`));
  const all = new Selection({ ids: clusters.map(String) });
  // The jobs are checked once more, just before the schedd exports them.
  const deciding = [...eligibilityAttributes, ...selection.attributes];
  for await (const { cluster, proc, ad } of queue.select(all, deciding)) {
    if (hasFactory(ad)) {
      throw cannot(
        `cluster ${cluster}: its late-materialization factory would leave too`,
        goes.size,
        "leave out --engine",
      );
    }
    if (goes.has(`${cluster}.${proc}`)) continue;
    throw cannot(
      `a part of a cluster: job ${cluster}.${proc} does not match`,
      goes.size,
      "name whole clusters with --ids, or leave out --engine",
    );
  }
}

/** What will be exported, and where it goes. */
interface Leaving {
  readonly plan: OwnerPlan;
  readonly manifest: Manifest;
  readonly directory: ExportDirectory;
}

/**
 * Lets the schedd export the jobs. The schedd's lock does not name the export.
 * So the id is written into the jobs first: it travels with them, and `recover`
 * finds them if this breaks off. Other clients may change the jobs in between,
 * so the schedd's log is checked before anybody gets it. If a step fails, the
 * steps before it are undone.
 */
async function run(
  queue: ScheddJobQueue,
  leaving: Leaving,
  { selection }: ExportRequest,
): Promise<Manifest> {
  const { plan, manifest, directory: { path, owner } } = leaving;
  const { exportId } = manifest;
  const removeLog = () => withdrawLog(path, exportId);
  const undo = [
    () => removeIfThere(join(path, manifestName)),
    // The schedd may have gone on writing the log until it answered us.
    removeLog,
    () => queue.undoLocks([exportId]),
    removeLog,
  ];
  try {
    writeManifest(path, manifest, owner);
    const [stayed] = await queue.prepare({
      exportId,
      exportDir: path,
      jobs: plan.jobs,
      reasonToStay: (job, ad) =>
        changedReason({ plan }, { selection }, job, ad),
    });
    if (stayed) throw changed(stayed);
    await queue.schedd.exportJobs({
      clusters: manifest.clusters,
      exportDir: path,
      newSpoolDir: manifest.remoteSpool,
    });
    const log = join(path, queueLogName);
    await requireExported(queue, log, plan.jobs);
    await queue.markWritten(exportId);
    const written: Manifest = {
      ...manifest,
      ...sumOfLog(log),
      state: "written",
    };
    writeManifest(path, written, owner);
    return written;
  } catch (error) {
    await rollBack(undo, error);
    throw error;
  }
}

function changed({ id, reason }: SkippedJob): LumberjackError {
  return cannot(
    `job ${id} any more (${reason})`,
    1,
    "nothing was exported: try again",
  );
}

/**
 * Checks the jobs in the schedd's log, which are as they were when the schedd
 * locked them. Throws if one of them was running, if another export has one, or
 * if there is a job that was not asked for.
 */
async function requireExported(
  queue: ScheddJobQueue,
  log: string,
  jobs: readonly JobId[],
): Promise<void> {
  using table = QueueTable.open(log);
  const wanted = new Set(jobs.map(formatJobId));
  const strangers: LockedJob[] = [];
  let problem: SkippedJob | undefined;
  for (const ad of table.procs()) {
    const { cluster, proc } = ad;
    const id = formatJobId(ad);
    if (!wanted.delete(id)) {
      const exportId = stringOf(ad, exportIdAttribute);
      strangers.push({ cluster, proc, exportId });
      problem ??= { id, reason: "new in its cluster" };
    }
    const reason = reasonToStay(ad, ad);
    if (reason !== undefined) problem ??= { id, reason };
  }
  for (const id of wanted) {
    problem ??= { id, reason: "another export has it, or it was removed" };
  }
  if (strangers.length > 0) await queue.change(unlockChanges(strangers, []));
  if (problem) throw changed(problem);
}
