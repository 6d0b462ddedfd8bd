import type { QueueManagement } from "../../../condor/mod.ts";
import type { JobChange } from "../../job/change.ts";
import { JobStatus } from "../../job/eligibility.ts";
import { endBy } from "../../job/held.ts";
import { formatJobId, type JobId } from "../../job/id.ts";
import { lastExportIdAttribute, managed } from "../../job/lock.ts";
import { allowedNow } from "./allowed_change.ts";
import type { ScheddConnections } from "./connections.ts";
import {
  announceRunnable,
  askStates,
  jobsBetweenFlushes,
  leaveQueue,
  markFinished,
  sendChange,
} from "./requests.ts";
import type { JobState, ScheddSource } from "./source.ts";

/** Applies the changes of an import or unexport to the jobs of a schedd. */
export class ScheddChanges {
  readonly #connections: ScheddConnections;
  readonly #source: ScheddSource;
  readonly #mostCompleted: number;
  /** How many jobs were completed in this run. */
  #completed = 0;
  /**
   * Jobs that were changed in this run, as `CLUSTER.PROC`. The source does not
   * show what was changed here, so the schedd is asked if they change again.
   */
  readonly #changed = new Set<string>();

  /**
   * The first `mostCompleted` completed jobs are left to the schedd, which takes
   * them out of its queue by itself. All later ones leave the queue at once.
   */
  constructor(
    connections: ScheddConnections,
    source: ScheddSource,
    mostCompleted: number,
  ) {
    this.#connections = connections;
    this.#source = source;
    this.#mostCompleted = mostCompleted;
  }

  /**
   * Applies the changes. Each job is looked at again on the connection that
   * changes it, and a change that no longer holds is left out.
   *
   * @param changes What to change.
   * @param merged Whether the schedd's own import has already done most of it.
   */
  async apply(changes: Iterable<JobChange>, merged: boolean): Promise<void> {
    const cost = ({ set, remove }: JobChange) =>
      merged ? 3 + 2 * remove.length : 3 + set.length + 2 * remove.length;
    await this.#connections.inBatches(
      changes,
      cost,
      (queue, batch) => this.#applyBatch(queue, batch),
    );
  }

  async #applyBatch(
    queue: QueueManagement,
    batch: readonly JobChange[],
  ): Promise<void> {
    const states = await this.statesOf(queue, batch);
    const leaving: JobId[] = [];
    let home: JobId | undefined;
    let changed = false;
    for (const [at, change] of batch.entries()) {
      const state = states[at];
      const allowed = allowedNow(change, state);
      if (!allowed) continue;
      changed = true;
      this.#changed.add(formatJobId(change));
      sendChange(queue, change, allowed, state);
      if (isCompleted(change, allowed, state)) {
        if (++this.#completed > this.#mostCompleted) {
          markFinished(queue, change);
          leaving.push(change);
        }
      }
      const staysIdle = state.status === JobStatus.idle &&
        change.remove.includes(managed) &&
        !allowed.set.some(({ name }) => name === "JobStatus");
      if (staysIdle) home ??= change;
      if (at % jobsBetweenFlushes === 0) await queue.flush();
    }
    if (home) announceRunnable(queue, home);
    if (!changed) return;
    await queue.commit();
    if (leaving.length > 0) await leaveQueue(queue, leaving);
    this.#source.committed();
  }

  /**
   * Returns what the jobs are now, in their order. Nothing changes before the
   * connection is closed. A transaction is open on return.
   */
  async statesOf(
    queue: QueueManagement,
    jobs: readonly JobId[],
  ): Promise<JobState[]> {
    const changed = new Set(await this.#source.changed(queue, jobs));
    const unsure = jobs.filter((job) =>
      changed.has(job) || this.#changed.has(formatJobId(job))
    );
    const asked = await askStates(queue, unsure);
    const answers = new Map(
      unsure.map((job, at) => [formatJobId(job), asked[at]]),
    );
    return jobs.map((job) =>
      answers.get(formatJobId(job)) ?? this.#source.stateOf(job)
    );
  }
}

/**
 * Whether the job is completed and unlocked by this change: by its results, by
 * the schedd's own import just now, or by an earlier change that left it locked.
 */
function isCompleted(
  change: JobChange,
  allowed: Pick<JobChange, "set" | "remove">,
  state: JobState,
): boolean {
  // A job that stays locked has to stay in the queue.
  if (!change.remove.includes(managed)) return false;
  if (endBy(allowed) === JobStatus.completed) return true;
  return state.status === JobStatus.completed &&
    (endBy(change) !== undefined ||
      change.set.some(({ name }) => name === lastExportIdAttribute));
}
