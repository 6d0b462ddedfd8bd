import { LumberjackError } from "../error.ts";
import type { JobQueue } from "../queue/job_queue.ts";
import { cronFolder } from "./cron_folder.ts";
import { type PassReport, runPass } from "./pass.ts";
import { type PassOutcome, publishedLines } from "./publish.ts";
import { loadSites, type Sites } from "./read_sites.ts";
import { oneLine } from "./retry.ts";

/** What a pass needs from its caller. */
export interface CronRequest {
  /** Opens the queue; it is closed after the pass. */
  readonly openQueue: () => Promise<JobQueue>;
  /** Called with a short progress message. */
  readonly progress?: (text: string) => void;
}

/** What a pass came to. */
export interface CronResult {
  /** What the schedd's ad is to say: lines `NAME = VALUE`. */
  readonly lines: readonly string[];
  /** What was done; undefined if the pass as a whole failed. */
  readonly report: PassReport | undefined;
  /** Why the pass as a whole failed, as one line. */
  readonly problem: string | undefined;
}

/**
 * Reads the configuration and runs one pass over all sites. Never throws: a pass
 * that fails says so in what it publishes.
 */
export async function cronPass(request: CronRequest): Promise<CronResult> {
  let sites: Sites = { sites: [], problems: [], folder: undefined };
  let outcome: PassOutcome;
  try {
    sites = await loadSites();
    outcome = { report: await pass(sites, request) };
  } catch (error) {
    outcome = { problem: oneLine(error) };
  }
  const lines = publishedLines(sites, outcome, Math.floor(Date.now() / 1000));
  return {
    lines,
    report: "report" in outcome ? outcome.report : undefined,
    problem: "problem" in outcome ? outcome.problem : undefined,
  };
}

async function pass(
  sites: Sites,
  { openQueue, progress }: CronRequest,
): Promise<PassReport> {
  if (sites.sites.length === 0 && sites.problems.length === 0) {
    throw new LumberjackError("no site is configured", {
      remedy: "set LUMBERJACK_SITES and the knobs of each site",
    });
  }
  const folder = await cronFolder(sites);
  const queue = await openQueue();
  try {
    return await runPass(queue, { sites, folder, progress });
  } finally {
    await queue.close();
  }
}
