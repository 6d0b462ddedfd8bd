import { quote, type Scope } from "../../../classad/mod.ts";
import { versionAtLeast } from "../../../cedar/version.ts";
import type { Schedd } from "../../../condor/mod.ts";
import type { AttributeChange, JobChange } from "../../job/change.ts";
import { JobStatus } from "../../job/eligibility.ts";
import type { JobId } from "../../job/id.ts";
import { exportIdAttribute, managed, managedExternal } from "../../job/lock.ts";
import type { Selection } from "../../job/selection.ts";
import type { SkippedJob } from "../../job/skipped_job.ts";
import type { ExportedAds, LocalJob, QueuedJob } from "../../job/stored_ad.ts";
import type { JobQueue, LockRequest, UnlockRequest } from "../job_queue.ts";
import { lockedConstraint } from "../locked_jobs.ts";
import { allowedNow } from "./allowed_change.ts";
import { ScheddChanges } from "./changes.ts";
import { ScheddConnections } from "./connections.ts";
import { ScheddLazySource } from "./lazy_source.ts";
import { LockedAds } from "./locked_ads.ts";
import { type LockedId, ScheddLocks } from "./locks.ts";
import { ScheddLogSource } from "./log_source.ts";
import { ScheddQuerySource } from "./query_source.ts";
import type { ScheddSource } from "./source.ts";
import type { Deciding } from "./staying.ts";

/**
 * The queue of a running schedd. It is read from the schedd's log if we may read
 * that, otherwise by queries. It is changed through queue management, in batches
 * so short that other clients do not notice. docs/design.md says why this is safe
 * while jobs are matched and started.
 *
 * @example
 * ```ts
 * import { openScheddQueue, Selection } from "../../../../mod.ts";
 *
 * async function idleJobs(): Promise<number> {
 *   const queue = await openScheddQueue({ changes: false });
 *   let count = 0;
 *   const idle = new Selection({ constraint: "JobStatus == 1" });
 *   for await (const _job of queue.select(idle, ["JobStatus"])) count++;
 *   await queue.close();
 *   return count;
 * }
 * ```
 */
export class ScheddJobQueue implements JobQueue {
  readonly name: string;
  readonly #schedd: Schedd;
  readonly #source: ScheddSource;
  readonly #locks: ScheddLocks;
  readonly #lockedAds: LockedAds;
  readonly #changes: ScheddChanges;
  /** A job that the schedd has told of. */
  #seen: JobId | undefined;
  #deciding: Deciding = { selection: undefined, attributes: [] };

