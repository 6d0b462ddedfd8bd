/**
 * Hands the clusters of an export through staging (files/stage/staging.ts), and
 * keeps apart the jobs whose files cannot leave.
 *
 * @module
 */
import type { LeavingCluster } from "../export_dir/log.ts";
import type { FilePlacement } from "../files/stage/staging.ts";
import { formatJobId, type JobId } from "../job/id.ts";
import type { SkippedJob } from "../job/skipped_job.ts";
import type { ExportedAds } from "../job/stored_ad.ts";

export { CopyMissing } from "../files/stage/staging.ts";
export type {
  FilePlacement,
  LeavingExport,
  LeavingJob,
  LogBytes,
  Placed,
  Staging,
  WrittenLog,
} from "../files/stage/staging.ts";

/** A job that `place` refused. */
export interface RefusedJob extends JobId {
  /** Why it stays. */
  readonly reason: string;
}

/** Hands an export's clusters on, each with its files placed. */
export class StagedClusters {
  readonly #placement: FilePlacement;
  readonly #refused: RefusedJob[] = [];
  #leaving: JobId | undefined;

  /** The clusters' files are placed by `placement`. */
  constructor(placement: FilePlacement) {
    this.#placement = placement;
  }

  /** The jobs that have to stay, among the clusters handed on so far. */
  get refused(): readonly RefusedJob[] {
    return this.#refused;
  }

  /** A job that leaves; undefined as long as there is none. */
  get leaving(): JobId | undefined {
    return this.#leaving;
  }

  /**
   * Places the files of each job when its cluster is asked for. A cluster is
   * left out if all its jobs have to stay.
   */
  async *of(clusters: ExportedAds["clusters"]): AsyncIterable<LeavingCluster> {
    for await (const exported of clusters) {
      const change = await this.#placement.placeCluster(exported);
      const jobs: LeavingCluster["jobs"][number][] = [];
      for (const { cluster, proc, ad } of exported.jobs) {
        const placed = await this.#placement.place({ cluster, proc, ad });
        if ("change" in placed) {
          jobs.push({ cluster, proc, ad, change: placed.change });
        } else {
          this.#refused.push({ cluster, proc, reason: placed.reasonToStay });
        }
      }
      if (jobs.length === 0) continue;
      this.#leaving ??= jobs[0];
      yield { ...exported, change, jobs };
    }
  }
}

/** The refused jobs as the manifest and the report list them. */
export function skippedOf(refused: readonly RefusedJob[]): SkippedJob[] {
  return refused.map((job) => ({ id: formatJobId(job), reason: job.reason }));
}
