import { quote, type Scope } from "../../../classad/mod.ts";
import type { WireAd } from "../../../cedar/mod.ts";
import type { QueueManagement, Schedd } from "../../../condor/mod.ts";
import { clusterConstraints, distinctClusters } from "./cluster_constraint.ts";
import { compareJobIds, formatJobId, type JobId } from "../../job/id.ts";
import type {
  ExportedCluster,
  LocalJob,
  QueuedJob,
} from "../../job/stored_ad.ts";
import { exportIdAttribute, plannedAttribute } from "../../job/lock.ts";
import { lockedConstraint } from "../locked_jobs.ts";
import { makesJobs } from "../../job/eligibility.ts";
import { ScheddJobAd } from "./job_ad.ts";
import type { CarryingJob, JobState, ScheddSource } from "./source.ts";
import type { Selection } from "../../job/selection.ts";

/**
 * About how many jobs one query brings into memory. The schedd walks through all
 * its jobs for each query, so small queries would cost it more.
 */
const jobsAtOnce = 16_000;
const clustersAtOnce = 1000;

/**
 * Reads the queue of a running schedd by queries. This is for users who may not
 * read the schedd's log, for schedds on other hosts, and for logs that are not
 * proven to be the schedd's.
 */
export class ScheddQuerySource implements ScheddSource {
  readonly #schedd: Schedd;

  /** Reads the queue of this schedd. Nothing is asked yet. */
  constructor(schedd: Schedd) {
    this.#schedd = schedd;
  }

  readsLog(): Promise<boolean> {
    return Promise.resolve(false);
  }

  async *select(
    selection: Selection,
    attributes: readonly string[],
  ): AsyncIterable<QueuedJob> {
    const projection = [
      "ClusterId",
      "ProcId",
      ...attributes,
      ...selection.attributes,
    ];
    for (const constraint of constraintsOf(selection)) {
      for await (const wire of this.#query(constraint, projection)) {
        const id = idOf(wire);
        if (id === undefined || !selection.namesJob(id)) continue;
        const ad = new ScheddJobAd(wire);
        if (selection.isLocal && !selection.matches(id, ad)) continue;
        yield { ...id, ad };
      }
    }
  }

