/**
 * Follows the queue log of a schedd that runs, and counts jobs by state. The
 * schedd is never asked.
 *
 * @module
 */
import { join } from "@std/path";
import {
  follow,
  type FollowEvent,
  parseKey,
  QueueTable,
} from "../../queue_log/mod.ts";
import { queueLogName } from "../export_dir/manifest.ts";
import {
  isSettled,
  type JobCounts,
  type JobState,
  stateOf,
} from "./job_states.ts";

/** The jobs of a spool, by what its queue log said last. */
export class JobWatch {
  readonly #path: string;
  readonly #states = new Map<string, JobState>();
  readonly #counts = { completed: 0, removed: 0, held: 0, running: 0, idle: 0 };
  /** How often a job has changed its state so far. */
  changes = 0;

  /** Reads the log of the spool as it is now. */
  constructor(spool: string) {
    this.#path = join(spool, queueLogName);
    this.#readAll();
  }

  /** How many jobs are in each state. */
  get counts(): JobCounts {
    return { jobs: this.#states.size, ...this.#counts };
  }

  /** The ids of the jobs that have not ended. */
  get unsettled(): string[] {
    return [...this.#states]
      .filter(([, state]) => state !== "completed" && state !== "removed")
      .map(([id]) => id);
  }

  /** Follows the log until `signal` is aborted. */
  async follow(signal: AbortSignal): Promise<void> {
    // The schedd rewrites the log when it starts. Therefore read it from its
    // start.
    for await (
      const event of follow(this.#path, { signal, fromStart: true })
    ) this.#take(event);
  }

  /**
   * Whether the remote side has finished with every job. Reads the log, so it is
   * asked only when no job is idle or runs.
   */
  isSettled(): boolean {
    const { idle, running, held } = this.#counts;
    if (idle + running > 0) return false;
    if (held === 0) return true;
    using table = QueueTable.open(this.#path, { tolerant: true });
    for (const ad of table.procs()) if (!isSettled(ad)) return false;
    return true;
  }

  #readAll(): void {
    using table = QueueTable.open(this.#path, { tolerant: true });
    for (const ad of table.procs()) {
      this.#set(ad.key, stateOf(Number(ad.text("JobStatus"))));
    }
  }

  #take(event: FollowEvent): void {
    if (event.type === "rotated") return this.#readAll();
    if (event.type !== "transaction") return;
    for (const record of event.records) {
      if (record.op !== 103 || record.name !== "JobStatus") continue;
      if (parseKey(record.key).kind !== "proc") continue;
      const status = Number(new TextDecoder().decode(record.value));
      this.#set(record.key, stateOf(status));
    }
  }

  #set(key: string, state: JobState): void {
    const before = this.#states.get(key);
    if (before === state) return;
    if (before !== undefined) this.#counts[before]--;
    this.#counts[state]++;
    this.changes++;
    this.#states.set(key, state);
  }
}
