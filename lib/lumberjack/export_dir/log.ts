import { quote } from "../../classad/mod.ts";
import {
  formatKey,
  QueueAd,
  QueueLogWriter,
  ValueCheck,
} from "../../queue_log/mod.ts";
import { LumberjackError } from "../error.ts";
import type { AdChange } from "../job/change.ts";
import type { JobId } from "../job/id.ts";
import type { ExportedAds, StoredAd } from "../job/stored_ad.ts";
import {
  exportDirAttribute,
  exportIdAttribute,
  lastExportIdAttribute,
  managed,
  managedManager,
  plannedAttribute,
} from "../job/lock.ts";
import { jobSpoolDirectory } from "../job/spool_path.ts";

/** What an exported log holds. */
export interface ExportLogContents {
  /** The clusters that have jobs in the log. */
  readonly clusters: readonly number[];
  /** The number of jobs in the log. */
  readonly jobs: number;
}

/** A cluster that leaves. Its ads may differ from those in the queue. */
export interface LeavingCluster {
  /** The cluster's number. */
  readonly cluster: number;
  /** The cluster ad as the queue has it. */
  readonly ad: StoredAd;
  /** What differs in the cluster ad that leaves. */
  readonly change?: AdChange;
  /** Those of its jobs that go, each with its proc ad. */
  readonly jobs: readonly (JobId & {
    readonly ad: StoredAd;
    /** What differs in the proc ad that leaves. */
    readonly change?: AdChange;
  })[];
}

/** The ads to write. */
export interface LeavingAds extends Pick<ExportedAds, "nextClusterNum"> {
  /** In order of cluster and proc. */
  readonly clusters: AsyncIterable<LeavingCluster> | Iterable<LeavingCluster>;
}

const encoder = new TextEncoder();

/**
 * The attributes of a late-materialization factory. A remote schedd that reads
 * them looks for the factory's files in its own spool, finds none or another
 * cluster's, and tries to make jobs (`load_job_factories` in qmgmt.cpp).
 */
const ofFactories = [
  "JobMaterializeConstraint",
  "JobMaterializeDigestFile",
  "JobMaterializeItemsFile",
  "JobMaterializeLimit",
  "JobMaterializeMaxIdle",
  "JobMaterializeNextProcId",
  "JobMaterializeNextRow",
  "JobMaterializePauseReason",
  "JobMaterializePaused",
];

/**
 * What does not leave with a job. A lock must not travel: the remote schedd
 * would leave the job alone.
 */
const staysHere: ReadonlySet<string> = new Set(
  [
    managed,
    managedManager,
    exportDirAttribute,
    exportIdAttribute,
    lastExportIdAttribute,
    plannedAttribute,
    "LeaveJobInQueue",
    ...ofFactories,
  ].map((name) => name.toLowerCase()),
);

/**
 * Writes a job_queue.log that a schedd takes as its own: the header ad, then
 * each cluster ad followed by its proc ads, without transactions, as a schedd
 * writes when it rotates its log.
 *
 * Four things differ from the ads in the queue, besides what a cluster's or
 * job's `change` says:
 * - `LeaveJobInQueue` is true for every job, so that its results stay in the
 *   remote queue until somebody fetches them;
 * - the `Iwd` of every job is the job's folder in `remoteSpool`, whether `Iwd`
 *   stood in the proc ad or the cluster ad; a `change` that sets Iwd wins;
 * - the attributes of a late-materialization factory are gone: the factory has
 *   made all its jobs, and must not make them again;
 * - the lock is gone, except `LumberjackExportId`, by which the import
 *   recognises the job.
 *
 * Throws {@linkcode LumberjackError} for a value that is no expression.
 */
