/**
 * One pass over all sites: what came back is imported, and what matches is
 * exported and sent. A pass can be killed at any instruction; the next one takes
 * up its work, because every step can be repeated and is noted only when it is
 * done.
 *
 * @module
 */
import { recover, type Recovery } from "../export/recover.ts";
import { FolderLock } from "../export_dir/folder_lock.ts";
import type { Manifest } from "../export_dir/manifest.ts";
import { FileStaging } from "../files/stage/file_staging.ts";
import { optionsOf } from "../files/stage/stage_options.ts";
import type { UserLogConfig } from "../files/events/home_logs.ts";
import { integerOf } from "../job/attribute_values.ts";
import { JobStatus } from "../job/eligibility.ts";
import type { JobId } from "../job/id.ts";
import { lockOf } from "../job/lock.ts";
import type { JobQueue } from "../queue/job_queue.ts";
import { lockedJobs } from "../queue/locked_jobs.ts";
import type { HistoryEvent } from "./journal/history.ts";
import type { Sites } from "./read_sites.ts";
import { SiteFolder } from "./site_folder.ts";
import { jobsOfSites } from "./site_jobs.ts";
import { SitePass } from "./site_pass.ts";
import type { LockedOfExport, SiteReport } from "./site_report.ts";

/** What a pass works with. */
export interface PassRequest {
  /** The sites as they are configured. */
  readonly sites: Sites;
  /** LUMBERJACK_DIR, absolute. */
  readonly folder: string;
  /** Returns the time; for tests. */
  readonly now?: () => Date;
  /** How HTCondor writes user logs; undefined for its defaults. */
  readonly userLogs?: UserLogConfig;
  /** Called with each thing that was done. */
  readonly note?: (event: HistoryEvent) => void;
  /** Called with a short progress message. */
  readonly progress?: (text: string) => void;
}

/** What a pass did. */
export interface PassReport {
  /** Whether another pass is under way, so that this one did nothing. */
  readonly isBusy: boolean;
  /** What recover found first. */
  readonly recovered: readonly Recovery[];
  /** One for each site that is in force. */
  readonly sites: readonly SiteReport[];
}

/**
 * Runs one pass. A site that fails is noted with its problem and tried again
 * later, with a growing delay; it does not hold up the other sites. Throws what
 * the queue throws if it cannot be read.
 */
export async function runPass(
  queue: JobQueue,
  request: PassRequest,
): Promise<PassReport> {
  using lock = FolderLock.take(request.folder);
  if (lock === undefined) return { isBusy: true, recovered: [], sites: [] };
  const { now = () => new Date(), progress = () => {} } = request;
  progress("recovering");
  const recovered = await recover(queue, { staging: stagingOf });
  const locked = await lockedByExport(queue);
  const lockedOf = (exportId: string) => locked.get(exportId) ?? nothingLocked;
  const { userLogs, note = () => {} } = request;
  const passes = request.sites.sites.map((site) =>
    new SitePass({
      ...{ site, queue, lockedOf, now, progress, userLogs, note },
      folder: SiteFolder.open(request.folder, site.name),
    })
  );
  for (const pass of passes) await pass.freeRemoved();
  for (const pass of passes) await pass.bringHome();
  await exportAll(queue, passes);
  for (const pass of passes) await pass.send();
  const sites: SiteReport[] = [];
  for (const pass of passes) sites.push(await pass.finish());
  return { isBusy: false, recovered, sites };
}

const nothingLocked: LockedOfExport = { jobs: 0, removed: [] };

/** Counts the jobs that are away, by export. */
async function lockedByExport(
  queue: JobQueue,
): Promise<Map<string, LockedOfExport>> {
  const counts = new Map<string, { jobs: number; removed: JobId[] }>();
  for await (const { cluster, proc, ad } of lockedJobs(queue)) {
    const exportId = lockOf(ad)?.exportId;
    if (exportId === undefined) continue;
    const count = counts.get(exportId) ?? { jobs: 0, removed: [] };
    counts.set(exportId, count);
    count.jobs++;
    if (integerOf(ad, "JobStatus") === JobStatus.removed) {
      count.removed.push({ cluster, proc });
    }
  }
  return counts;
}

/** Exports what matches. One walk through the queue serves all sites. */
async function exportAll(
  queue: JobQueue,
  passes: readonly SitePass[],
): Promise<void> {
  const open = passes.filter((pass) => pass.mayExport);
  if (open.length === 0) return;
  const jobs = await jobsOfSites(queue, open.map(({ site }) => site));
  for (const [at, pass] of open.entries()) await pass.export(jobs[at]);
}

/** Files of an export that was interrupted are placed as the manifest says. */
function stagingOf({ files }: Manifest): FileStaging | undefined {
  return files && new FileStaging(optionsOf(files));
}
