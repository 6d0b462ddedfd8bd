import type { JobId } from "../job/id.ts";

/** What a pass did for one site. */
export interface SiteReport {
  /** The site's name. */
  readonly site: string;
  /** How many jobs came home. */
  home: number;
  /** How many jobs were removed here, and unlocked. */
  removed: number;
  /** How many jobs were exported. */
  exported: number;
  /** How many bundles were sent. */
  sent: number;
  /** How many jobs are away after the pass. */
  away: number;
  /** How many exports are away for longer than RETURN_BY. */
  overdue: number;
  /** What is wrong; undefined if nothing is. */
  problem?: string;
  /** Since when it is wrong, ISO 8601, UTC. */
  since?: string;
}

/** The locked jobs of an export. */
export interface LockedOfExport {
  /** The jobs. */
  readonly jobs: readonly JobId[];
  /** Those that are removed here (state X). */
  readonly removed: readonly JobId[];
}

/** The locked jobs of an export that has none. */
export const nothingLocked: LockedOfExport = { jobs: [], removed: [] };
