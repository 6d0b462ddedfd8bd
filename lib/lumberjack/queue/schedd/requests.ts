/**
 * Requests about jobs on one queue-management connection.
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

/** After so many jobs the messages are sent, so that the schedd starts on them. */
export const jobsBetweenFlushes = 32;

/** Returns the states of the jobs, in their order, as the open transaction sees them. */
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

/** Returns the ids of the exports that the jobs are away with, in the jobs' order. */
export async function askExports(
  queue: QueueManagement,
  jobs: readonly JobId[],
): Promise<(string | undefined)[]> {
  const values = await queue.getAttributes(
    jobs.map(({ cluster, proc }): AttributeRequest => ({
      ...{ cluster, proc, name: exportIdAttribute, type: "string" },
    })),
  );
  return values.map((value) => value as string | undefined);
}

const ofManagement: ReadonlySet<string> = new Set([managed, managedManager]);

/** Sends the allowed part of a change to a job that is in this state. */
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
    // A deletion waits for an answer. The schedd's own import has deleted these.
    if (isUnmanaged && ofManagement.has(name)) continue;
    queue.deleteAttribute(job, name);
  }
}

/**
 * Makes the schedd rebuild its list of runnable jobs. Unlocking a job does not put
 * it onto that list. Setting `JobStatus` to idle marks the list as out of date,
 * even if the job was idle before (`DirtyPrioRecArray` in `SetAttribute` of
 * condor_schedd.V6/qmgmt.cpp). One job is enough for all.
 */
export function announceRunnable(queue: QueueManagement, job: JobId): void {
  queue.setAttribute(job, "JobStatus", String(JobStatus.idle));
}

/** Marks a completed job as finished, so that {@linkcode leaveQueue} can remove it. */
export function markFinished(queue: QueueManagement, job: JobId): void {
  const now = String(Math.floor(Date.now() / 1000));
  queue.setAttribute(job, "JobFinishedHookDone", now);
}

/**
 * Moves completed jobs out of the queue into the history. The schedd does so by
 * itself at its next periodic evaluation. But a schedd of HTCondor 25 compares
 * each such job with all others that wait (`SelfDrainingQueue::enqueue`): with
 * 130 000 jobs it answered nobody for minutes. The schedd puts off a job that is
 * not marked as finished.
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
