/**
 * What is not wrong with a site, but perhaps not meant: a constraint that is true
 * for every job, and jobs that two sites select.
 *
 * @module
 */
import { compile, parse } from "../../classad/mod.ts";
import { JobStatus } from "../job/eligibility.ts";
import type { Site } from "./site.ts";
import type { SiteJobs } from "./site_jobs.ts";

/** What is perhaps not meant. */
export interface SiteRemark {
  /** The knob and its value. */
  readonly knob: string;
  /** What is odd about it. */
  readonly message: string;
  /** What to write instead, if it is not meant. */
  readonly remedy: string;
}

/** What condor_submit writes into the simplest job, as far as constraints name it. */
const simplestJob: Readonly<Record<string, string>> = {
  clusterid: "1",
  procid: "0",
  owner: '"somebody"',
  user: '"somebody@example.org"',
  globaljobid: '"submit.example.org#1.0#1800000000"',
  jobstatus: String(JobStatus.idle),
  jobuniverse: "5",
  jobprio: "0",
  qdate: "1800000000",
  enteredcurrentstatus: "1800000000",
  cmd: '"/bin/true"',
  iwd: '"/home/somebody"',
  requestcpus: "1",
  requestmemory: "128",
  requestdisk: "1024",
  imagesize: "1024",
  diskusage: "1024",
  numjobstarts: "0",
  currenthosts: "0",
  minhosts: "1",
  maxhosts: "1",
  requirements: "true",
  rank: "0.0",
};

/**
 * Says if the constraint of a site is true for a job whose owner has asked for
 * nothing. With OWNERS, that may well be meant.
 */
export function constraintRemarks(
  { name, constraint, owners }: Pick<Site, "name" | "constraint" | "owners">,
): SiteRemark[] {
  if (owners.length > 0) return [];
  const lookup = (attribute: string) => {
    const text = simplestJob[attribute.toLowerCase()];
    return text === undefined ? undefined : parse(text);
  };
  if (!compile(constraint).test({ lookup })) return [];
  return [{
    knob: knobOf(name, constraint),
    message: "it is true for every ordinary job, so all jobs leave",
    remedy: "if you do not mean that, name an attribute that only the right " +
      `jobs have, for example && LumberjackSite == "${name}", or set ` +
      `LUMBERJACK_${name.toUpperCase()}_OWNERS`,
  }];
}

/** Says which jobs another site takes, because it is named first. */
export function sharedJobsRemarks(
  { site: { name, constraint }, takenBy }: Pick<SiteJobs, "site" | "takenBy">,
): SiteRemark[] {
  return [...takenBy].map(([taker, jobs]) => ({
    knob: knobOf(name, constraint),
    message:
      `LUMBERJACK_${taker.toUpperCase()}_CONSTRAINT selects ${jobs} of ` +
      `these jobs too, and ${taker} is named first in LUMBERJACK_SITES`,
    remedy: "if you do not mean that, write constraints that exclude each " +
      "other, or change the order of LUMBERJACK_SITES",
  }));
}

function knobOf(site: string, constraint: string): string {
  return `LUMBERJACK_${site.toUpperCase()}_CONSTRAINT = ${constraint}`;
}
