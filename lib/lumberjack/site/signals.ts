/**
 * Tells the owners of jobs where their jobs are: writes `LumberjackState` and
 * `LumberjackSince` into the jobs of a site's exports.
 *
 * @module
 */
import type { JobId } from "../job/id.ts";
import {
  stuckReasonAttribute,
  type Whereabouts,
  whereaboutsValues,
} from "../job/whereabouts.ts";
import type { JobQueue } from "../queue/job_queue.ts";
import type { Site } from "./site.ts";
import type { SiteExport, SiteState } from "./site_folder.ts";
import { isBundleOf } from "./transport/transport.ts";

/** What was written into the jobs of each export, by export id, as JSON. */
export type Told = Readonly<Record<string, string>>;

/**
 * A site that cannot be reached is tried again. Jobs that were sent are shown as
 * stuck only after so many failures in a row.
 */
const failuresUntilStuck = 3;

/** Whether an export is away for longer than RETURN_BY. */
export function isOverdue(
  { manifest }: Pick<SiteExport, "manifest">,
  site: Pick<Site, "returnBy">,
  now: Date,
): boolean {
  return now.getTime() - Date.parse(manifest.createdAt) > site.returnBy * 1000;
}

/** Returns where the jobs of an export are, as far as a pass knows it. */
export function whereaboutsOf(
  exported: Pick<SiteExport, "manifest">,
  { sent, trouble: way, fetchTrouble, refused = {} }: SiteState,
  site: Pick<Site, "returnBy">,
  now: Date,
): Whereabouts {
  const { exportId, createdAt } = exported.manifest;
  const sentAt = sent[exportId];
  const damaged = Object.keys(refused)
    .find((bundle) => isBundleOf(bundle, [exportId]));
  const wayBack = damaged === undefined ? fetchTrouble : refused[damaged];
  const trouble = sentAt === undefined ? way : wayBack;
  const isStuck = trouble !== undefined &&
    (sentAt === undefined || trouble.failures >= failuresUntilStuck);
  if (isStuck) {
    const { problem: reason, since } = trouble;
    return { state: "stuck", since: seconds(since), reason };
  }
  if (sentAt === undefined) {
    return { state: "leaving", since: seconds(createdAt) };
  }
  if (!isOverdue(exported, site, now)) {
    return { state: "away", since: seconds(sentAt) };
  }
  return {
    state: "stuck",
    since: seconds(createdAt) + site.returnBy,
    reason: `not back after ${site.returnBy} s (RETURN_BY)`,
  };
}

function seconds(time: string): number {
  return Math.floor(Date.parse(time) / 1000);
}

/**
 * Writes into the jobs of each export where they are, unless they say it already.
 *
 * @param queue The queue.
 * @param places Where the jobs are, by export id.
 * @param told What was written before.
 * @param jobsOf Returns the jobs that were away with an export a moment ago.
 * @returns What is written now, for the exports in `places`.
 */
export async function tellOwners(
  queue: Pick<JobQueue, "mark">,
  places: ReadonlyMap<string, Whereabouts>,
  told: Told,
  jobsOf?: (exportId: string) => readonly JobId[],
): Promise<Told> {
  const now: Record<string, string> = {};
  const news = new Map<string, string[]>();
  for (const [exportId, place] of places) {
    const text = now[exportId] = JSON.stringify(place);
    const before = told[exportId];
    if (before === text) continue;
    const wasStuck = before !== undefined &&
      (JSON.parse(before) as Whereabouts).reason !== undefined;
    const key = `${wasStuck ? 1 : 0}${text}`;
    const ids = news.get(key);
    if (ids) ids.push(exportId);
    else news.set(key, [exportId]);
  }
  for (const [key, ids] of news) {
    const place: Whereabouts = JSON.parse(key.slice(1));
    const values = whereaboutsValues(place);
    if (key[0] === "1" && place.reason === undefined) {
      values.push({ name: stuckReasonAttribute, value: "undefined" });
    }
    await queue.mark(ids, values, jobsOf);
  }
  return now;
}