  async *factories(): AsyncIterable<{ cluster: number; ad: Scope }> {
    const ads = this.#schedd.queryJobs({
      constraint:
        "JobMaterializeDigestFile =!= undefined || JobMaterializeLimit =!= undefined",
      clusters: true,
    });
    for await (const wire of ads) {
      const cluster = wire.integer("ClusterId");
      const ad = new ScheddJobAd(wire);
      if (cluster !== undefined && makesJobs(ad)) yield { cluster, ad };
    }
  }

  async find(
    jobs: Iterable<JobId>,
  ): Promise<(id: JobId) => LocalJob | undefined> {
    const ids = Array.from(jobs, ({ cluster, proc }) => ({ cluster, proc }));
    const wanted = new Set(ids.map(formatJobId));
    const clusters = await this.#clusterAds(distinctClusters(ids));
    const found = new Map<string, LocalJob>();
    for (const constraint of clusterConstraints([...clusters.keys()])) {
      for await (const wire of this.#query(constraint)) {
        const id = idOf(wire);
        if (id === undefined || !wanted.has(formatJobId(id))) continue;
        const clusterAd = clusters.get(id.cluster);
        const ad = new ScheddJobAd(wire, clusterAd);
        found.set(formatJobId(id), { ...id, ad, clusterAd });
      }
    }
    return (id) => found.get(formatJobId(id));
  }

  async carrying(exportId: string): Promise<CarryingJob[]> {
    const jobs: CarryingJob[] = [];
    const constraint = `${exportIdAttribute} == ${
      quote(exportId)
    } && ${lockedConstraint}`;
    const projection = [
      ...["ClusterId", "ProcId", "JobStatus", plannedAttribute],
    ];
    for await (const wire of this.#query(constraint, projection)) {
      const id = idOf(wire);
      if (id) {
        jobs.push({
          ...id,
          status: wire.integer("JobStatus"),
          isPlanned: wire.string(plannedAttribute) === exportId,
        });
      }
    }
    return jobs.sort(compareJobIds);
  }

  async nextClusterNum(): Promise<number | undefined> {
    using queue = await this.#schedd.manageQueue("read");
    const [next] = await queue.getAttributes([
      { cluster: 0, proc: 0, name: "NextClusterNum", type: "integer" },
    ]);
    await queue.close();
    return typeof next === "number" ? next : undefined;
  }

  async *clustersOf(jobs: readonly JobId[]): AsyncIterable<ExportedCluster> {
    for (const group of groups(jobs)) {
      const find = await this.find(group);
      for (let at = 0; at < group.length;) {
        const { cluster } = group[at];
        const members: LocalJob[] = [];
        for (; at < group.length && group[at].cluster === cluster; at++) {
          const job = find(group[at]);
          // A job can be gone since it was locked: condor_rm -forcex.
          if (job) members.push(job);
        }
        const ad = members[0]?.clusterAd;
        if (ad) yield { cluster, ad, jobs: members };
      }
    }
  }

  /** Returns all jobs: the schedd does not say which ones have changed. */
  changed(
    _queue: QueueManagement,
    jobs: readonly JobId[],
  ): Promise<readonly JobId[]> {
    return Promise.resolve(jobs);
  }

  stateOf(): JobState {
    throw new Error("a job that may have changed has to be asked for");
  }

  committed(): void {}

  isCurrent(): boolean {
    return false;
  }

  get reading(): undefined {
    return undefined;
  }

  forget(): void {}

  #query(
    constraint: string,
    projection?: readonly string[],
  ): AsyncIterable<WireAd> {
    return this.#schedd.queryJobs({ constraint, projection });
  }

  /** Returns cluster ads as they are stored, without what a query adds to them. */
  async #clusterAds(
    clusters: readonly number[],
  ): Promise<Map<number, ScheddJobAd>> {
    const ads = new Map<number, ScheddJobAd>();
    for (let at = 0; at < clusters.length; at += clustersAtOnce) {
      const some = clusters.slice(at, at + clustersAtOnce);
      using queue = await this.#schedd.manageQueue("read");
      let index = 0;
      const keys = some.map((cluster) => ({ cluster, proc: -1 }));
      for await (const wire of queue.getAds(keys)) {
        const cluster = some[index++];
        if (wire) ads.set(cluster, new ScheddJobAd(wire));
      }
      await queue.close();
    }
    return ads;
  }
}

function idOf(wire: WireAd): JobId | undefined {
  const cluster = wire.integer("ClusterId");
  const proc = wire.integer("ProcId");
  return cluster === undefined || proc === undefined
    ? undefined
    : { cluster, proc };
}

/** Returns the constraints of the queries that the schedd evaluates for a selection. */
function* constraintsOf(selection: Selection): Iterable<string> {
  const { expression } = selection;
  if (selection.patterns.length === 0) {
    yield expression ?? "true";
    return;
  }
  const clusters = distinctClusters(
    selection.patterns.map(({ cluster }) => ({ cluster, proc: 0 })),
  );
  for (const ids of clusterConstraints(clusters)) {
    yield expression === undefined ? ids : `(${ids}) && ${expression}`;
  }
}

/** Splits the jobs into groups that one query can bring. A cluster stays in one group. */
function* groups(jobs: readonly JobId[]): Iterable<readonly JobId[]> {
  let start = 0;
  for (let at = 1; at <= jobs.length; at++) {
    const cut = at === jobs.length ||
      (at - start >= jobsAtOnce && jobs[at].cluster !== jobs[at - 1].cluster);
    if (!cut) continue;
    yield jobs.slice(start, at);
    start = at;
  }
}
