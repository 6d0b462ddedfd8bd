import { isOverdue } from "../site/signals.ts";
import { troubleOf } from "../site/site_trouble.ts";
import type { KnownSite, KnownSites } from "./known_sites.ts";
import type { ExportStatus } from "./status.ts";

/** An export, with what its site's folder says about it. */
export interface ExportOverview extends ExportStatus {
  /** The site that it went to; null for an export by hand. */
  readonly site: string | null;
  /** When it was sent, ISO 8601, UTC; null if it was not, or by hand. */
  readonly sentAt: string | null;
  /** How long ago it was made, in seconds; null if that is not known. */
  readonly ageSeconds: number | null;
  /** Whether it is away for longer than RETURN_BY. */
  readonly overdue: boolean;
}

/** A site, and what is away there. */
export interface SiteOverview {
  /** The site's name. */
  readonly site: string;
  /**
   * `ok`, `disabled` (ENABLED is false), `trouble` (a step fails), or `wrong` (a
   * knob is wrong, so the site is not used).
   */
  readonly state: "ok" | "disabled" | "trouble" | "wrong";
  /** How many jobs are away. */
  readonly jobs: number;
  /** How many exports are away. */
  readonly exports: number;
  /** How many of them are overdue. */
  readonly overdue: number;
  /** What is wrong, as one line. */
  readonly problem?: string;
  /** Since when, ISO 8601, UTC. */
  readonly since?: string;
  /** When the site is tried again, ISO 8601, UTC. */
  readonly retryAt?: string;
}

/** Joins what the queue says about an export with what its site says. */
export function describeExport(
  found: ExportStatus,
  { known }: KnownSites,
  now: Date,
): ExportOverview {
  const age = found.createdAt === null
    ? null
    : Math.round((now.getTime() - Date.parse(found.createdAt)) / 1000);
  const id = found.exportId;
  for (const { site, state, exports } of known) {
    const own = exports.find(({ manifest }) => manifest.exportId === id);
    if (own === undefined || id === null) continue;
    return {
      ...found,
      site: site.name,
      sentAt: state?.sent[id] ?? null,
      ageSeconds: age,
      overdue: isOverdue(own, site, now),
    };
  }
  return {
    ...found,
    site: null,
    sentAt: null,
    ageSeconds: age,
    overdue: false,
  };
}

/** Returns what is away at a site. */
export function describeSite(
  { site, state }: KnownSite,
  exports: readonly ExportOverview[],
): SiteOverview {
  const own = exports.filter((found) => found.site === site.name);
  const trouble = state && troubleOf(state);
  return {
    site: site.name,
    state: trouble ? "trouble" : site.enabled ? "ok" : "disabled",
    jobs: own.reduce((sum, { jobs }) => sum + jobs, 0),
    exports: own.length,
    overdue: own.filter(({ overdue }) => overdue).length,
    ...(trouble && {
      problem: trouble.problem,
      since: trouble.since,
      retryAt: trouble.retryAt,
    }),
  };
}

/** Sites that are not used because a knob is wrong. */
export function wrongSites({ problems }: KnownSites): SiteOverview[] {
  const names = new Set(problems.map(({ site }) => site));
  return [...names].flatMap((name) => {
    const problem = problems.find(({ site }) => site === name);
    if (name === undefined || problem === undefined) return [];
    const { knob, message, remedy } = problem;
    return [{
      ...{ site: name, state: "wrong" as const },
      ...{ jobs: 0, exports: 0, overdue: 0 },
      problem: `${knob}: ${message}: ${remedy}`,
    }];
  });
}
