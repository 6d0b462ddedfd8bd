/**
 * Unlocks jobs that were removed here while they are away, before their export
 * comes back.
 *
 * @module
 */
import { lockExport } from "../export_dir/folder_lock.ts";
import { readManifest } from "../export_dir/manifest.ts";
import { hasUserLog } from "../files/events/append_events.ts";
import type { UserLogConfig } from "../files/events/home_logs.ts";
import { actAsOwner } from "../files/return/owners_access.ts";
import { RemoteLogs } from "../files/return/remote_logs.ts";
import { integerOf, stringOf } from "../job/attribute_values.ts";
import { JobStatus } from "../job/eligibility.ts";
import { compareJobIds, formatJobId, type JobId } from "../job/id.ts";
import { lockOf } from "../job/lock.ts";
import type { LocalJob, QueuedJob } from "../job/stored_ad.ts";
import type { JobQueue } from "../queue/job_queue.ts";
import { jobsOfExport } from "../queue/locked_jobs.ts";
import { nameFolder } from "./absent.ts";
import { type ExportAway, localJobs } from "./away.ts";
import { EventsHome } from "./events_home.ts";
import { homecoming } from "./homecoming.ts";

/**
 * Unlocks the jobs of an export that are removed (state X), so that they leave the
 * queue. If the schedd does not write the end of such a job into its user log, it
 * is written first; a job whose log cannot be written stays locked. Throws
 * {@linkcode LumberjackError} if another Lumberjack is working on the export.
 *
 * @returns The jobs that are unlocked now.
 */
export async function unlockRemoved(
  queue: JobQueue,
  away: ExportAway,
  userLogs?: UserLogConfig,
): Promise<readonly JobId[]> {
  using _lock = lockExport(away.exportId, away.exportDir);
  const locked: QueuedJob[] = [];
  for await (const job of jobsOfExport(queue, away.exportId)) {
    if (lockOf(job.ad)?.exportId === away.exportId) locked.push(job);
  }
  const removed = locked.filter(isInStateX).sort(compareJobIds);
  if (removed.length === 0) return [];
  const find = await queue.find(removed);
  const problems = await writeEnds(
    [...localJobs(removed, find)],
    away,
    queue.release === "23.9" ? userLogs : undefined,
  );
  const mayGo = (job: QueuedJob) => !problems.has(formatJobId(job));
  const free = removed.filter(mayGo);
  const staying = locked.filter((job) => !isInStateX(job) || !mayGo(job));
  await queue.change([
    ...nameFolder(staying, away),
    ...free.map((job) => homecoming(job, away.exportId)),
  ]);
  await queue.sync();
  return free.map(({ cluster, proc }) => ({ cluster, proc }));
}

/** A job that is held and will be removed when it is released is not in state X. */
function isInStateX({ ad }: QueuedJob): boolean {
  return integerOf(ad, "JobStatus") === JobStatus.removed;
}

/** Writes the ends of removed jobs. Returns why it failed, by job ID. */
async function writeEnds(
  jobs: readonly LocalJob[],
  away: ExportAway,
  config: UserLogConfig | undefined,
): Promise<ReadonlyMap<string, string>> {
  const [first] = jobs.filter(({ ad }) => hasUserLog(ad));
  if (config === undefined || first === undefined) return new Map();
  // A user who cannot act as the owner unlocks the job without the event. An
  // import does the same.
  const found = actAsOwner(stringOf(first.ad, "Owner") ?? "");
  if ("problem" in found) return new Map();
  await using owner = found.owner;
  const files = readManifest(away.exportDir)?.files;
  using events = new EventsHome({
    ...{ ...away, owner, config },
    logs: new RemoteLogs(away.exportDir),
    mayBeThere: files?.rewritten.includes("UserLog") !== true,
    removedToo: true,
  });
  return await events.appendEndsOfRemoved(jobs);
}
