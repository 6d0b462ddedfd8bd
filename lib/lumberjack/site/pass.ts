/**
 * One pass over all sites: what came back is imported, and what matches is
 * exported and sent. A pass can be killed at any instruction; the next one takes
 * up its work, because every step can be repeated and is noted only when it is
 * done.
 *
 * @module
 */
import { recoverLocked, type Recovery } from "../export/recover.ts";
import { FolderLock } from "../export_dir/folder_lock.ts";
import type { Manifest } from "../export_dir/manifest.ts";
import { FileStaging } from "../files/stage/file_staging.ts";
import { optionsOf } from "../files/stage/stage_options.ts";
import type { UserLogConfig } from "../files/events/home_logs.ts";
import { formatJobId } from "../job/id.ts";
import type { JobQueue } from "../queue/job_queue.ts";
import type { HistoryEvent } from "./journal/history.ts";
import type { Sites } from "./read_sites.ts";
import { SiteFolder } from "./site_folder.ts";
import { SitePass } from "./site_pass.ts";
import type { SiteReport } from "./site_report.ts";
import { type Survey, surveyQueue } from "./survey.ts";

/** What a pass works with. */
export interface PassRequest {
  /** The sites as they are configured. */
  readonly sites: Sites;
  /** LUMBERJACK_DIR, absolute. */
  readonly folder: string;
  /** Whether the schedd could not answer the last pass (survey.ts). */
  readonly isCareful?: boolean;
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
  /** What is wrong with the queue; undefined if nothing is. */
  readonly problem?: string;
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
  const { userLogs, note = () => {} } = request;
  const passes = request.sites.sites.map((site) =>
    new SitePass({
      ...{ site, queue, now, progress, userLogs, note },
      folder: SiteFolder.open(request.folder, site.name),
    })
  );
  progress("reading the queue");
  // A site that had no room is looked at again only if jobs come home from it.
  const survey = await surveyQueue(
    queue,
    passes.filter((pass) => pass.mayExport).map(({ site }) => site),
    request,
  );
  const { locked, lockedOf } = survey;
  progress("recovering");
  const recovered = await recoverLocked(queue, locked, {
    staging: stagingOf,
  });
  for (const pass of passes) await pass.freeRemoved(lockedOf);
  for (const pass of passes) await pass.bringHome();
  await exportAll(queue, passes, survey);
  for (const pass of passes) await pass.send();
  const sites: SiteReport[] = [];
  for (const pass of passes) sites.push(await pass.finish());
  const problem = problemIn(survey, request.isCareful === true);
  return { isBusy: false, recovered, sites, ...(problem && { problem }) };
}

/** Returns what is wrong with the queue, as one line. */
function problemIn(
  { isCareful, endless }: Survey,
  wasCareful: boolean,
): string | undefined {
  if (!isCareful) return undefined;
  if (endless === undefined) {
    // What kept the schedd busy has gone. The next pass asks it again.
    if (wasCareful) return undefined;
    return "the schedd did not answer the pass's query: the queue was read " +
      "without it: if this goes on, look into SchedLog, and for processes of " +
      "condor_schedd that stay busy";
  }
  const { site, id, why } = endless;
  const job = formatJobId(id);
  return `the constraint of ${site} hangs the schedd at a job (${why}): ` +
    `${job}: mend the job's attribute with condor_qedit ${job}, or remove the ` +
    "job; then kill the processes of condor_schedd that stay busy";
}

/** Exports what matches. The queue is read again only if a site has room by now. */
async function exportAll(
  queue: JobQueue,
  passes: readonly SitePass[],
  { ready, isCareful }: Survey,
): Promise<void> {
  const open = passes.filter((pass) => pass.mayExport);
  const unknown = open.map(({ site }) => site).filter(({ name }) =>
    !ready.has(name)
  );
  const { ready: more } = unknown.length > 0
    ? await surveyQueue(queue, unknown, { isCareful })
    : { ready };
  for (const pass of open) {
    const { name } = pass.site;
    const jobs = ready.get(name) ?? more.get(name);
    if (jobs) await pass.export(jobs);
  }
}

/** Files of an export that was interrupted are placed as the manifest says. */
function stagingOf({ files }: Manifest): FileStaging | undefined {
  return files && new FileStaging(optionsOf(files));
}