  /**
   * Opens the queue; nothing is asked yet.
   *
   * @param schedd The schedd.
   * @param log The path of its job_queue.log, proven to be this schedd's and
   * readable; undefined to read the queue by queries. A function that finds this
   * out is called before the queue is read for the first time, with a job of the
   * queue if one was seen by then.
   * @param mostCompleted How many completed jobs an import leaves in the queue
   * for the schedd itself to take out.
   */
  constructor(
    schedd: Schedd,
    log?: string | ((job?: JobId) => Promise<string | undefined>),
    mostCompleted = 5000,
  ) {
    this.name = schedd.name;
    this.#schedd = schedd;
    const sourceOf = (path: string | undefined) =>
      path === undefined
        ? new ScheddQuerySource(schedd)
        : new ScheddLogSource(path);
    this.#source = typeof log === "function"
      ? new ScheddLazySource(async () => sourceOf(await log(this.#seen)))
      : sourceOf(log);
    const connections = new ScheddConnections(schedd);
    this.#locks = new ScheddLocks(connections, this.#source);
    this.#lockedAds = new LockedAds(this.#source, this.#locks);
    this.#changes = new ScheddChanges(connections, this.#source, mostCompleted);
  }

  /** Undefined if only the schedd's address is known. */
  get scheddName(): string | undefined {
    return this.name.startsWith("<") ? undefined : this.name;
  }

  /** Undefined if the schedd's version is not known. */
  get release(): "23.9" | "25" | undefined {
    const { version } = this.#schedd.location;
    if (version === undefined) return undefined;
    return versionAtLeast(version, 24, 0, 0) ? "25" : "23.9";
  }

  /** The schedd whose queue this is. */
  get schedd(): Schedd {
    return this.#schedd;
  }

  select(
    selection: Selection,
    attributes: readonly string[],
  ): AsyncIterable<QueuedJob> {
    this.#deciding = {
      selection,
      attributes: [
        ...["ClusterId", "ProcId", ...attributes, ...selection.attributes],
      ],
    };
    return this.#source.select(selection, attributes);
  }

  async *scan(
    selection: Selection,
    attributes: readonly string[],
  ): AsyncIterable<QueuedJob> {
    const source = new ScheddQuerySource(this.#schedd);
    for await (const job of source.select(selection, attributes)) {
      this.#seen ??= { cluster: job.cluster, proc: job.proc };
      yield job;
    }
  }

  readsLog(): Promise<boolean> {
    return this.#source.readsLog();
  }

  factories(): AsyncIterable<{ cluster: number; ad: Scope }> {
    return this.#source.factories();
  }

  reread(): void {
    this.#source.forget();
  }

  find(ids: Iterable<JobId>): Promise<(id: JobId) => LocalJob | undefined> {
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

  lock(request: LockRequest): Promise<readonly SkippedJob[]> {
    return this.#locks.lock(request, this.#deciding);
  }

  /** See {@linkcode ScheddLocks.prepare}. */
  prepare(request: LockRequest): Promise<readonly SkippedJob[]> {
    return this.#locks.prepare(request, this.#deciding);
  }

  readLocked(exportId: string, exportDir: string): Promise<ExportedAds> {
    const away = { exportId, exportDir, queueName: this.name };
    return this.#lockedAds.read(away);
  }

  unlock(request: UnlockRequest): Promise<void> {
    return this.#locks.unlock(request);
  }

  async undoLocks(exportIds: readonly string[]): Promise<void> {
    for (const exportId of exportIds) await this.#locks.undo(exportId);
  }

  markWritten(exportId: string, jobs: readonly JobId[] = []): Promise<void> {
    return this.#locks.markWritten(exportId, jobs);
  }

  async mark(
    exportIds: readonly string[],
    set: readonly AttributeChange[],
    jobsOf?: (exportId: string) => readonly JobId[],
  ): Promise<void> {
    const known: LockedId[] = [];
    const unknown: string[] = [];
    for (const exportId of exportIds) {
      const jobs = this.#locks.locked(exportId) ?? jobsOf?.(exportId) ?? [];
      if (jobs.length === 0) unknown.push(exportId);
      for (const { cluster, proc } of jobs) {
        known.push({ cluster, proc, exportId });
      }
    }
    await this.#locks.mark(known, set);
    for (const constraint of constraintsOnExports(unknown)) {
      // Each attribute is one walk through the queue, however many jobs it has.
      using queue = await this.#schedd.manageQueue("write");
      for (const { name, value } of set) {
        await queue.setAttributeByConstraint(constraint, name, value);
      }
      await queue.commit();
      await queue.close();
    }
  }

  async change(
    changes: Iterable<JobChange>,
    { more = false } = {},
  ): Promise<void> {
    await this.apply(changes);
    if (!more) this.#source.forget();
  }

  /**
   * Returns those of the changes whose jobs are at this moment away and idle,
   * as they left.
   */
  async stillAway(changes: readonly JobChange[]): Promise<JobChange[]> {
    using queue = await this.#schedd.manageQueue("write");
    const states = await this.#changes.statesOf(queue, changes);
    await queue.close();
    return changes.filter((change, at) =>
      states[at].status === JobStatus.idle &&
      allowedNow(change, states[at]) === change
    );
  }

  /**
   * Does the same as `change`, but keeps what was read of the queue.
   *
   * @param changes What to change.
   * @param options With `merged`, the schedd's own import has already done most
   * of the changes.
   */
  apply(
    changes: Iterable<JobChange>,
    { merged = false } = {},
  ): Promise<void> {
    return this.#changes.apply(changes, merged);
  }

  /** Does nothing: every batch was committed durably. */
  sync(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#source.forget();
    return Promise.resolve();
  }
}

/** A constraint names at most so many exports: the schedd walks it for each job. */
const exportsAtOnce = 20;

/** Returns constraints that together select the jobs that are away with these exports. */
function* constraintsOnExports(ids: readonly string[]): Iterable<string> {
  for (let at = 0; at < ids.length; at += exportsAtOnce) {
    const some = ids.slice(at, at + exportsAtOnce).map(quote);
    const isOne = some.length === 1
      ? `${exportIdAttribute} == ${some[0]}`
      : `member(${exportIdAttribute}, {${some.join(", ")}})`;
    yield `${isOne} && ${lockedConstraint}`;
  }
}

/** Returns why a job stays that the schedd does not let us change. */
function reasonRefused(user: string | undefined): string {
  return `the schedd does not let ${user ?? "us"} change this job: ` +
    "only its owner and QUEUE_SUPER_USERS may";
}
