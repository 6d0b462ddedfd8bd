import type { Scope } from "../../classad/mod.ts";
import { integerOf, stringOf } from "../job/attribute_values.ts";
import {
  eligibilityAttributes,
  type Leaving,
  reasonToStay,
} from "../job/eligibility.ts";
import { ClusterValues } from "../job/cluster_values.ts";
import { compareJobIds, type JobId } from "../job/id.ts";
import { Selection } from "../job/selection.ts";
import type { JobQueue } from "../queue/job_queue.ts";
import type { Site } from "./site.ts";

/** A job that may go to a site. */
export interface ReadyJob extends JobId {
  /** The job's owner. */
  readonly owner: string;
  /** Since when the job has its status, in seconds since 1970; 0 if unknown. */
  readonly since: number;
}

/** The jobs of one site, as the queue is now. */
export interface SiteJobs {
  /** The site. */
  readonly site: Site;
  /** How many jobs the site's constraint and owners select. */
  readonly matched: number;
  /** The jobs that may go, sorted by id. */
  readonly ready: readonly ReadyJob[];
  /** How many jobs stay, by the reason. */
  readonly staying: ReadonlyMap<string, number>;
  /** How many of its jobs each site that is named before this one takes, by name. */
  readonly takenBy: ReadonlyMap<string, number>;
}

/** A job with which a site's constraint never ends. */
export interface EndlessJob {
  /** The site. */
  readonly site: string;
  /** The job. */
  readonly id: JobId;
  /** Why, as a part of a sentence. */
  readonly why: string;
}

interface Draft {
  readonly site: Site;
  readonly selection: Selection;
  matched: number;
  readonly takenBy: Map<string, number>;
  readonly ready: ReadyJob[];
  readonly staying: Map<string, number>;
}

/** The attributes that are read of jobs, apart from those of the constraints. */
export const siteJobAttributes: readonly string[] = [
  ...eligibilityAttributes,
  "EnteredCurrentStatus",
];

/**
 * Sorts jobs to the sites that select them. If several sites select a job, the
 * site that is named first takes it.
 */
export class SiteJobsSorter {
  readonly #drafts: readonly Draft[];
  readonly #clusters: ClusterValues;
  /** The cluster that was asked for last, and whether a site selects its jobs. */
  #last: { readonly cluster: object; readonly isSelected: boolean } | undefined;

