import { quote } from "../../../classad/mod.ts";
import type { WireAd } from "../../../cedar/mod.ts";
import type { Scope } from "../../../classad/mod.ts";
import {
  errno,
  type QueueManagement,
  type Schedd,
  ScheddError,
} from "../../../condor/mod.ts";
import {
  JobStatus,
  notSelectedAnyMore,
  statusName,
} from "../../job/eligibility.ts";
import { allowedNow } from "./allowed_change.ts";
import { batchConstraint, distinctClusters } from "./cluster_constraint.ts";
import { endBy } from "../../job/held.ts";
import { LumberjackError } from "../../error.ts";
import { compareJobIds, formatJobId, type JobId } from "../../job/id.ts";
import type { JobQueue, LockRequest, UnlockRequest } from "../job_queue.ts";
import type {
  ExportedAds,
  ExportedCluster,
  LocalJob,
  QueuedJob,
} from "../../job/stored_ad.ts";
import { integerOf } from "../../job/attribute_values.ts";
import type { JobChange } from "../../job/change.ts";
import {
  exportDirAttribute,
  exportIdAttribute,
  lockAttributes,
  managed,
  managedExternal,
  managedManager,
  manager,
  plannedAttribute,
} from "../../job/lock.ts";
import type { SkippedJob } from "../../job/skipped_job.ts";
import { ScheddBatch } from "./batch.ts";
import { ScheddLogSource } from "./log_source.ts";
import { ScheddJobAd } from "./job_ad.ts";
import { ScheddQuerySource } from "./query_source.ts";
import {
  announceRunnable,
  askStates,
  jobsBetweenFlushes,
  leaveQueue,
  markFinished,
  sendChange,
} from "./requests.ts";
import type { JobState, ScheddSource } from "./source.ts";
import type { Selection } from "../../job/selection.ts";

/** What was locked in this run. */
interface Locking {
  /** Asked for, whatever came of it. */
  readonly attempted: JobId[];
  /** The schedd has committed these. */
  readonly confirmed: Map<string, JobId>;
}

/**
 * The queue of a running schedd. It is read from the schedd's log where we may,
 * else by queries; it is changed through queue management, in batches short
 * enough that other clients do not notice. docs/design.md says why this is safe
 * while jobs are matched and started.
 */
export class ScheddJobQueue implements JobQueue {
  readonly name: string;
  readonly #schedd: Schedd;
  readonly #source: ScheddSource;
  readonly #mostCompleted: number;
  readonly #batch = new ScheddBatch();
  readonly #lockings = new Map<string, Locking>();
  /** By export, the jobs that say that its log is not written yet. */
  readonly #planned = new Map<string, JobId[]>();
  /** How many jobs were completed in this run. */
  #completed = 0;
  #selection: Selection | undefined;
  /** The attributes that decided which jobs are selected. */
  #deciding: readonly string[] = [];

  /** Undefined where only the schedd's address is known. */
  get scheddName(): string | undefined {
    return this.name.startsWith("<") ? undefined : this.name;
  }

  /** The schedd whose queue it is. */
  get schedd(): Schedd {
    return this.#schedd;
  }

  /**
   * With `log`, the schedd's own job_queue.log, which we can read. Of an import
   * so many completed jobs are left for the schedd to take out of its queue.
   */
  constructor(schedd: Schedd, log?: string, mostCompleted = 5000) {
    this.name = schedd.name;
    this.#mostCompleted = mostCompleted;
    this.#schedd = schedd;
    this.#source = log === undefined
      ? new ScheddQuerySource(schedd)
      : new ScheddLogSource(log);
  }

