/**
 * What is asked of a schedd about jobs, and done with them, on one
 * queue-management connection.
 *
 * @module
 */
import type { AttributeRequest, QueueManagement } from "../../../condor/mod.ts";
import { inOrder } from "./allowed_change.ts";
import { JobStatus } from "../../job/eligibility.ts";
import type { JobChange } from "../../job/change.ts";
import type { JobId } from "../../job/id.ts";
import { exportIdAttribute, managed, managedManager } from "../../job/lock.ts";
import type { JobState } from "./source.ts";

/** The schedd works on these jobs while the messages for the next are made. */
export const jobsBetweenFlushes = 32;

/** What the jobs are, in their order, in the transaction that is open. */
export async function askStates(
  queue: QueueManagement,
  jobs: readonly JobId[],
): Promise<JobState[]> {
  if (jobs.length === 0) return [];
  const values = await queue.getAttributes(
    jobs.flatMap(({ cluster, proc }): AttributeRequest[] => [
      { cluster, proc, name: "JobStatus", type: "integer" },
      { cluster, proc, name: managed, type: "string" },
      { cluster, proc, name: exportIdAttribute, type: "string" },
    ]),
  );
  return jobs.map((_, at) => ({
    status: values[3 * at] as number | undefined,
    managed: values[3 * at + 1] as string | undefined,
    exportId: values[3 * at + 2] as string | undefined,
  }));
}

const ofManagement: ReadonlySet<string> = new Set([managed, managedManager]);

/** Sends what is allowed of a change to a job, which is in that state. */
export function sendChange(
  queue: QueueManagement,
  job: JobId,
  { set, remove }: Pick<JobChange, "set" | "remove">,
  state: JobState,
): void {
  for (const { name, value } of inOrder(set)) {
    queue.setAttribute(job, name, value);
  }
  const isUnmanaged = state.managed === undefined;
  for (const name of remove) {
    // Each is asked and answered; the schedd's own import took these off.
    if (isUnmanaged && ofManagement.has(name)) continue;
    queue.deleteAttribute(job, name);
  }
}

/**
 * Makes the schedd look for runnable jobs anew. It keeps a list of them, and a
 * job that is unlocked does not get onto it before something else happens; an
 * idle status that is set, though it was idle, does (`DirtyPrioRecArray` in
 * `SetAttribute`). One job is enough for all.
 */
export function announceRunnable(queue: QueueManagement, job: JobId): void {
  queue.setAttribute(job, "JobStatus", String(JobStatus.idle));
}

/** Says that nothing is left to wait for with a completed job (see below). */
export function markFinished(queue: QueueManagement, job: JobId): void {
  const now = String(Math.floor(Date.now() / 1000));
  queue.setAttribute(job, "JobFinishedHookDone", now);
}

/**
 * Takes jobs that have completed out of the queue, into the history. The schedd
 * does so by itself at its next periodic evaluation; but that of 25 compares
 * each with all that wait (`SelfDrainingQueue::enqueue`), and of 130 000 it
 * answered nobody for minutes. One that is not marked as finished is put off.
 */
export async function leaveQueue(
  queue: QueueManagement,
  jobs: readonly JobId[],
): Promise<void> {
  queue.beginNext();
  for (const [at, job] of jobs.entries()) {
    queue.destroyProc(job);
    if (at % jobsBetweenFlushes === 0) await queue.flush();
  }
  await queue.commit();
}
