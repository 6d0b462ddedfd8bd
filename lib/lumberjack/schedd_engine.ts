/**
 * An export by the schedd's own EXPORT_JOBS, for those who want that: what is
 * dangerous about it is looked for before.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { join } from "@std/path";
import { quote } from "../classad/mod.ts";
import { LumberjackError } from "./error.ts";
import type { ExportRequest, ExportResult } from "./export.ts";
import { prepareExportDirectories } from "./export_directory.ts";
import { type OwnerPlan, planExport } from "./export_plan.ts";
import type { JobId } from "./job_id.ts";
import type { JobQueue } from "./job_queue.ts";
import { exportDirAttribute, exportIdAttribute } from "./lock.ts";
import {
  type Manifest,
  newExportId,
  queueLogName,
  writeManifest,
} from "./manifest.ts";
import { ScheddJobQueue } from "./schedd_job_queue.ts";
import { Selection } from "./selection.ts";
import { version } from "./version.ts";

/**
 * The schedd syncs the disk once a record of the log and serves nobody else
 * meanwhile, some 3 ms a job; it gives up on clients after 20 s.
 */
export const mostJobs = 1000;

/**
 * Exports whole clusters of one owner. Throws {@linkcode LumberjackError}
 * before anything is done when a job of theirs does not match or may not go,
 * with several owners, and with more than {@linkcode mostJobs} jobs.
 *
 * The schedd rewrites Iwd only where it stands in the proc ad: use this with a
 * remote schedd that copes with that.
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
      `job ${skipped.id} may not go (${skipped.reason})`,
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
  const clusters = [...new Set(owner.jobs.map(({ cluster }) => cluster))];
  await requireWholeClusters(queue, clusters, owner.jobs);
  using locks = new DisposableStack();
  const directories = prepareExportDirectories(request.out, owners, {
    make: request.dryRun !== true,
    locks,
  });
  const directory = directories.get(owner.owner)!;
  const manifest = planned(owner, clusters, request);
  if (!request.dryRun) writeManifest(directory.path, manifest, directory.owner);
  const done = request.dryRun
    ? manifest
    : await run(queue, owner.jobs, manifest, directory.path);
  if (!request.dryRun) writeManifest(directory.path, done, directory.owner);
  return {
    exports: [{
      exportId: done.exportId,
      out: directory.path,
      owner: done.owner,
      clusters,
      jobs: done.jobs,
      sha256: done.sha256,
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
      ? `${subject} jobs`
      : subject.join(", "),
    remedy,
  });
}

/** EXPORT_JOBS takes every job of a cluster that is not managed already. */
async function requireWholeClusters(
  queue: JobQueue,
  clusters: readonly number[],
  jobs: readonly JobId[],
): Promise<void> {
  const goes = new Set(jobs.map(({ cluster, proc }) => `${cluster}.${proc}`));
  const all = new Selection({ ids: clusters.map(String) });
  for await (const { cluster, proc } of queue.select(all, ["ProcId"])) {
    if (goes.has(`${cluster}.${proc}`)) continue;
    throw cannot(
      `a part of a cluster: job ${cluster}.${proc} does not match`,
      goes.size,
      "name whole clusters with --ids, or leave out --engine",
    );
  }
}

function planned(
  owner: OwnerPlan,
  clusters: readonly number[],
  { selection, remoteSpool }: ExportRequest,
): Manifest {
  const now = new Date();
  return {
    exportId: newExportId(now),
    createdAt: now.toISOString(),
    lumberjackVersion: version,
    schedd: owner.schedd,
    owner: owner.owner,
    constraint: selection.constraint ?? null,
    ...(selection.ids.length > 0 ? { ids: selection.ids } : {}),
    remoteSpool,
    clusters,
    jobs: owner.jobs.length,
    sha256: null,
    state: "planned",
    skipped: [],
  };
}

async function run(
  queue: ScheddJobQueue,
  jobs: readonly JobId[],
  manifest: Manifest,
  path: string,
): Promise<Manifest> {
  const result = await queue.schedd.exportJobs({
    clusters: manifest.clusters,
    exportDir: path,
    newSpoolDir: manifest.remoteSpool,
  });
  // Its lock does not say which export it is: ours does.
  const set = [
    { name: exportIdAttribute, value: quote(manifest.exportId) },
    { name: exportDirAttribute, value: quote(path) },
  ];
  await queue.change(
    jobs.map((job) => ({ ...job, exportId: undefined, set, remove: [] })),
  );
  const log = Deno.readFileSync(join(path, queueLogName));
  return {
    ...manifest,
    jobs: result.jobs,
    sha256: createHash("sha256").update(log).digest("hex"),
    state: "written",
  };
}