  select(
    selection: Selection,
    attributes: readonly string[],
  ): AsyncIterable<QueuedJob> {
    this.#selection = selection;
    this.#deciding = [
      ...["ClusterId", "ProcId", ...attributes, ...selection.attributes],
    ];
    return this.#source.select(selection, attributes);
  }

  factories(): AsyncIterable<{ cluster: number; ad: Scope }> {
    return this.#source.factories();
  }

  reread(): void {
    this.#source.forget();
  }

  find(ids: readonly JobId[]): Promise<(id: JobId) => LocalJob | undefined> {
    return this.#source.find(ids);
  }

  async refusals(
    jobs: readonly JobId[],
  ): Promise<readonly (string | undefined)[]> {
    if (jobs.length === 0) return [];
    using queue = await this.#schedd.manageQueue("write");
    const answers = await queue.maySet(jobs, managed, quote(managedExternal));
    await queue.close();
    const user = queue.peer.authenticatedUser;
    return answers.map((answer) =>
      answer === "denied" ? reasonRefused(user) : undefined
    );
  }

  async lock(request: LockRequest): Promise<readonly SkippedJob[]> {
    try {
      return await this.#write(request, [
        ...namesOf(request),
        [managedManager, quote(manager)],
        [managed, quote(managedExternal)],
      ]);
    } catch (error) {
      // The schedd was asked before (`refusals`) and has changed its mind.
      if (!(error instanceof ScheddError)) throw error;
      if (error.code !== errno.EACCES) throw error;
      if (this.#lockings.get(request.exportId)?.confirmed.size !== 0) {
        throw error;
      }
      const reason = error.message;
      return request.jobs.map((job) => ({ id: formatJobId(job), reason }));
    }
  }

  /**
   * Writes an export's id and folder into the jobs, for the schedd's own export to
   * lock them. Answers with those that may not go, which are left alone.
   */
  prepare(request: LockRequest): Promise<readonly SkippedJob[]> {
    return this.#write(request, namesOf(request));
  }

  async #write(
    request: LockRequest,
    values: readonly (readonly [name: string, value: string])[],
  ): Promise<readonly SkippedJob[]> {
    const stayed: SkippedJob[] = [];
    const locking: Locking = {
      attempted: [],
      confirmed: new Map(),
    };
    this.#lockings.set(request.exportId, locking);
    await this.#inBatches(
      request.jobs,
      () => values.length,
      async (queue, jobs) => {
        // Known before the schedd is asked: the answer may never come.
        for (const job of jobs) locking.attempted.push(job);
        const staying = await this.#staying(queue, jobs, request);
        stayed.push(...staying.values());
        const leaving = jobs.filter((job) => !staying.has(formatJobId(job)));
        if (!this.#planned.has(request.exportId) && leaving.length > 0) {
          this.#sendPlanned(queue, request.exportId, leaving[0]);
        }
        let cluster = -1;
        for (const [at, job] of leaving.entries()) {
          for (const [name, value] of values) {
            // One job of a cluster is enough to find the folder by; each message
            // costs the schedd as much as the next.
            if (
              name === exportDirAttribute && job.cluster === cluster
            ) continue;
            queue.setAttribute(job, name, value);
          }
          cluster = job.cluster;
          if (at % jobsBetweenFlushes === 0) await queue.flush();
        }
        if (leaving.length === 0) return;
        await queue.commit();
        this.#source.committed();
        for (const job of leaving) locking.confirmed.set(formatJobId(job), job);
      },
    );
    return stayed;
  }

  /**
   * Those of the jobs that may not go after all: of all that may be other than
   * they were selected the schedd is asked for the ad. Nothing can change before
   * the connection is closed.
   */
  async #staying(
    queue: QueueManagement,
    jobs: readonly JobId[],
    { reasonToStay }: LockRequest,
  ): Promise<Map<string, SkippedJob>> {
    const changed = await this.#source.changed(queue, jobs);
    const staying = new Map<string, SkippedJob>();
    if (changed.length === 0) return staying;
    const ads = await this.#selectedAds(queue, changed);
    const others = changed.filter((job) => !ads.has(formatJobId(job)));
    const states = await askStates(queue, others);
    let at = 0;
    for (const job of changed) {
      const id = formatJobId(job);
      const wire = ads.get(id);
      const reason = wire
        ? reasonToStay(job, new ScheddJobAd(wire))
        : reasonNotSelected(states[at++]);
      if (reason !== undefined) staying.set(id, { id, reason });
    }
    return staying;
  }

  /**
   * What decides about those of the jobs that the selection still means; others
   * may be among them. Not by GetJobAd: with write access it expands what only a
   * match can, and holds the job when there is none.
   */
  async #selectedAds(
    queue: QueueManagement,
    jobs: readonly JobId[],
  ): Promise<Map<string, WireAd>> {
    const found = queue.getJobs(
      batchConstraint(distinctClusters(jobs), this.#selection?.expression),
      this.#deciding,
    );
    const ads = new Map<string, WireAd>();
    for await (const wire of found) {
      const cluster = wire.integer("ClusterId") ?? -1;
      const proc = wire.integer("ProcId") ?? -1;
      ads.set(formatJobId({ cluster, proc }), wire);
    }
    return ads;
  }

  /**
   * What the jobs are now. Nothing can change before the connection is closed.
   * A transaction is open on return.
   */
  async #statesOf(
    queue: QueueManagement,
    jobs: readonly JobId[],
  ): Promise<JobState[]> {
    const changed = await this.#source.changed(queue, jobs);
    const asked = await askStates(queue, changed);
    const answers = new Map(
      changed.map((job, at) => [formatJobId(job), asked[at]]),
    );
    return jobs.map((job) =>
      answers.get(formatJobId(job)) ?? this.#source.stateOf(job)
    );
  }

  async readLocked(
    exportId: string,
    exportDir: string,
  ): Promise<ExportedAds> {
    const locked = this.#lockedJobs(exportId);
    if (locked && this.#source.isCurrent(locked)) {
      return await this.#adsOf({ exportId, exportDir }, locked, []);
    }
    this.#source.forget();
    let carrying = await this.#source.carrying(exportId);
    if (!this.#planned.has(exportId)) {
      // An earlier run locked these jobs.
      const planned = carrying.filter(({ isPlanned }) => isPlanned);
      this.#planned.set(exportId, planned);
    }
    const stayed: SkippedJob[] = this.#lost(exportId, carrying).map((id) => ({
      id,
      reason: "left the queue since it was locked",
    }));
    const back = new Set<string>();
    for (;;) {
      const idle = carrying.filter(({ status }) => status === JobStatus.idle);
      // Held or removed by its owner since: it stays, and is nobody else's now.
      const others = carrying.filter((job) =>
        job.status !== JobStatus.idle && !back.has(formatJobId(job))
      );
      if (others.length === 0) {
        return await this.#adsOf({ exportId, exportDir }, idle, stayed);
      }
      for (const job of others) {
        back.add(formatJobId(job));
        const reason = `${statusName(job.status)}, since it was locked`;
        stayed.push({ id: formatJobId(job), reason });
      }
      if (idle.length > 0) await this.#nameFolder(exportId, exportDir, idle[0]);
      await this.#unlock(exportId, others);
      // The ads are read anew behind an unlock: others may be held by now.
      carrying = await this.#source.carrying(exportId);
    }
  }

  async #adsOf(
    away: { readonly exportId: string; readonly exportDir: string },
    jobs: readonly JobId[],
    stayed: SkippedJob[],
  ): Promise<ExportedAds> {
    return {
      nextClusterNum: await this.#source.nextClusterNum(),
      clusters: this.#stillIdle(away, jobs, stayed),
      stayed,
    };
  }

  /**
   * Gives the ads of the jobs that are idle when their ads are read. Between two
   * queries a job can be held or removed; such a job is unlocked and added to
   * `stayed`, before the log that it is not in is finished.
   */
  async *#stillIdle(
    { exportId, exportDir }: {
      readonly exportId: string;
      readonly exportDir: string;
    },
    jobs: readonly JobId[],
    stayed: SkippedJob[],
  ): AsyncIterable<ExportedCluster> {
    const others: JobId[] = [];
    let idle: JobId | undefined;
    for await (const cluster of this.#source.clustersOf(jobs)) {
      const leaving = cluster.jobs.filter((job) => {
        const status = integerOf(job.ad, "JobStatus");
        if (status === JobStatus.idle) return true;
        const reason = `${statusName(status)}, since it was locked`;
        stayed.push({ id: formatJobId(job), reason });
        others.push(job);
        return false;
      });
      idle ??= leaving[0];
      if (leaving.length === cluster.jobs.length) yield cluster;
      else if (leaving.length > 0) yield { ...cluster, jobs: leaving };
    }
    if (others.length === 0) return;
    if (idle) await this.#nameFolder(exportId, exportDir, idle);
    await this.#unlock(exportId, others);
  }

  /** The jobs locked in this run, sorted; undefined for an export of another. */
  #lockedJobs(exportId: string): JobId[] | undefined {
    const confirmed = this.#lockings.get(exportId)?.confirmed.values();
    return confirmed && [...confirmed].sort(compareJobIds);
  }

  async unlock(request: UnlockRequest): Promise<void> {
    const { exportId, exportDir, jobs, leaving } = request;
    if (leaving) await this.#nameFolder(exportId, exportDir, leaving);
    await this.#unlock(exportId, jobs);
    const confirmed = this.#lockings.get(exportId)?.confirmed;
    for (const job of jobs) confirmed?.delete(formatJobId(job));
  }

  async undoLocks(exportIds: readonly string[]): Promise<void> {
    for (const exportId of exportIds) {
      const locking = this.#lockings.get(exportId);
      this.#source.forget();
      const jobs = locking?.attempted ?? await this.#source.carrying(exportId);
      // The first job names the folder: when this breaks off, recover needs it.
      await this.#unlock(exportId, [...jobs].reverse());
    }
  }

  async change(changes: Iterable<JobChange>): Promise<void> {
    await this.apply(changes);
    this.#source.forget();
  }

  /** Those of the changes whose jobs are away as they left, at this moment. */
  async stillAway(changes: readonly JobChange[]): Promise<JobChange[]> {
    using queue = await this.#schedd.manageQueue("write");
    const states = await this.#statesOf(queue, changes);
    await queue.close();
    return changes.filter((change, at) =>
      states[at].status === JobStatus.idle &&
      allowedNow(change, states[at]) === change
    );
  }

  /**
   * As `change`, and what was read of the queue before stays as it was. Most of
   * what is `merged` the schedd's own import has done.
   */
  async apply(
    changes: Iterable<JobChange>,
    { merged = false } = {},
  ): Promise<void> {
    const cost = ({ set, remove }: JobChange) =>
      merged ? 3 + 2 * remove.length : 3 + set.length + 2 * remove.length;
    await this.#inBatches(changes, cost, async (queue, batch) => {
      const states = await this.#statesOf(queue, batch);
      const leaving: JobId[] = [];
      let home: JobId | undefined;
      let changed = false;
      for (const [at, change] of batch.entries()) {
        const allowed = allowedNow(change, states[at]);
        if (!allowed) continue;
        sendChange(queue, change, allowed, states[at]);
        // By us, or by the schedd's own import just now.
        const isComplete = endBy(allowed) === JobStatus.completed ||
          states[at].status === JobStatus.completed &&
            endBy(change) !== undefined;
        if (isComplete && ++this.#completed > this.#mostCompleted) {
          markFinished(queue, change);
          leaving.push(change);
        }
        changed = true;
        const idle = states[at].status === JobStatus.idle &&
          !allowed.set.some(({ name }) => name === "JobStatus");
        if (idle) home ??= change;
        if (at % jobsBetweenFlushes === 0) await queue.flush();
      }
      if (home) announceRunnable(queue, home);
      if (!changed) return;
      await queue.commit();
      if (leaving.length > 0) await leaveQueue(queue, leaving);
      this.#source.committed();
    });
  }

  /** Every batch was committed durably. */
  sync(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#source.forget();
    return Promise.resolve();
  }

  async markWritten(
    exportId: string,
    jobs: readonly JobId[] = [],
  ): Promise<void> {
    const marked = [...this.#planned.get(exportId) ?? [], ...jobs];
    this.#planned.delete(exportId);
    await this.#inBatches(marked, () => 4, async (queue, batch) => {
      const states = await askStates(queue, batch);
      for (const [at, job] of batch.entries()) {
        if (states[at].exportId !== exportId) continue;
        queue.deleteAttribute(job, plannedAttribute);
      }
      await queue.commit();
    });
  }

  /** Marks a job as one of an export whose log is not written yet. */
  #sendPlanned(queue: QueueManagement, exportId: string, job: JobId): void {
    queue.setAttribute(job, plannedAttribute, quote(exportId));
    const marked = this.#planned.get(exportId);
    if (marked) marked.push(job);
    else this.#planned.set(exportId, [job]);
  }

  /**
   * Makes a job name the export's folder and say that its log is not written
   * yet: the job that did so may be one that is unlocked.
   */
  async #nameFolder(
    exportId: string,
    exportDir: string,
    job: JobId,
  ): Promise<void> {
    await this.#inBatches([job], () => 4, async (queue, jobs) => {
      const [state] = await askStates(queue, jobs);
      if (state.exportId !== exportId) return;
      queue.setAttribute(job, exportDirAttribute, quote(exportDir));
      this.#sendPlanned(queue, exportId, job);
      await queue.commit();
    });
  }

  /** Takes the lock of this export, and of no other, off these jobs. */
  async #unlock(exportId: string, jobs: readonly JobId[]): Promise<void> {
    const planned = this.#planned.get(exportId) ?? [];
    const marked = new Set(planned.map(formatJobId));
    await this.#inBatches(jobs, () => 7, async (queue, batch) => {
      const states = await askStates(queue, batch);
      const ours = batch.filter((_, at) => states[at].exportId === exportId);
      for (const job of ours) {
        for (const name of lockAttributes) queue.deleteAttribute(job, name);
        if (marked.has(formatJobId(job))) {
          queue.deleteAttribute(job, plannedAttribute);
        }
      }
      const idle = batch.find((job, at) =>
        states[at].status === JobStatus.idle && ours.includes(job)
      );
      if (idle) announceRunnable(queue, idle);
      if (ours.length > 0) await queue.commit();
    });
    this.#source.forget();
  }

  /**
   * The jobs that were locked in this run and do not carry the export's id any
   * more: removed by force. The log must be the one that the schedd writes, or
   * jobs would be lost.
   */
  #lost(exportId: string, carrying: readonly JobId[]): readonly string[] {
    const confirmed = this.#lockings.get(exportId)?.confirmed;
    if (confirmed === undefined || carrying.length >= confirmed.size) return [];
    const seen = new Set(carrying.map(formatJobId));
    const lost = [...confirmed.keys()].filter((id) => !seen.has(id));
    // A few are, never all of them.
    if (carrying.length > 0 && lost.length < confirmed.size / 2) return lost;
    throw new LumberjackError("the locked jobs are not in the schedd's log", {
      subject: `${lost.slice(0, 3).join(", ")} in ${this.name}`,
      remedy: "JOB_QUEUE_LOG has to name the log of the schedd that runs",
    });
  }

  /** Runs `work` on bounded parts, each on a connection of its own. */
  async #inBatches<T>(
    items: Iterable<T>,
    cost: (item: T) => number,
    work: (queue: QueueManagement, batch: readonly T[]) => Promise<void>,
  ): Promise<void> {
    let batch: T[] = [];
    let requests = 0;
    let isFirst = true;
    const run = async () => {
      if (!isFirst) await this.#batch.leaveToOthers();
      isFirst = false;
      using queue = await this.#schedd.manageQueue("write");
      await work(queue, batch);
      this.#batch.took(requests, queue.elapsed, queue.walking);
      await queue.close();
      batch = [];
      requests = 0;
    };
    for (const item of items) {
      batch.push(item);
      requests += cost(item);
      if (requests >= this.#batch.requests) await run();
    }
    if (batch.length > 0) await run();
  }
}

/** What of a lock is Lumberjack's own. */
function namesOf({ exportId, exportDir }: LockRequest) {
  return [
    [exportIdAttribute, quote(exportId)],
    [exportDirAttribute, quote(exportDir)],
  ] as const;
}

/** Why a job stays that the schedd does not let us change. */
function reasonRefused(user: string | undefined): string {
  return `the schedd does not let ${user ?? "us"} change this job: ` +
    "only its owner and QUEUE_SUPER_USERS may";
}

/** Why a job that was selected is not any more. */
function reasonNotSelected({ status }: JobState): string {
  if (status === undefined) return "left the queue while the export began";
  return status === JobStatus.idle
    ? notSelectedAnyMore
    : `changed since the export began: ${statusName(status)}, not idle`;
}
