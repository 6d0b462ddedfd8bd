/**
 * The jobs of a queue log, in the form that export and import need. FileJobQueue
 * uses this for a stopped schedd, ScheddLogSource for a running one.
 *
 * @module
 */
import { quote, type Scope } from "../../classad/mod.ts";
import { kindOf, type QueueAd, type QueueTable } from "../../queue_log/mod.ts";
import { makesJobs } from "../job/eligibility.ts";
import { LumberjackError } from "../error.ts";
import { compareJobIds, type JobId } from "../job/id.ts";
import type { ExportedCluster, LocalJob, QueuedJob } from "../job/stored_ad.ts";
import { exportIdAttribute, lockOf } from "../job/lock.ts";
import type { Selection } from "../job/selection.ts";

/** Returns the jobs that the selection selects, in the order of the file. */
export function* selectedJobs(
  table: QueueTable,
  selection: Selection,
): Iterable<QueuedJob> {
  const { isKnown, patterns } = selection;
  // An ad that nobody asks for is not even made.
  const ads = isKnown === undefined && patterns.length === 0
    ? table.procs()
    : table.some((cluster, proc) =>
      kindOf(cluster, proc) === "proc" &&
      selection.namesJob({ cluster, proc }) && !isKnown?.({ cluster, proc })
    );
  for (const ad of ads) {
    if (!selection.matches(ad, ad)) continue;
    yield { cluster: ad.cluster, proc: ad.proc, ad };
  }
}

/** Returns the cluster ads of late-materialization factories that still make jobs. */
export function* factoryClusters(
  table: QueueTable,
): Iterable<{ cluster: number; ad: Scope }> {
  for (const ad of table.clusters()) {
    if (makesJobs(ad)) yield { cluster: ad.cluster, ad };
  }
}

/** Returns a function that finds a job by its id. */
export function jobFinder(
  table: QueueTable,
): (id: JobId) => LocalJob | undefined {
  return ({ cluster, proc }) => {
    const ad = table.find(cluster, proc);
    return ad && { cluster, proc, ad, clusterAd: ad.parent };
  };
}

/** Returns the ads of the jobs that are locked for an export, sorted by id. */
export function lockedAds(table: QueueTable, exportId: string): QueueAd[] {
  const wanted = quote(exportId);
  const ads: QueueAd[] = [];
  for (const ad of table.procs()) {
    // A job without the lock was part of an export that did not succeed.
    if (ad.text(exportIdAttribute) === wanted && lockOf(ad)) ads.push(ad);
  }
  return ads.sort(compareJobIds);
}

/** Returns `NextClusterNum` of the header ad. */
export function nextClusterNum(table: QueueTable): number | undefined {
  const text = table.get("0.0")?.text("NextClusterNum");
  return text === undefined ? undefined : Number(text);
}

/**
 * Returns these jobs, which have to be sorted, grouped by cluster. Throws
 * {@linkcode LumberjackError} if the log has no ad of one of them.
 */
export function* exportedClusters(
  table: QueueTable,
  jobs: readonly JobId[],
): Iterable<ExportedCluster> {
  for (let at = 0; at < jobs.length;) {
    const { cluster } = jobs[at];
    const ad = requireAd(table, cluster, -1);
    const members: (JobId & { ad: QueueAd })[] = [];
    for (; at < jobs.length && jobs[at].cluster === cluster; at++) {
      const { proc } = jobs[at];
      members.push({ cluster, proc, ad: requireAd(table, cluster, proc) });
    }
    yield { cluster, ad, jobs: members };
  }
}

function requireAd(table: QueueTable, cluster: number, proc: number): QueueAd {
  const ad = table.find(cluster, proc);
  if (ad) return ad;
  throw new LumberjackError("the queue log has no ad with this key", {
    subject: `${cluster}.${proc} in ${table.name}`,
    remedy: "run lumberjack log verify on the log to see what is wrong",
  });
}
