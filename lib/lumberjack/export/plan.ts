import {
  eligibilityAttributes,
  factoryReasonText,
  reasonToStay,
} from "../job/eligibility.ts";
import { stringOf } from "../job/attribute_values.ts";
import {
  compareJobIds,
  formatJobId,
  type JobId,
  type JobIdPattern,
} from "../job/id.ts";
import type { JobQueue } from "../queue/job_queue.ts";
import type { SkippedJob } from "../job/skipped_job.ts";
import type { Selection } from "../job/selection.ts";
import type { Staging } from "./staging.ts";

/** The jobs of one owner that would go. */
export interface OwnerPlan {
  readonly owner: string;
  /** The schedd that the jobs are in, as their GlobalJobId names it. */
  readonly schedd: string;
  readonly jobs: readonly JobId[];
  /** This owner's jobs that match and stay. */
  readonly skipped: readonly SkippedJob[];
}

/** What an export would do. */
export interface ExportPlan {
  /** One for each owner who has a job that goes, by name. */
  readonly owners: readonly OwnerPlan[];
  /** Every job that matches and stays, and every ID that is no job. */
  readonly skipped: readonly SkippedJob[];
  /** The number of jobs that matched, including those that stay. */
  readonly matched: number;
}

/** The plan of one owner while the jobs are being read. */
interface Draft {
  readonly schedd: string;
  jobs: JobId[];
  readonly skipped: SkippedJob[];
  /** The `User` of each job that may go, which decides who may change it. */
  readonly users: Map<string, JobId[]>;
}

/**
 * Finds the jobs that match, and which of them may go. With `staging`, a job
 * whose files cannot leave stays. Changes nothing.
 */
export async function planExport(
  queue: JobQueue,
  selection: Selection,
  staging?: Pick<Staging, "attributes" | "reasonToStay" | "filesTravel">,
): Promise<ExportPlan> {
  const attributes = [
    ...eligibilityAttributes,
    ...staging?.attributes ?? [],
  ];
  const drafts = new Map<string, Draft>();
  const skipped: SkippedJob[] = [];
  const seen = new SeenJobs(selection);
  let matched = 0;
  for await (const job of queue.select(selection, attributes)) {
    const { cluster, proc, ad } = job;
    matched++;
    seen.add(job);
    const owner = stringOf(ad, "Owner") ?? "";
    let draft = drafts.get(owner);
    if (!draft) {
      draft = {
        schedd: scheddOf(ad, queue),
        jobs: [],
        skipped: [],
        users: new Map(),
      };
      drafts.set(owner, draft);
    }
    let reason = reasonToStay(job, ad, staging);
    if (staging) reason ??= await staging.reasonToStay(job, ad);
    if (reason === undefined) {
      addTo(draft.users, stringOf(ad, "User") ?? owner, { cluster, proc });
    } else {
      const entry = { id: formatJobId(job), reason };
      draft.skipped.push(entry);
      skipped.push(entry);
    }
  }
  const refused = await leaveOutRefused(queue, [...drafts.values()]);
  for (const job of refused) skipped.push(job);
  for await (const factory of emptyFactories(queue, selection, seen)) {
    matched++;
    skipped.push(factory);
  }
  skipped.push(...await absentIds(queue, selection, seen));
  const owners = [...drafts]
    .filter(([, draft]) => draft.jobs.length > 0)
    .sort(([a], [b]) => a < b ? -1 : 1)
    .map(([owner, { schedd, jobs, skipped }]) => ({
      owner,
      schedd,
      jobs: jobs.sort(compareJobIds),
      skipped,
    }));
  skipped.sort(bySkippedId);
  return { owners, skipped, matched };
}

function addTo<Key, Item>(
  map: Map<Key, Item[]>,
  key: Key,
  item: Item,
): void {
  const items = map.get(key);
  if (items) items.push(item);
  else map.set(key, [item]);
}

/**
 * Puts into each draft the jobs that the queue lets us change, and returns the
 * other jobs. The queue is asked for one job of each user, before anything is
 * locked: an ordinary user may change his own jobs only.
 */
