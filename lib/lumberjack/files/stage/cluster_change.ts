import type { AdChange } from "../../job/change.ts";
import type { Rewritten } from "./rewrite.ts";

/** What changes in a cluster ad and in the proc ads chained to it. */
export interface ClusterChange {
  /** In the cluster ad. */
  readonly cluster: AdChange;
  /** In each proc ad, in the order of the jobs. */
  readonly procs: readonly AdChange[];
}

/** What is known of the ads of a cluster. */
export interface ClusterNames {
  /** Whether the cluster ad has an attribute. */
  readonly inCluster: (name: string) => boolean;
  /** Whether the ad of a job has an attribute of its own. */
  readonly inProc: (job: number, name: string) => boolean;
}

/**
 * Divides the changes of a cluster's jobs: what is the same for all of them goes
 * into the cluster ad, the rest into the proc ads. So the log of a cluster of
 * many jobs names their common inputs once.
 */
export function divideChanges(
  jobs: readonly Rewritten[],
  { inCluster, inProc }: ClusterNames,
): ClusterChange {
  const cluster = new Draft();
  const procs = jobs.map(() => new Draft());
  const names = new Set(jobs.flatMap((job) => [...job.keys()]));
  for (const name of names) {
    const [first] = jobs;
    const isCommon = jobs.every((job) =>
      job.has(name) && job.get(name) === first.get(name)
    );
    if (isCommon) {
      cluster.put(name, first.get(name));
      for (const [index, proc] of procs.entries()) {
        if (inProc(index, name)) proc.put(name, undefined);
      }
      continue;
    }
    for (const [index, job] of jobs.entries()) {
      if (!job.has(name)) continue;
      const value = job.get(name);
      // An attribute of the cluster ad shows through where a proc ad has none.
      const hidden = value === undefined && inCluster(name);
      procs[index].put(name, hidden ? "undefined" : value);
    }
  }
  return {
    cluster: cluster.change(),
    procs: procs.map((proc) => proc.change()),
  };
}

class Draft {
  readonly #set: { name: string; value: string }[] = [];
  readonly #remove: string[] = [];

  put(name: string, value: string | undefined): void {
    if (value === undefined) this.#remove.push(name);
    else this.#set.push({ name, value });
  }

  change(): AdChange {
    return { set: this.#set, remove: this.#remove };
  }
}
