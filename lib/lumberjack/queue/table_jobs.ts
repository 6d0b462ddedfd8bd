/**
 * The jobs of a queue log as export and import want them, whether its schedd is
 * stopped (FileJobQueue) or running (ScheddLogSource).
 *
 * @module
 */
import { quote, type Scope } from "../../classad/mod.ts";
import type { QueueAd, QueueTable } from "../../queue_log/mod.ts";
import { makesJobs } from "../job/eligibility.ts";
import { LumberjackError } from "../error.ts";
import { compareJobIds, type JobId } from "../job/id.ts";
import type { ExportedCluster, LocalJob, QueuedJob } from "../job/stored_ad.ts";
import { exportIdAttribute, lockOf } from "../job/lock.ts";
import type { Selection } from "../job/selection.ts";

/** The jobs that the selection means, in file order. */
export function* selectedJobs(
  table: QueueTable,
  selection: Selection,
): Iterable<QueuedJob> {
  for (const ad of table.procs()) {
    if (selection.matches(ad, ad)) {
      yield { cluster: ad.cluster, proc: ad.proc, ad };
    }
  }
}

/** The cluster ads of late-materialization factories that still make jobs. */
export function* factoryClusters(
  table: QueueTable,
): Iterable<{ cluster: number; ad: Scope }> {
  for (const ad of table.clusters()) {
    if (makesJobs(ad)) yield { cluster: ad.cluster, ad };
  }
}

/** Looks jobs up by their IDs. */
export function jobFinder(
  table: QueueTable,
): (id: JobId) => LocalJob | undefined {
  return ({ cluster, proc }) => {
    const ad = table.find(cluster, proc);
    return ad && { cluster, proc, ad, clusterAd: ad.parent };
  };
}

/** The ads of the jobs that an export's lock is on, by cluster and proc. */
export function lockedAds(table: QueueTable, exportId: string): QueueAd[] {
  const wanted = quote(exportId);
  const ads: QueueAd[] = [];
  for (const ad of table.procs()) {
    // Without the lock the id is of an export that came to nothing.
    if (ad.text(exportIdAttribute) === wanted && lockOf(ad)) ads.push(ad);
  }
  return ads.sort(compareJobIds);
}

/** `NextClusterNum` of the header ad. */
export function nextClusterNum(table: QueueTable): number | undefined {
  const text = table.get("0.0")?.text("NextClusterNum");
  return text === undefined ? undefined : Number(text);
}

/**
 * These jobs, which are sorted, with their clusters. Throws
 * {@linkcode LumberjackError} when the log lacks an ad of theirs.
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
  throw new LumberjackError("queue has no ad with this key", {
    subject: `${cluster}.${proc} in ${table.name}`,
    remedy: "lumberjack log verify tells what is wrong with the log",
  });
}
