import type { Cancelled } from "./cancel.ts";
import { delayAfter } from "./retry.ts";
import type { SiteFolder, SiteState } from "./site_folder.ts";

/** The way to a site, or back. One that fails does not hold up the other. */
export type Way = "trouble" | "fetchTrouble";

/**
 * What is remembered of a site, durably: a pass that is killed leaves it for the
 * next one.
 */
export class SiteMemory {
  readonly #folder: SiteFolder;
  readonly #now: () => Date;
  #state: SiteState;

  /** Reads what the last pass has left. */
  constructor(folder: SiteFolder, now: () => Date) {
    this.#folder = folder;
    this.#now = now;
    this.#state = folder.readState();
  }

  /** What is remembered. */
  get state(): SiteState {
    return this.#state;
  }

  /** Whether this way failed, and it is too early to try it again. */
  isWaiting(way: Way): boolean {
    const trouble = this.#state[way];
    return trouble !== undefined && this.#now() < new Date(trouble.retryAt);
  }

  /** Remembers a change, and writes it to the disk. */
  remember(change: Partial<SiteState>): void {
    this.#state = { ...this.#state, ...change };
    this.#folder.writeState(this.#state);
  }

  /**
   * Remembers a failure. This way is left alone for a while, unless trying again
   * is cheap.
   */
  failed(
    way: Way,
    problem: string,
    { isCheap }: { readonly isCheap: boolean },
  ): void {
    const now = this.#now();
    const before = this.#state[way];
    const failures = (before?.failures ?? 0) + 1;
    const since = before?.since ?? now.toISOString();
    const delay = isCheap ? 0 : delayAfter(failures);
    const retryAt = new Date(now.getTime() + delay).toISOString();
    this.remember({ [way]: { problem, since, failures, retryAt } });
  }

  /**
   * Remembers that an export got there. If the next one fails, that is a first
   * failure: a site that fails now and then is not left alone for longer and
   * longer.
   */
  arrived(exportId: string): void {
    const { sent, trouble } = this.#state;
    this.remember({
      sent: { ...sent, [exportId]: this.#now().toISOString() },
      ...(trouble && { trouble: { ...trouble, failures: 0 } }),
    });
  }

  /** Forgets what was remembered of exports that are home. */
  forgetAllBut(away: ReadonlySet<string>): void {
    const { sent, imported, told, cancelled } = this.#state;
    const isOpen = ([exportId, { jobs, told }]: [string, Cancelled]) =>
      away.has(exportId) || told < jobs.length && sent[exportId] !== undefined;
    const open = Object.fromEntries(Object.entries(cancelled).filter(isOpen));
    const kept = <Value>(map: Readonly<Record<string, Value>>) =>
      Object.fromEntries(
        Object.entries(map).filter(([name]) => {
          const exportId = name.split(".")[0];
          return away.has(exportId) || open[exportId] !== undefined;
        }),
      );
    const now = {
      ...{ cancelled: open, sent: kept(sent) },
      ...{ imported: kept(imported), told: kept(told) },
    };
    const before = { cancelled, sent, imported, told };
    if (JSON.stringify(now) !== JSON.stringify(before)) this.remember(now);
  }
}
