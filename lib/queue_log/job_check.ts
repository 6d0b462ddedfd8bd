import { evaluate, isInteger, isReal, isString } from "../classad/mod.ts";
import { QueueLogError } from "./errors.ts";
import type { QueueAd } from "./ad.ts";
import { kindOf } from "./key.ts";
import type { QueueTable } from "./table.ts";
import type { Findings } from "./findings.ts";
import type { JobFacts } from "./job_facts.ts";

/** How many ads of each kind a schedd would load. */
export interface AdCounts {
  /** Header ads: one or none. */
  header: number;
  /** User records. */
  users: number;
  /** Cluster ads. */
  clusters: number;
  /** Proc ads. */
  jobs: number;
  /** Jobsets and other ads. */
  other: number;
}

// CONDOR_UNIVERSE_MIN and CONDOR_UNIVERSE_MAX are not universes
// (condor_includes/condor_universe.h).
const LOWEST_UNIVERSE = 1;
const HIGHEST_UNIVERSE = 13;

/** Returns the counts of a log without ads. */
export function noAds(): AdCounts {
  return { header: 0, users: 0, clusters: 0, jobs: 0, other: 0 };
}

/**
 * Checks the ads as `InitJobQueue` does after reading them. The schedd silently
 * removes jobs that lack certain attributes, and stops if the header would
 * assign a cluster number twice. Returns how many ads are left. If `report` is
 * false, the ads are only counted. Jobs that `facts` knows to be complete are
 * not read.
 */
export function checkAds(
  table: QueueTable,
  report: boolean,
  findings: Findings,
  facts?: JobFacts,
): AdCounts {
  const ads = noAds();
  let highest = 0;
  const unclear = table.some((cluster, proc, ad) => {
    if (kindOf(cluster, proc) !== "proc") return true;
    if (facts === undefined || !facts.isComplete(cluster, ad)) return true;
    highest = Math.max(highest, cluster);
    ads.jobs++;
    return false;
  });
  for (const ad of unclear) {
    switch (ad.kind) {
      case "header":
        ads.header++;
        break;
      case "user":
        ads.users++;
        break;
      case "cluster":
        ads.clusters++;
        break;
      case "proc": {
        highest = Math.max(highest, ad.cluster);
        const reason = report ? whyRemoved(ad) : undefined;
        if (reason === undefined) ads.jobs++;
        else {
          findings.add(
            "loss",
            "dropped-job",
            ad.offset,
            `job ${ad.key} ${reason}: the schedd removes it`,
          );
        }
        break;
      }
      default:
        ads.other++;
    }
  }
  if (report) checkHeader(table, highest, findings);
  return ads;
}

function checkHeader(
  table: QueueTable,
  highest: number,
  findings: Findings,
): void {
  const header = table.get("0.0");
  if (header === undefined) {
    if (table.size > 0) {
      findings.add(
        "warning",
        "no-header",
        0,
        "there is no header ad 0.0: the schedd makes one",
      );
    }
    return;
  }
  const next = numberIn(header, "NextClusterNum");
  if (next === undefined || next === 0) return;
  if (next < Math.max(highest + 1, 1)) {
    findings.add(
      "fatal",
      "next-cluster",
      header.offset,
      `NextClusterNum is ${next}, but there is a job of cluster ${highest}: ` +
        `the schedd refuses to start, unless SCHEDD_CLUSTER_MAXIMUM_VALUE is set`,
    );
  }
}

/**
 * Returns why the schedd removes the job, or undefined. The checks are in the
 * schedd's order.
 */
function whyRemoved(job: QueueAd): string | undefined {
  const cluster = numberIn(job, "ClusterId");
  if (cluster === undefined) return "has no ClusterId";
  if (cluster !== job.cluster) return `has ClusterId ${cluster}`;
  if (job.parent === undefined) return "has no cluster ad";
  if (!stringIn(job, "Owner")) return "has no Owner";
  if (numberIn(job, "ProcId") === undefined) return "has no ProcId";
  const universe = numberIn(job, "JobUniverse");
  if (universe === undefined) return "has no JobUniverse";
  if (universe < LOWEST_UNIVERSE || universe > HIGHEST_UNIVERSE) {
    return `has JobUniverse ${universe}`;
  }
  return undefined;
}

/** Returns a value as HTCondor's LookupInteger does: as a number of 32 bits. */
export function numberIn(ad: QueueAd, name: string): number | undefined {
  const value = valueOf(ad, name);
  if (isInteger(value)) return Number(BigInt.asIntN(32, value));
  if (isReal(value)) return Math.trunc(value) | 0;
  if (typeof value === "boolean") return value ? 1 : 0;
  return undefined;
}

/** Returns whether a value is a string, as HTCondor's LookupString does. */
export function stringIn(ad: QueueAd, name: string): boolean {
  return isString(valueOf(ad, name));
}

function valueOf(ad: QueueAd, name: string) {
  try {
    const expr = ad.lookup(name);
    return expr && evaluate(expr, ad);
  } catch (error) {
    // The value comes after the place where reading stops.
    if (error instanceof QueueLogError) return undefined;
    throw error;
  }
}
