import type { JobQueue } from "../queue/job_queue.ts";
import { loadSites } from "./read_sites.ts";
import type { Site, SiteProblem } from "./site.ts";
import { jobsOfSites } from "./site_jobs.ts";
import {
  constraintRemarks,
  sharedJobsRemarks,
  type SiteRemark,
} from "./site_remarks.ts";

/** A site that is in force, and its jobs as they are now. */
export interface SiteSummary {
  /** The site as it is configured. */
  readonly site: Site;
  /** How many jobs its constraint and owners select. */
  readonly matched: number;
  /** How many of these may go now. */
  readonly ready: number;
  /** How many of these go to a site that is named before this one. */
  readonly taken: number;
  /** How many of these stay, by the reason. */
  readonly staying: Readonly<Record<string, number>>;
  /** What is not wrong, but perhaps not meant. */
  readonly remarks: readonly SiteRemark[];
}

/** The sites as they are configured. */
export interface SitesReport {
  /** The sites that are in force. */
  readonly sites: readonly SiteSummary[];
  /** What keeps sites from being in force. */
  readonly problems: readonly SiteProblem[];
}

/**
 * Reads the sites from the configuration, and counts their jobs in the queue.
 *
 * @param queue The queue.
 * @param name Only this site; undefined for all.
 */
export async function reportSites(
  queue: JobQueue,
  name?: string,
): Promise<SitesReport> {
  const { sites, problems } = await loadSites();
  const jobs = await jobsOfSites(queue, sites);
  const isMeant = (site: string | undefined) =>
    name === undefined || site?.toUpperCase() === name.toUpperCase();
  return {
    sites: jobs.filter(({ site }) => isMeant(site.name)).map((jobs) => {
      const { site, matched, ready, takenBy, staying } = jobs;
      const taken = [...takenBy.values()].reduce((sum, n) => sum + n, 0);
      return {
        ...{ site, matched, ready: ready.length, taken },
        staying: Object.fromEntries(staying),
        remarks: [...constraintRemarks(site), ...sharedJobsRemarks(jobs)],
      };
    }),
    problems: problems.filter(({ site }) => isMeant(site)),
  };
}
