import { SelectionError } from "../error.ts";

/** A job's id, which users write as `CLUSTER.PROC`. */
export interface JobId {
  /** The number before the dot. */
  readonly cluster: number;
  /** The number after the dot. */
  readonly proc: number;
}

/** One job, or all jobs of a cluster. */
export interface JobIdPattern {
  /** The number before the dot. */
  readonly cluster: number;
  /** The number after the dot; undefined for all jobs of the cluster. */
  readonly proc?: number;
}

/** The largest number in an id: HTCondor keeps both in 32-bit integers. */
const largest = 2 ** 31 - 1;

/** Returns the id as `CLUSTER.PROC`. */
export function formatJobId(id: JobId): string {
  return `${id.cluster}.${id.proc}`;
}

/** Compares two ids by cluster, then by proc, as condor_q sorts them. */
export function compareJobIds(a: JobId, b: JobId): number {
  return a.cluster - b.cluster || a.proc - b.proc;
}

/**
 * Reads `CLUSTER` or `CLUSTER.PROC`. Throws {@linkcode SelectionError} for
 * anything else, and for cluster 0, which holds no jobs.
 */
export function parseJobIdPattern(text: string): JobIdPattern {
  const match = /^(\d{1,10})(?:\.(\d{1,10}))?$/.exec(text);
  const cluster = Number(match?.[1]);
  const proc = match?.[2] === undefined ? undefined : Number(match[2]);
  if (!match || cluster < 1 || cluster > largest || (proc ?? 0) > largest) {
    throw new SelectionError("not a job ID", {
      subject: text,
      remedy: "write CLUSTER or CLUSTER.PROC, as condor_q shows them",
    });
  }
  return { cluster, proc };
}
