import { CedarError } from "../../cedar/mod.ts";
import { CondorError } from "../../condor/mod.ts";
import type { HistoryEvent } from "./journal/history.ts";
import { isCheap, oneLine } from "./retry.ts";
import type { SiteMemory, Way } from "./site_memory.ts";

/** Called with what became of a step. */
export type NoteStep = (
  event: Pick<HistoryEvent, "event" | "problem">,
) => void;

/**
 * Does the steps of a site's pass. If one fails, the later steps of the same way
 * wait, to the site or back. The other way goes on.
 */
export class SiteSteps {
  readonly #memory: SiteMemory;
  readonly #note: NoteStep;
  readonly #waiting: Set<Way>;

  /** Ways that failed a short time ago, as `memory` says, wait from the beginning. */
  constructor(memory: SiteMemory, note: NoteStep) {
    this.#memory = memory;
    this.#note = note;
    this.#waiting = new Set(ways.filter((way) => memory.isWaiting(way)));
  }

  /** Whether steps of this way wait. */
  isWaiting(way: Way): boolean {
    return this.#waiting.has(way);
  }

  /**
   * Does a step, unless its way waits. A step that does not need the site is done
   * even then. Throws only what no site could work without: an error of the schedd.
   */
  async run(
    what: string,
    way: Way,
    work: () => Promise<void>,
    { evenIfWaiting = false } = {},
  ): Promise<void> {
    if (this.isWaiting(way) && !evenIfWaiting) return;
    try {
      await work();
    } catch (error) {
      if (error instanceof CedarError || error instanceof CondorError) {
        throw error;
      }
      const problem = `${what}: ${oneLine(error)}`;
      this.#memory.failed(way, problem, { isCheap: isCheap(error) });
      this.#waiting.add(way);
      this.#note({ event: "failed", problem });
    }
  }

  /** Forgets what failed before on ways on which nothing failed now. */
  end(): void {
    for (const way of ways) {
      const wasInTrouble = this.#memory.state[way] !== undefined;
      if (!wasInTrouble || this.isWaiting(way)) continue;
      this.#memory.remember({ [way]: undefined });
      this.#note({ event: "mended" });
    }
  }
}

const ways: readonly Way[] = ["trouble", "fetchTrouble"];
