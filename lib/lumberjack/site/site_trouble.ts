/**
 * What fails at a site, or stays away, as passes remember it.
 *
 * @module
 */
/** A step that fails. Times are ISO 8601, UTC. */
export interface Trouble {
  /** What failed last, as one line. */
  readonly problem: string;
  /** When it failed for the first time. */
  readonly since: string;
  /** How often it has failed in a row. */
  readonly failures: number;
  /** It is not tried again before this time. */
  readonly retryAt: string;
}

/** A bundle whose import left jobs away: their files cannot be brought home, say. */
export interface LeftAway {
  /** One of the jobs, and why, as one line. */
  readonly problem: string;
  /** When the bundle was imported for the first time, ISO 8601, UTC. */
  readonly since: string;
  /** It is not imported again before this time, ISO 8601, UTC. */
  readonly retryAt: string;
  /** As whom it was imported. Another user may be able to do more. */
  readonly uid: number | null;
}

/** A bundle that came back and cannot be imported. */
export interface RefusedBundle extends Trouble {
  /** What to do about it, one line each. Empty if `problem` says it. */
  readonly advice: readonly string[];
  /** The size of the file, in bytes. */
  readonly size: number;
  /** When the file was changed, in milliseconds since 1970. */
  readonly mtime: number;
}

/** Something that fails, with what to do about it. */
export interface SiteTrouble extends Trouble {
  /** What to do about it besides trying again, one line each. */
  readonly advice?: readonly string[];
}

/** What fails at a site. Each is undefined if nothing of its kind fails. */
export interface Failing {
  /** What fails on the way to the site. */
  readonly trouble?: Trouble;
  /** What fails on the way back. */
  readonly fetchTrouble?: Trouble;
  /**
   * The bundles of which jobs were left away, by name. They are imported again
   * after a while.
   */
  readonly leftAway?: Readonly<Record<string, LeftAway>>;
  /**
   * The bundles that could not be imported, by name. They are tried again after a
   * while, or when the site has replaced them.
   */
  readonly refused?: Readonly<Record<string, RefusedBundle>>;
}

/** Returns what fails in either direction, or stays away, one by one. */
export function troublesOf(
  { trouble, fetchTrouble, leftAway = {}, refused = {} }: Failing,
): SiteTrouble[] {
  return [
    ...(fetchTrouble ? [fetchTrouble] : []),
    ...Object.values(refused),
    ...Object.values(leftAway).map(({ problem, since, retryAt }) => ({
      ...{ since, retryAt, failures: 1 },
      problem: `import: ${problem}`,
    })),
    ...(trouble ? [trouble] : []),
  ];
}

/**
 * Returns what fails as one; undefined if nothing does. It is as old as the oldest
 * trouble, and is tried again when the first one is.
 */
export function troubleOf(state: Failing): Trouble | undefined {
  const all = troublesOf(state);
  if (all.length === 0) return undefined;
  const first = (field: "since" | "retryAt") =>
    all.map((trouble) => trouble[field]).sort()[0];
  return {
    problem: joinProblems(all.map(({ problem }) => problem)),
    since: first("since"),
    failures: Math.max(...all.map(({ failures }) => failures)),
    retryAt: first("retryAt"),
  };
}

/** So many problems stand in one line. */
const mostProblems = 3;

/** Joins problems into one line. A site can have one for each bundle. */
function joinProblems(problems: readonly string[]): string {
  const more = problems.length - mostProblems;
  return [
    ...problems.slice(0, mostProblems),
    ...(more > 0 ? [`lumberjack status shows ${more} more`] : []),
  ].join("; ");
}
