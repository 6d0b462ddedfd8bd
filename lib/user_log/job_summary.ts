import type { UserLogEvent } from "./event.ts";
import { SUBMIT } from "./event_types.ts";

/** What a log says about one job. */
export interface JobSummary {
  /** The job's cluster. */
  readonly cluster: number;
  /** The job's number within the cluster. */
  readonly proc: number;
  /** Whether the log has the submit event. */
  readonly submitted: boolean;
  /** The number of terminal events. HTCondor may write more than one. */
  readonly ends: number;
  /** The last event of the job. */
  readonly last: UserLogEvent;
}

/**
 * Collects what a log says about each job.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { JobSummaries, readEvents } from "./mod.ts";
 *
 * const log = "000 (012.000.000) 2026-11-28 03:00:00 Job submitted from host: <>\n...\n" +
 *   "009 (012.000.000) 2026-11-28 03:12:00 Job was aborted.\n...\n";
 * const summaries = new JobSummaries();
 * for (const event of readEvents(new TextEncoder().encode(log))) summaries.add(event);
 * assertEquals(summaries.get({ cluster: 12, proc: 0 })?.ends, 1);
 * ```
 */
export class JobSummaries {
  readonly #jobs = new Map<string, JobSummary>();

  /** Takes the next event of the log. Events that are not about a job are skipped. */
  add(event: UserLogEvent): void {
    const { cluster, proc, number } = event;
    // DAGMan writes about nodes without a job under a number of its own.
    if (cluster <= 0 || proc < 0 || proc === 2 ** 31 - 1) return;
    const key = `${cluster}.${proc}`;
    const before = this.#jobs.get(key);
    this.#jobs.set(key, {
      cluster,
      proc,
      submitted: before?.submitted || number === SUBMIT,
      ends: (before?.ends ?? 0) + (event.isTerminal ? 1 : 0),
      last: event,
    });
  }

  /** Returns what the log says about a job; undefined if it does not name the job. */
  get({ cluster, proc }: { cluster: number; proc: number }):
    | JobSummary
    | undefined {
    return this.#jobs.get(`${cluster}.${proc}`);
  }

  /** Returns all jobs, in the order in which the log names them first. */
  all(): JobSummary[] {
    return [...this.#jobs.values()];
  }
}