  /** Sorts to these sites. */
  constructor(sites: readonly Site[]) {
    this.#drafts = sites.map((site): Draft => ({
      site,
      selection: new Selection({ constraint: site.constraint }),
      ...{ matched: 0, ready: [] },
      ...{ staying: new Map(), takenBy: new Map() },
    }));
    this.#clusters = new ClusterValues(
      this.#drafts.flatMap(({ selection: { parsed } }) => parsed ?? []),
      ["Owner"],
    );
  }

  /** An expression that is true for the jobs of all sites; undefined without sites. */
  get constraint(): string | undefined {
    if (this.#drafts.length === 0) return undefined;
    return this.#drafts.map(({ site }) => `(${site.constraint}\n)`).join(
      " || ",
    );
  }

  /** The names, in lower case, of the attributes that the constraints read. */
  get attributes(): ReadonlySet<string> {
    return new Set(
      this.#drafts.flatMap(({ selection }) => [...selection.attributes]),
    );
  }

  /**
   * Returns whether the constraint and the owners of a site select the job. They are
   * evaluated once for the jobs of a cluster that do not differ in what they name.
   */
  isSelected({ cluster, proc }: JobId, ad: Scope): boolean {
    const shared = this.#clusters.clusterOf(ad);
    if (shared !== undefined && shared === this.#last?.cluster) {
      return this.#last.isSelected;
    }
    const owner = stringOf(ad, "Owner") ?? "";
    const isSelected = this.#drafts.some(({ site: { owners }, selection }) =>
      (owners.length === 0 || owners.includes(owner)) &&
      selection.matches({ cluster, proc }, ad)
    );
    if (shared !== undefined) this.#last = { cluster: shared, isSelected };
    return isSelected;
  }

  /**
   * Adds a job to the first site that selects it, if one does. Without
   * `countsOthers`, the other sites are not asked whether they select it too.
   */
  add(
    { cluster, proc, ad }: JobId & { readonly ad: Scope },
    { countsOthers = true } = {},
  ): void {
    const owner = stringOf(ad, "Owner") ?? "";
    let taker: string | undefined;
    for (const draft of this.#drafts) {
      const { owners } = draft.site;
      if (owners.length > 0 && !owners.includes(owner)) continue;
      if (!draft.selection.matches({ cluster, proc }, ad)) continue;
      draft.matched++;
      if (taker !== undefined) {
        addOne(draft.takenBy, taker);
        continue;
      }
      const reason = reasonToStay(
        { cluster, proc },
        ad,
        leavingFor(draft.site),
      );
      if (reason !== undefined) {
        addOne(draft.staying, reason);
        continue;
      }
      const since = integerOf(ad, "EnteredCurrentStatus") ?? 0;
      draft.ready.push({ cluster, proc, owner, since });
      taker = draft.site.name;
      if (!countsOthers) return;
    }
  }

  /** Whether at least so many jobs may go to one of the sites, and it takes them now. */
  hasBatch(jobs: number): boolean {
    return this.#drafts.some(({ site, ready }) =>
      ready.length >= Math.max(jobs, site.minJobs)
    );
  }

  /** A job with which the constraint of one of the sites never ends, if one was added. */
  get endless(): EndlessJob | undefined {
    for (const { site, selection } of this.#drafts) {
      if (selection.endless) return { site: site.name, ...selection.endless };
    }
    return undefined;
  }

  /** Returns the jobs of every site, in the order of the sites. */
  sorted(): SiteJobs[] {
    return this.#drafts.map(({ selection: _, ...jobs }) => {
      jobs.ready.sort(compareJobIds);
      return jobs;
    });
  }
}

function addOne(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** Returns how jobs leave for a site: only with their files can spooled jobs go. */
export function leavingFor({ files }: Pick<Site, "files">): Leaving {
  return { filesTravel: files === "stage" };
}

/** Finds the jobs of every site, in one walk through the queue. Changes nothing. */
export async function jobsOfSites(
  queue: JobQueue,
  sites: readonly Site[],
): Promise<SiteJobs[]> {
  const sorter = new SiteJobsSorter(sites);
  const { constraint } = sorter;
  if (constraint === undefined) return [];
  const any = new Selection({ constraint });
  for await (const job of queue.select(any, siteJobAttributes)) sorter.add(job);
  return sorter.sorted();
}

/**
 * Chooses the jobs of a site's next exports: one export for each owner. Owners
 * take turns, job by job, so that one with many jobs does not keep the others
 * from the site. Returns none if there are too few jobs and none has waited
 * long enough.
 *
 * @param jobs The site's jobs.
 * @param room How many jobs may still go there.
 * @param now The time, in seconds since 1970.
 */
export function nextExports(
  { site, ready }: Pick<SiteJobs, "site" | "ready">,
  room: number,
  now: number,
): Map<string, ReadyJob[]> {
  const exports = new Map<string, ReadyJob[]>();
  const hasWaited = ready.some(({ since }) => now - since >= site.maxWait);
  if (ready.length < site.minJobs && !hasWaited) return exports;
  const byOwner = new Map<string, ReadyJob[]>();
  for (const job of ready) {
    const jobs = byOwner.get(job.owner);
    if (jobs) jobs.push(job);
    else byOwner.set(job.owner, [job]);
  }
  for (let turn = 0; room > 0; turn++) {
    const before = room;
    for (const [owner, jobs] of byOwner) {
      if (room === 0 || turn >= jobs.length) continue;
      const chosen = exports.get(owner);
      if (chosen) chosen.push(jobs[turn]);
      else exports.set(owner, [jobs[turn]]);
      room--;
    }
    if (room === before) break;
  }
  return exports;
}
