import { CedarTimeout } from "../../cedar/mod.ts";
import { quote, references, type Scope } from "../../classad/mod.ts";
import { LockedExports } from "../export/locked_exports.ts";
import { integerOf, stringOf } from "../job/attribute_values.ts";
import { JobStatus } from "../job/eligibility.ts";
import type { JobId } from "../job/id.ts";
import { lockOf, managed, managedExternal } from "../job/lock.ts";
import { Selection } from "../job/selection.ts";
import type { QueuedJob } from "../job/stored_ad.ts";
import type { JobQueue } from "../queue/job_queue.ts";
import { lockedConstraint, lockedJobAttributes } from "../queue/locked_jobs.ts";
import type { Site } from "./site.ts";
import type { SiteExport } from "./site_folder.ts";
import {
  type EndlessJob,
  siteJobAttributes,
  type SiteJobs,
  SiteJobsSorter,
} from "./site_jobs.ts";
import { type LockedOfExport, nothingLocked } from "./site_report.ts";

/** What a pass needs to know of the queue. */
export interface Survey {
  /** All locked jobs, by export. */
  readonly locked: LockedExports;
  /** Returns the locked jobs of an export. */
  readonly lockedOf: (exportId: string) => LockedOfExport;
  /** The jobs that may go, for each site that was asked for, by its name. */
  readonly ready: ReadonlyMap<string, SiteJobs>;
  /**
   * Whether the schedd did not answer in time, so that the queue was read without
   * asking it to evaluate the sites' constraints.
   */
  readonly isCareful: boolean;
  /**
   * A job with which a site's constraint keeps a schedd of 23.9 busy for ever;
   * undefined if none was seen.
   */
  readonly endless: EndlessJob | undefined;
}

/** After so many questions, references to other attributes are not followed further. */
const mostRounds = 5;

/**
 * If so many jobs may go, the pass does not wait for the rest of the schedd's answer:
 * the export will read the queue's log in any case, and the schedd takes longer to
 * walk its queue than we take to read the log.
 */
const manyJobs = 100;

/** The part of a queue that a survey needs. */
type SurveyedQueue = Pick<JobQueue, "scan" | "select" | "readsLog">;

/**
 * How the queue is read: `query`, by one question; `log`, because so many jobs may
 * go; `careful`, because the schedd does not answer.
 */
type Reading = "query" | "log" | "careful";

/**
 * Reads from the queue what a pass needs: which jobs are away, and which jobs may
 * go to these sites. This is one query, in which the schedd finds the jobs, so that
 * a pass with nothing to do reads nothing else. If the attributes that a site's
 * constraint names refer to others in the jobs, there is one more query.
 *
 * If the schedd does not answer in time, or with `isCareful`, the queue is read as
 * other verbs read it, from the schedd's log if that is possible, and the
 * constraints of the sites are evaluated here. A job's attribute that refers to
 * itself would keep a schedd of 23.9 busy for ever.
 *
 * The answer only plans. An export looks at each job again when it locks it.
 */
export async function surveyQueue(
  queue: SurveyedQueue,
  sites: readonly Site[],
  { isCareful = false } = {},
): Promise<Survey> {
  if (!isCareful) {
    try {
      return await survey(queue, sites, "query");
    } catch (error) {
      if (!(error instanceof CedarTimeout)) throw error;
    }
  }
  return await survey(queue, sites, "careful");
}

async function survey(
  queue: SurveyedQueue,
  sites: readonly Site[],
  how: Reading,
): Promise<Survey> {
  let names: ReadonlySet<string> = new SiteJobsSorter(sites).attributes;
  for (let round = 1;; round++) {
    const draft = new Draft(sites, how);
    const more = await draft.read(queue, names);
    if (more === undefined) how = "log";
    else if (more.size === 0 || round >= mostRounds) return draft.survey();
    else names = new Set([...names, ...more]);
  }
}

/** A survey while the queue is read. */
class Draft {
  readonly #locked = new LockedExports();
  readonly #counts = new Map<string, { jobs: JobId[]; removed: JobId[] }>();
  readonly #sorter: SiteJobsSorter;
  readonly #how: Reading;

