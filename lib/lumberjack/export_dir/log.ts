import { quote } from "../../classad/mod.ts";
import {
  formatKey,
  QueueAd,
  QueueLogWriter,
  ValueCheck,
} from "../../queue_log/mod.ts";
import { LumberjackError } from "../error.ts";
import type { ExportedAds, StoredAd } from "../job/stored_ad.ts";
import {
  exportDirAttribute,
  exportIdAttribute,
  lastExportIdAttribute,
  managed,
  managedManager,
} from "../job/lock.ts";
import { jobSpoolDirectory } from "../job/spool_path.ts";

/** What was written. */
export interface ExportLogContents {
  readonly clusters: readonly number[];
  readonly jobs: number;
}

/** A lock must not travel: the remote schedd would leave the job alone. */
const staysHere = new Set(
  [
    managed,
    managedManager,
    exportDirAttribute,
    exportIdAttribute,
    lastExportIdAttribute,
    "LeaveJobInQueue",
  ].map((name) => name.toLowerCase()),
);

/**
 * Writes a job_queue.log that a schedd takes as its own: the header ad, then
 * each cluster ad followed by its proc ads, without transactions, as a schedd
 * writes when it rotates its log.
 *
 * What differs from the ads as they are: `LeaveJobInQueue` is true for every
 * job, so that its results wait to be fetched; `Iwd` of every job is its folder
 * in `remoteSpool`, whether it stood in the proc ad or the cluster ad; the lock
 * is off, but for `LumberjackExportId`, by which the job is known on return.
 */
export async function writeExportLog(
  sink: { writeSync(bytes: Uint8Array): number },
  ads: ExportedAds,
  options: {
    readonly exportId: string;
    readonly remoteSpool: string;
    /** The clusters that will be there: a schedd wants NextClusterNum above them. */
    readonly plannedClusters: readonly number[];
    /** Seconds since 1970. */
    readonly now: number;
  },
): Promise<ExportLogContents> {
  const writer = new QueueLogWriter(sink);
  const values = new ValueCheck();
  const clusters: number[] = [];
  const exportId = new TextEncoder().encode(quote(options.exportId));
  let jobs = 0;
  writer.historical(1, options.now);
  writer.newAd("0.0", "Job", "Machine");
  const next = options.plannedClusters.reduce(
    (next, cluster) => Math.max(next, cluster + 1),
    Number.isSafeInteger(ads.nextClusterNum) ? ads.nextClusterNum! : 1,
  );
  writer.set("0.0", "NextClusterNum", String(next));
  for await (const { cluster, ad, jobs: procs } of ads.clusters) {
    const key = formatKey(cluster, -1);
    copyAd(writer, values, key, ad);
    writer.set(key, "LeaveJobInQueue", "true");
    for (const job of procs) {
      const key = formatKey(job.cluster, job.proc);
      const iwd = quote(jobSpoolDirectory(options.remoteSpool, job));
      copyAd(writer, values, key, job.ad, iwd);
      writer.set(key, exportIdAttribute, exportId);
      jobs++;
    }
    clusters.push(cluster);
  }
  writer.flush();
  return { clusters, jobs };
}

/** Of names as they are written in a log: the same few, millions of times. */
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

/** Copies value bytes as they are; with `iwd`, that is what the job has. */
function copyAd(
  writer: QueueLogWriter,
  values: ValueCheck,
  key: string,
  ad: StoredAd,
  iwd?: string,
): void {
  const drops = iwd === undefined ? ofClusters.drops : ofJobs.drops;
  const skip = (
    name: string,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): boolean => {
    if (drops(name)) return true;
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
  if (iwd !== undefined) writer.set(key, "Iwd", iwd);
}

/** The remote schedd would refuse the whole log for it. */
function unreadable(
  key: string,
  name: string,
  problem: string,
): LumberjackError {
  return new LumberjackError("queue has a value that is no expression", {
    subject: `${name} of ${key} (${problem})`,
    remedy: "lumberjack log verify names every such place of a queue log",
  });
}
