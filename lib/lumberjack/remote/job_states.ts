/**
 * Which of the jobs of a spool have ended, as its queue log says.
 *
 * @module
 */
import type { QueueAd, QueueTable } from "../../queue_log/mod.ts";
import { booleanOf, integerOf } from "../job/attribute_values.ts";
import { isCancelled } from "../job/cancelled.ts";
import { JobStatus } from "../job/eligibility.ts";
import { statusHome } from "../import/status_home.ts";

/** How many jobs are in each state. */
export interface JobCounts {
  /** All jobs. */
  readonly jobs: number;
  /** Jobs that ran to their end. */
  readonly completed: number;
  /** Jobs that were removed. */
  readonly removed: number;
  /** Jobs on hold. */
  readonly held: number;
  /** Jobs that run, or send their outputs. */
  readonly running: number;
  /** Jobs that wait for a slot. */
  readonly idle: number;
}

/** The state of one job, for {@linkcode JobCounts}. */
export type JobState = "completed" | "removed" | "held" | "running" | "idle";

/** Returns the state that a JobStatus stands for. */
export function stateOf(status: number | undefined): JobState {
  switch (status) {
    case JobStatus.completed:
      return "completed";
    case JobStatus.removed:
      return "removed";
    case JobStatus.held:
      return "held";
    case JobStatus.running:
    case JobStatus.transferringOutput:
    case JobStatus.suspended:
      return "running";
    default:
      return "idle";
  }
}

/** Counts the jobs of a table. */
export function countJobs(table: QueueTable): JobCounts {
  const counts = { completed: 0, removed: 0, held: 0, running: 0, idle: 0 };
  let jobs = 0;
  for (const ad of table.procs()) {
    counts[stateOf(integerOf(ad, "JobStatus"))]++;
    jobs++;
  }
  return { jobs, ...counts };
}

/**
 * Whether the remote side has finished with a job: it has ended, or it is on
 * hold and nothing here will release it.
 */
export function isSettled(ad: QueueAd): boolean {
  if (isCancelled(ad)) return true;
  const status = statusHome(ad);
  if (status === JobStatus.held) return !mayBeReleased(ad);
  return status === JobStatus.completed || status === JobStatus.removed;
}

/** Whether an expression of the job may release it. */
export function mayBeReleased(ad: QueueAd): boolean {
  const text = ad.chainedText("PeriodicRelease");
  if (text === undefined) return false;
  return !/^\s*false\s*$/i.test(text) ||
    booleanOf(ad, "PeriodicRelease") === true;
}