async function leaveOutRefused(
  queue: JobQueue,
  drafts: readonly Draft[],
): Promise<SkippedJob[]> {
  const groups = drafts.flatMap((draft) =>
    [...draft.users.values()].map((jobs) => ({ draft, jobs }))
  );
  const refusals = await queue.refusals(groups.map(({ jobs }) => jobs[0]));
  const refused: SkippedJob[] = [];
  for (const [at, { draft, jobs }] of groups.entries()) {
    const reason = refusals[at];
    if (reason === undefined) {
      draft.jobs = draft.jobs.length === 0 ? jobs : [...draft.jobs, ...jobs];
      continue;
    }
    const entries = jobs.map((job) => ({ id: formatJobId(job), reason }));
    for (const entry of entries) draft.skipped.push(entry);
    for (const entry of entries) refused.push(entry);
  }
  return refused;
}

function bySkippedId(a: SkippedJob, b: SkippedJob): number {
  const [first, second] = [a, b].map(({ id }) => id.split(".").map(Number));
  return first[0] - second[0] || (first[1] ?? -1) - (second[1] ?? -1);
}

/** Returns the schedd's name, which is the first part of a GlobalJobId. */
function scheddOf(ad: Parameters<typeof stringOf>[0], queue: JobQueue): string {
  const id = stringOf(ad, "GlobalJobId");
  const end = id?.indexOf("#") ?? -1;
  return id !== undefined && end > 0 ? id.slice(0, end) : queue.name;
}

/** Which of the clusters and jobs that the user named were seen. */
class SeenJobs {
  readonly #clusters = new Set<number>();
  readonly #jobs: Set<string> | undefined;

  constructor({ patterns }: Selection) {
    const namesJobs = patterns.some(({ proc }) => proc !== undefined);
    this.#jobs = namesJobs ? new Set() : undefined;
  }

  add(job: JobId): void {
    this.#clusters.add(job.cluster);
    this.#jobs?.add(formatJobId(job));
  }

  hasCluster(cluster: number): boolean {
    return this.#clusters.has(cluster);
  }

  has({ cluster, proc }: JobIdPattern): boolean {
    return proc === undefined
      ? this.#clusters.has(cluster)
      : this.#jobs?.has(`${cluster}.${proc}`) === true;
  }
}

/** Yields the factories that match and have made no job yet. */
async function* emptyFactories(
  queue: JobQueue,
  selection: Selection,
  seen: SeenJobs,
): AsyncIterable<SkippedJob> {
  const { patterns } = selection;
  const named = new Set(patterns.map((pattern) => pattern.cluster));
  // A walk through all clusters would find nothing.
  if (named.size > 0 && named.values().every((id) => seen.hasCluster(id))) {
    return;
  }
  for await (const { cluster, ad } of queue.factories()) {
    if (seen.hasCluster(cluster)) continue;
    if (named.size > 0 && !named.has(cluster)) continue;
    if (!selection.matchesAd(ad)) continue;
    yield { id: String(cluster), reason: factoryReasonText };
  }
}

/** Returns the IDs that the user named and the queue does not have. */
async function absentIds(
  queue: JobQueue,
  selection: Selection,
  seen: SeenJobs,
): Promise<SkippedJob[]> {
  const unseen = selection.patterns.filter((pattern) => !seen.has(pattern));
  if (unseen.length === 0) return [];
  const factories = new Set<number>();
  for await (const { cluster } of queue.factories()) factories.add(cluster);
  const absent: SkippedJob[] = [];
  const exact = unseen.filter((p): p is JobId => p.proc !== undefined);
  const find = await queue.find(exact);
  for (const { cluster, proc } of unseen) {
    const present = proc === undefined
      ? factories.has(cluster) ||
        selection.constraint !== undefined || selection.owner !== undefined
      : find({ cluster, proc }) !== undefined;
    if (!present) {
      const id = proc === undefined ? `${cluster}` : `${cluster}.${proc}`;
      absent.push({ id, reason: "no such job in the queue" });
    }
  }
  return absent;
}
