/**
 * What the jobs of an export ask for.
 *
 * @module
 */
import type { QueueAd, QueueTable } from "../../../queue_log/mod.ts";
import { integerOf } from "../../job/attribute_values.ts";
import { isSettled } from "../job_states.ts";

/** Jobs that ask for the same. */
export interface Demand {
  /** How many jobs. */
  readonly jobs: number;
  /** Cores of each. */
  readonly cpus: number;
  /** Memory of each, in MB. */
  readonly memory: number;
  /** GPUs of each. */
  readonly gpus: number;
  /** How long each runs, in seconds; undefined if it does not say it. */
  readonly seconds: number | undefined;
}

/**
 * Returns what the jobs ask for that have not ended, those who ask for the same
 * together. `timeAttribute` names one more attribute that says how many minutes a
 * job runs.
 */
export function demandsOf(
  table: QueueTable,
  timeAttribute?: string,
): Demand[] {
  const found = new Map<string, Demand>();
  for (const ad of table.procs()) {
    if (isSettled(ad)) continue;
    const demand = {
      cpus: Math.max(1, integerOf(ad, "RequestCpus") ?? 1),
      memory: Math.max(0, integerOf(ad, "RequestMemory") ?? 0),
      gpus: Math.max(0, integerOf(ad, "RequestGPUs") ?? 0),
      seconds: secondsOf(ad, timeAttribute),
    };
    const key = JSON.stringify(demand);
    const jobs = (found.get(key)?.jobs ?? 0) + 1;
    found.set(key, { jobs, ...demand });
  }
  return [...found.values()];
}

function secondsOf(ad: QueueAd, attribute?: string): number | undefined {
  const seconds = integerOf(ad, "AllowedJobDuration");
  if (seconds !== undefined && seconds > 0) return seconds;
  for (const name of [attribute, "MaxWallTimeMins"]) {
    const minutes = name === undefined ? undefined : integerOf(ad, name);
    if (minutes !== undefined && minutes > 0) return 60 * minutes;
  }
  return undefined;
}
