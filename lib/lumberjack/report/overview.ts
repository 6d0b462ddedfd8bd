/**
 * What is away, site by site and export by export, and what is stuck.
 *
 * @module
 */
import type { LastPass } from "../site/journal/last_pass.ts";
import type { JobQueue } from "../queue/job_queue.ts";
import { type KnownSites, knownSites, noSites } from "./known_sites.ts";
import {
  describeExport,
  describeSite,
  type ExportOverview,
  type SiteOverview,
  wrongSites,
} from "./site_overview.ts";
import { status, type StatusReport } from "./status.ts";
import { type Stuck, whatIsStuck } from "./stuck.ts";

/** What `lumberjack status` shows. */
export interface Overview {
  /** One for each export and owner. */
  readonly exports: readonly ExportOverview[];
  /** How many jobs are locked. */
  readonly locked: number;
  /** The sites of the configuration. */
  readonly sites: readonly SiteOverview[];
  /** The last pass; null if there was none, or if there are no sites. */
  readonly lastPass: Pick<LastPass, "at" | "uid" | "aliveUntil"> | null;
  /** What is stuck, the most urgent first. */
  readonly stuck: readonly Stuck[];
}

/**
 * Returns what is away and what is stuck. Changes nothing. Sites are left out if
 * the configuration cannot be read, or if the queue is that of a file.
 */
export async function overview(
  queue: JobQueue,
  { exportId, withSites = true, now = new Date() }: {
    readonly exportId?: string;
    readonly withSites?: boolean;
    readonly now?: Date;
  } = {},
): Promise<Overview> {
  const report = await status(queue, { exportId });
  const sites = withSites ? await knownSites() : noSites;
  return describe(report, sites, now);
}

/** Joins what the queue says with what the sites' folders say. */
export function describe(
  { exports, locked }: StatusReport,
  sites: KnownSites,
  now: Date,
): Overview {
  const all = exports.map((found) => describeExport(found, sites, now));
  const described = {
    exports: all,
    locked,
    sites: [
      ...sites.known.map((known) => describeSite(known, all)),
      ...wrongSites(sites),
    ],
    lastPass: lastPassOf(sites),
  };
  return { ...described, stuck: whatIsStuck(described, sites, now) };
}

function lastPassOf({ lastPass }: KnownSites): Overview["lastPass"] {
  if (lastPass === undefined) return null;
  const { at, uid, aliveUntil } = lastPass;
  return { at, uid, aliveUntil };
}
