/**
 * Whether the jobs that are left can still start in this run.
 *
 * @module
 */
import { join } from "@std/path";
import type { ClassAd } from "../../classad/mod.ts";
import { QueueTable } from "../../queue_log/mod.ts";
import { queueLogName } from "../export_dir/manifest.ts";
import { pause } from "../pause.ts";
import {
  findMismatches,
  type Mismatch,
  type StartTimes,
  tooLate,
  whenEmpty,
} from "./mismatch.ts";
import { isSettled, type JobCounts, stateOf } from "./job_states.ts";

/** What {@linkcode UnmatchedJobs} looks at. */
export interface UnmatchedRequest {
  /** The spool. */
  readonly spool: string;
  /** Asks for the slots that there are now. */
  readonly slots: () => Promise<readonly ClassAd[]>;
  /** When jobs have to have ended; undefined if there is no such time. */
  readonly times: StartTimes | undefined;
  /** The attribute of jobs that says how many minutes they run, if a site has one. */
  readonly timeAttribute?: string;
  /** How long to wait before the first look, in milliseconds. */
  readonly wait: number;
  /** How long nothing has to happen before another look, in milliseconds. */
  readonly quiet?: number;
  /** Called with what the user should know. */
  readonly note: (text: string) => void;
  /** Ends the looking. */
  readonly signal: AbortSignal;
}

/** Why none of the jobs that are left can start. */
export type Standstill = "no slot" | "no time";

/** The idle jobs of a run that no slot can take. */
export class UnmatchedJobs {
  /** What was found when a look was taken the last time. */
  found: readonly Mismatch[] = [];
  readonly #request: UnmatchedRequest;
  /** The state of the queue of which `found` is true. */
  #foundAt: number | undefined;
  #state = -1;
  #since = performance.now();
  #looking: Promise<void>;
  #isLooking = false;

  /** Looks for the first time as soon as there are slots, and names what it finds. */
  constructor(request: UnmatchedRequest) {
    this.#request = request;
    this.#looking = this.#begin(() => this.#lookFirst());
  }

  /**
   * Returns why no job can start any more; undefined if one still can, or if it is
   * not known yet. `state` is a number that changes whenever a job changes its
   * state. If nothing runs and nothing has changed for a while, this function
   * starts another look, and a later call has its result.
   */
  standstill(
    { idle, running }: Pick<JobCounts, "idle" | "running">,
    state: number,
  ): Standstill | undefined {
    if (state !== this.#state) {
      this.#state = state;
      this.#since = performance.now();
    }
    if (running > 0 || idle === 0) return undefined;
    const unmatched = this.found.reduce((sum, { jobs }) => sum + jobs, 0);
    if (this.#foundAt === state && idle <= unmatched) {
      const isLate = this.found.every(({ clause }) => clause === tooLate);
      return isLate ? "no time" : "no slot";
    }
    const quiet = performance.now() - this.#since;
    if (!this.#isLooking && quiet >= (this.#request.quiet ?? 3000)) {
      this.#since = performance.now();
      this.#looking = this.#begin(() => this.#lookAgain(state));
    }
    return undefined;
  }

  /** Waits for a look that is under way. */
  async finish(): Promise<void> {
    await this.#looking;
  }

  async #begin(look: () => Promise<void>): Promise<void> {
    this.#isLooking = true;
    try {
      await look();
    } catch (error) {
      // The run itself needs no look.
      this.#request.note(error instanceof Error ? error.message : `${error}`);
    } finally {
      this.#isLooking = false;
    }
  }

  async #lookFirst(): Promise<void> {
    const { wait, signal, note } = this.#request;
    if (wait > 0) await pause(wait, signal);
    while (!signal.aborted && !await this.#look()) await pause(1000, signal);
    for (const { jobs, clause, first } of this.found) {
      note(
        `${jobs} idle jobs match no slot (${clause}): the first is ${first}`,
      );
    }
  }

  async #lookAgain(state: number): Promise<void> {
    const hasLooked = await this.#look();
    if (hasLooked && !hasReleasable(this.#request.spool)) this.#foundAt = state;
  }

  /** Returns whether there are slots. */
  async #look(): Promise<boolean> {
    const { spool, slots, times, timeAttribute, signal } = this.#request;
    const now = await slots();
    if (now.length === 0 || signal.aborted) return false;
    this.found = findMismatches(
      spool,
      now.map((slot) => whenEmpty(slot, times)),
      timeAttribute,
    );
    return true;
  }
}

/** Whether a job is on hold that may be released. Then it may start. */
function hasReleasable(spool: string): boolean {
  using table = QueueTable.open(join(spool, queueLogName), { tolerant: true });
  for (const ad of table.procs()) {
    const isHeld = stateOf(Number(ad.text("JobStatus"))) === "held";
    if (isHeld && !isSettled(ad)) return true;
  }
  return false;
}
