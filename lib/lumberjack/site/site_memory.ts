import type { Cancelled } from "./cancel.ts";
import { delayAfter, longestDelay } from "./retry.ts";
import type { SiteFolder, SiteState } from "./site_folder.ts";
import type { LeftAway, RefusedBundle, Trouble } from "./site_trouble.ts";

/** The way to a site, or back. One that fails does not hold up the other. */
export type Way = "trouble" | "fetchTrouble";

/** What tells one file of a bundle from another one of the same name. */
export type BundleFile = Pick<RefusedBundle, "size" | "mtime">;

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
    const delay = isCheap ? () => 0 : delayAfter;
    this.remember({ [way]: this.#again(this.#state[way], problem, delay) });
  }

  /** Returns a failure that follows another one of its kind, if there was one. */
  #again(
    before: Trouble | undefined,
    problem: string,
    delay: (failures: number) => number,
  ): Trouble {
    const now = this.#now();
    const failures = (before?.failures ?? 0) + 1;
    return {
      problem,
      since: before?.since ?? now.toISOString(),
      failures,
      retryAt: new Date(now.getTime() + delay(failures)).toISOString(),
    };
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

  /**
   * Whether this bundle is to be imported: it is new, or may end better now.
   *
   * @param file The bundle's file, as it is now.
   */
  isNews(bundle: string, file: BundleFile): boolean {
    const { imported, leftAway, refused } = this.#state;
    if (imported[bundle] !== undefined) return false;
    const before = refused?.[bundle];
    if (before && before.size === file.size && before.mtime === file.mtime) {
      return this.#now() >= new Date(before.retryAt);
    }
    const left = leftAway?.[bundle];
    return left === undefined || left.uid !== Deno.uid() ||
      this.#now() >= new Date(left.retryAt);
  }

  /** Remembers that all jobs of a bundle that it has are home. */
  noteImported(bundle: string): void {
    const { imported, leftAway, refused } = this.#state;
    this.remember({
      imported: { ...imported, [bundle]: this.#now().toISOString() },
      leftAway: without(leftAway, bundle),
      refused: without(refused, bundle),
    });
  }

  /** Remembers that a bundle cannot be imported. It is left alone for a while. */
  refuse(
    bundle: string,
    file: BundleFile,
    { problem, advice }: Pick<RefusedBundle, "problem" | "advice">,
  ): void {
    const all = this.#state.refused;
    const refused: RefusedBundle = {
      ...this.#again(all?.[bundle], problem, delayAfter),
      ...{ advice, size: file.size, mtime: file.mtime },
    };
    this.remember({ refused: { ...all, [bundle]: refused } });
  }

  /** Returns the bundles that could not be imported and are to be tried again. */
  refusedToTry(): [bundle: string, refused: RefusedBundle][] {
    return Object.entries(this.#state.refused ?? {})
      .filter(([, { retryAt }]) => this.#now() >= new Date(retryAt));
  }

  /** Forgets that a bundle could not be imported: the site has removed it. */
  forgetRefused(bundle: string): void {
    this.remember({ refused: without(this.#state.refused, bundle) });
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
    this.remember({
      leftAway: { ...before, [bundle]: left },
      refused: without(this.#state.refused, bundle),
    });
  }

  /** Forgets what was remembered of exports that are home. */
  forgetAllBut(away: ReadonlySet<string>): void {
    const { sent, imported, told, cancelled } = this.#state;
    const { leftAway, refused } = this.#state;
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
      refused: refused && kept(refused),
    };
    const before = { cancelled, sent, imported, told, leftAway, refused };
    if (JSON.stringify(now) !== JSON.stringify(before)) this.remember(now);
  }
}

/** Returns the entries of all other bundles; undefined if there are none. */
function without<Value>(
  all: Readonly<Record<string, Value>> = {},
  bundle: string,
): Readonly<Record<string, Value>> | undefined {
  const { [bundle]: _, ...others } = all;
  return Object.keys(others).length > 0 ? others : undefined;
}
