import { compareJobIds, formatJobId, type JobId } from "../job/id.ts";
import type { JobQueue } from "../queue/job_queue.ts";
import { oneLine } from "./retry.ts";
import type { Site } from "./site.ts";
import type { SiteFolder } from "./site_folder.ts";
import { nextExports } from "./site_jobs.ts";
import { lastThoseThatStayed } from "./stayed.ts";
import { countLocked, surveyQueue } from "./survey.ts";

/**
 * Returns why a job that sites would take does not go there yet: what holds the
 * site up, or which limit. The same rules choose as in a pass.
 *
 * @param queue The queue.
 * @param going The sites that would take the job.
 * @param job The job.
 * @param folderOf Returns what passes remember of a site; undefined if no pass has
 * run yet.
 */
export async function limitsOf(
  queue: JobQueue,
  going: readonly Site[],
  job: JobId,
  folderOf: (site: string) => SiteFolder | undefined,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const limits = new Map<string, readonly string[]>();
  if (going.length === 0) return limits;
  const { ready, lockedOf } = await surveyQueue(queue, going);
  for (const site of going) {
    const folder = folderOf(site.name);
    const away = countLocked(folder?.exportsAway() ?? [], lockedOf);
    const { stayed, holds } = rememberedOf(folder);
    const jobs = lastThoseThatStayed(
      ready.get(site.name)?.ready ?? [],
      stayed,
    );
    const reason = stayed[formatJobId(job)];
    const limit = reason === undefined
      ? undefined
      : `the last pass left it here: ${reason}`;
    const waits = notChosen(site, jobs, job, away);
    limits.set(site.name, [
      ...holds,
      ...[limit, waits].filter((text) => text !== undefined),
      ...(limit ?? waits) === undefined ? [nothingHolds] : [],
      ...bytesAway(site, folder),
    ]);
  }
  return limits;
}

/**
 * What passes remember of a site: which jobs stayed, and why the site takes nothing
 * at the moment.
 */
function rememberedOf(folder: SiteFolder | undefined): {
  readonly stayed: Readonly<Record<string, string>>;
  readonly holds: readonly string[];
} {
  if (folder === undefined) return { stayed: {}, holds: [] };
  try {
    const { trouble, stayed = {} } = folder.readState();
    if (trouble === undefined) return { stayed, holds: [] };
    const { problem, since, retryAt } = trouble;
    const hold =
      `the site fails since ${since}, and is tried again at ${retryAt}: ${problem}`;
    return { stayed, holds: [hold] };
  } catch (error) {
    const hold = `what passes remember of the site cannot be read: ${
      oneLine(error)
    }`;
    return { stayed: {}, holds: [hold] };
  }
}

const nothingHolds = "the next pass takes it, if its input files can leave";

/** Why the next pass does not take a job; undefined if it does. */
function notChosen(
  site: Site,
  ready: Parameters<typeof nextExports>[0]["ready"],
  job: JobId,
  away: number,
): string | undefined {
  const { minJobs, maxJobs, maxWait } = site;
  const isJob = (other: JobId) => compareJobIds(other, job) === 0;
  if (!ready.some(isJob)) {
    return "a site that is named before it in LUMBERJACK_SITES takes the job";
  }
  const room = maxJobs - away;
  if (room <= 0) {
    return `${away} jobs are away, and MAX_JOBS is ${maxJobs}`;
  }
  const now = Math.floor(Date.now() / 1000);
  const chosen = nextExports({ site, ready }, room, now);
  if (chosen.size === 0) {
    const since = Math.min(...ready.map(({ since }) => since));
    const leave = new Date((since + maxWait) * 1000).toISOString();
    return `${ready.length} jobs wait, and MIN_JOBS is ${minJobs}: they leave at ` +
      `${leave} (MAX_WAIT), or when there are enough`;
  }
  if (![...chosen.values()].flat().some(isJob)) {
    return `there is room for ${room} jobs (MAX_JOBS is ${maxJobs}, ${away} are ` +
      `away), and ${ready.length} wait: ${
        formatJobId(job)
      } is not among the next`;
  }
  return undefined;
}

function bytesAway(
  { files, maxBytes }: Site,
  folder: SiteFolder | undefined,
): string[] {
  const bytes = folder?.bytesAway() ?? 0;
  if (bytes === 0 || files !== "stage") return [];
  return [
    `${bytes} bytes of input files are away, and MAX_BYTES is ${maxBytes}: a ` +
    "job stays if its files do not fit",
  ];
}