  constructor(sites: readonly Site[], how: Reading) {
    this.#sorter = new SiteJobsSorter(sites);
    this.#how = how;
  }

  /**
   * Reads the queue. Returns names of attributes that were missing, or undefined
   * if so many jobs may go that the queue's log had better be read.
   */
  async read(
    queue: SurveyedQueue,
    names: ReadonlySet<string>,
  ): Promise<ReadonlySet<string> | undefined> {
    const attributes = new Set([
      ...lockedJobAttributes,
      ...siteJobAttributes,
      ...names,
    ]);
    const missing = new Set<string>();
    const selection = new Selection(
      this.#how === "log"
        ? { passes: (id, ad) => this.#isWanted(id, ad) }
        : { constraint: this.#constraint() },
    );
    const isQuery = this.#how === "query";
    const jobs = isQuery
      ? queue.scan(selection, [...attributes])
      : queue.select(selection, [...attributes]);
    let free = 0;
    for await (const job of jobs) {
      if (lockOf(job.ad)) {
        this.#addLocked(job);
        continue;
      }
      this.#sorter.add(job, { countsOthers: false });
      // A log has whole ads.
      if (this.#how === "log") continue;
      for (const name of indirectNames(job.ad, names)) missing.add(name);
      free++;
      const areMany = isQuery && free % manyJobs === 0 &&
        this.#sorter.hasBatch(manyJobs);
      if (areMany && await queue.readsLog()) return undefined;
    }
    return missing;
  }

  survey(): Survey {
    return {
      locked: this.#locked,
      lockedOf: (exportId) => this.#counts.get(exportId) ?? nothingLocked,
      ready: new Map(
        this.#sorter.sorted().map((jobs) => [jobs.site.name, jobs]),
      ),
      isCareful: this.#how === "careful",
      endless: this.#sorter.endless,
    };
  }

  /** Does the same as the constraint, job by job. */
  #isWanted(id: JobId, ad: Scope): boolean {
    if (lockOf(ad) !== undefined) return true;
    // Of most clusters no site takes a job.
    return this.#sorter.isSelected(id, ad) &&
      integerOf(ad, "JobStatus") === JobStatus.idle &&
      stringOf(ad, managed) !== managedExternal;
  }

  /** The schedd evaluates this for each of its jobs, so cheap tests come first. */
  #constraint(): string {
    const locked = `(${lockedConstraint})`;
    const { constraint } = this.#sorter;
    if (constraint === undefined) return locked;
    const free = `JobStatus == ${JobStatus.idle} && ` +
      `${managed} =!= ${quote(managedExternal)}`;
    const all = `${locked} || (${free} && (${constraint}))`;
    // A schedd of 25 takes a constraint that is too deep for false. Then all idle
    // jobs come, and we find those that match.
    const isDeep = new Selection({ constraint: all }).isDeep;
    return isDeep || this.#how === "careful" ? `${locked} || (${free})` : all;
  }

  #addLocked(job: QueuedJob): void {
    this.#locked.add(job);
    const { cluster, proc, ad } = job;
    const exportId = lockOf(ad)?.exportId;
    if (exportId === undefined) return;
    const { jobs, removed } = this.#counts.get(exportId) ??
      { jobs: [], removed: [] };
    this.#counts.set(exportId, { jobs, removed });
    const id = { cluster, proc };
    jobs.push(id);
    if (integerOf(ad, "JobStatus") === JobStatus.removed) removed.push(id);
  }
}

/** How many jobs of these exports are locked. */
export function countLocked(
  exports: readonly Pick<SiteExport, "manifest">[],
  lockedOf: Survey["lockedOf"],
): number {
  return exports.reduce(
    (sum, { manifest }) => sum + lockedOf(manifest.exportId).jobs.length,
    0,
  );
}

/** Returns names that the values of these attributes refer to, and that are not among them. */
function indirectNames(ad: Scope, names: ReadonlySet<string>): string[] {
  const found: string[] = [];
  for (const name of names) {
    const value = ad.lookup(name);
    if (value === undefined || value.kind === "literal") continue;
    for (const other of references(value).my) {
      if (!names.has(other)) found.push(other);
    }
  }
  return found;
}