export async function writeExportLog(
  sink: { writeSync(bytes: Uint8Array): number },
  ads: LeavingAds,
  options: {
    readonly exportId: string;
    readonly remoteSpool: string;
    /** The clusters of the plan. NextClusterNum has to be above all of them. */
    readonly plannedClusters: readonly number[];
    /** Seconds since 1970. */
    readonly now: number;
  },
): Promise<ExportLogContents> {
  const writer = new QueueLogWriter(sink);
  const values = new ValueCheck();
  const clusters: number[] = [];
  const exportId = encoder.encode(quote(options.exportId));
  let jobs = 0;
  writer.historical(1, options.now);
  writer.newAd("0.0", "Job", "Machine");
  const next = options.plannedClusters.reduce(
    (next, cluster) => Math.max(next, cluster + 1),
    Number.isSafeInteger(ads.nextClusterNum) ? ads.nextClusterNum! : 1,
  );
  writer.set("0.0", "NextClusterNum", String(next));
  for await (const { cluster, ad, change, jobs: procs } of ads.clusters) {
    const key = formatKey(cluster, -1);
    copyAd(writer, values, { key, ad, dropped: ofClusters, change });
    writer.set(key, "LeaveJobInQueue", "true");
    for (const { cluster, proc, ad, change } of procs) {
      const key = formatKey(cluster, proc);
      copyAd(writer, values, { key, ad, dropped: ofJobs, change });
      if (!setsIwd(change)) {
        const iwd = jobSpoolDirectory(options.remoteSpool, { cluster, proc });
        writer.set(key, "Iwd", quote(iwd));
      }
      writer.set(key, exportIdAttribute, exportId);
      jobs++;
    }
    clusters.push(cluster);
  }
  writer.flush();
  return { clusters, jobs };
}

/** Names to leave out. The same few names come millions of times. */
class NameFilter {
  readonly #known = new Map<string, boolean>();
  readonly #dropped: ReadonlySet<string>;

  constructor(...lowerCaseNames: Iterable<string>[]) {
    this.#dropped = new Set(lowerCaseNames.flatMap((names) => [...names]));
  }

  readonly drops = (name: string): boolean => {
    let answer = this.#known.get(name);
    if (answer === undefined) {
      answer = this.#dropped.has(name.toLowerCase());
      this.#known.set(name, answer);
    }
    return answer;
  };
}

const ofClusters = new NameFilter(staysHere);
const ofJobs = new NameFilter(staysHere, ["iwd"]);

/** An ad to copy. */
interface LeavingAd {
  readonly key: string;
  readonly ad: StoredAd;
  /** Names that do not leave. */
  readonly dropped: NameFilter;
  readonly change: AdChange | undefined;
}

/** Copies an ad's value bytes as they are, with the ad's change. */
function copyAd(
  writer: QueueLogWriter,
  values: ValueCheck,
  { key, ad, dropped, change }: LeavingAd,
): void {
  const changed = namesIn(change);
  const skip = (
    name: string,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): boolean => {
    if (dropped.drops(name)) return true;
    if (changed?.has(name.toLowerCase())) return true;
    const problem = values.problem(bytes, start, end);
    if (problem !== undefined) throw unreadable(key, name, problem);
    return false;
  };
  if (ad instanceof QueueAd) {
    writer.copyAd(ad, { skip, as: key });
  } else {
    writer.newAd(key, ad.myType, ad.targetType);
    for (const { name, value } of ad.entries()) {
      if (!skip(name, value, 0, value.length)) writer.set(key, name, value);
    }
  }
  for (const { name, value, raw } of change?.set ?? []) {
    if (staysHere.has(name.toLowerCase())) continue;
    const bytes = raw?.bytes ?? encoder.encode(value);
    const { start, end } = raw ?? { start: 0, end: bytes.length };
    const problem = values.problem(bytes, start, end);
    if (problem !== undefined) throw unreadable(key, name, problem);
    writer.setPart(key, name, bytes, start, end);
  }
}

/** The lower-case names that a change sets or removes. */
function namesIn(change: AdChange | undefined): Set<string> | undefined {
  return change && new Set(
    [...change.set.map(({ name }) => name), ...change.remove]
      .map((name) => name.toLowerCase()),
  );
}

function setsIwd(change: AdChange | undefined): boolean {
  return change?.set.some(({ name }) => name.toLowerCase() === "iwd") ?? false;
}

/** The remote schedd would refuse the whole log for one such value. */
function unreadable(
  key: string,
  name: string,
  problem: string,
): LumberjackError {
  return new LumberjackError("queue has a value that is no expression", {
    subject: `${name} of ${key} (${problem})`,
    remedy:
      "lumberjack log verify lists every such value; correct it with condor_qedit",
  });
}
