import type { Cancelled } from "./cancel.ts";
import { delayAfter, longestDelay } from "./retry.ts";
import type { LeftAway, SiteFolder, SiteState } from "./site_folder.ts";

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

  /** Whether this bundle is to be imported: it is new, or may end better now. */
  isNews(bundle: string): boolean {
    const { imported, leftAway } = this.#state;
    if (imported[bundle] !== undefined) return false;
    const left = leftAway?.[bundle];
    return left === undefined || left.uid !== Deno.uid() ||
      this.#now() >= new Date(left.retryAt);
  }

  /** Remembers that all jobs of a bundle that it has are home. */
  noteImported(bundle: string): void {
    const { imported, leftAway = {} } = this.#state;
    const { [bundle]: _, ...others } = leftAway;
    this.remember({
      imported: { ...imported, [bundle]: this.#now().toISOString() },
      leftAway: Object.keys(others).length > 0 ? others : undefined,
    });
  }

  /** Remembers that a bundle is here, and that jobs of it were left away. */
  leaveAway(bundle: string, problem: string): void {
    const now = this.#now();
    const before = this.#state.leftAway ?? {};
    const left: LeftAway = {
      problem,
      since: before[bundle]?.since ?? now.toISOString(),
      retryAt: new Date(now.getTime() + longestDelay).toISOString(),
      uid: Deno.uid(),
    };
    this.remember({ leftAway: { ...before, [bundle]: left } });
  }

  /** Forgets what was remembered of exports that are home. */
  forgetAllBut(away: ReadonlySet<string>): void {
    const { sent, imported, told, cancelled, leftAway } = this.#state;
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
      leftAway: leftAway && kept(leftAway),
    };
    const before = { cancelled, sent, imported, told, leftAway };
    if (JSON.stringify(now) !== JSON.stringify(before)) this.remember(now);
  }
}
