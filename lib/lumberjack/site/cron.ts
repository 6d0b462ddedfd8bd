import { loadConfig } from "../../condor/mod.ts";
import { LumberjackError } from "../error.ts";
import { userLogConfig } from "../files/events/home_logs.ts";
import type { JobQueue } from "../queue/job_queue.ts";
import { cronFolder } from "./cron_folder.ts";
import { type CronSettings, cronSettings } from "./cron_settings.ts";
import { appendHistory, type HistoryEvent } from "./journal/history.ts";
import {
  aliveUntil,
  privilegedPass,
  readLastPass,
  writeLastPass,
} from "./journal/last_pass.ts";
import { metricsText, writeMetrics } from "./journal/metrics.ts";
import { appendToLog, describeEvent } from "./journal/pass_log.ts";
import { type PassReport, runPass } from "./pass.ts";
import { type PassOutcome, publishedLines } from "./publish.ts";
import { loadSites, type Sites } from "./read_sites.ts";
import { oneLine } from "./retry.ts";

/** What a pass needs from its caller. */
export interface CronRequest {
  /** Opens the queue; it is closed after the pass. */
  readonly openQueue: () => Promise<JobQueue>;
  /** How long it is from one pass to the next, in seconds, if that is known. */
  readonly period?: number;
  /** A file for Prometheus, instead of that of the configuration. */
  readonly metrics?: string;
  /** Called with a short progress message. */
  readonly progress?: (text: string) => void;
}

/** What a pass came to. */
export interface CronResult {
  /** What the schedd's ad is to say: lines `NAME = VALUE`. */
  readonly lines: readonly string[];
  /** What was done; undefined if the pass failed, or only published. */
  readonly report: PassReport | undefined;
  /** Why the pass as a whole failed, as one line. */
  readonly problem: string | undefined;
  /** LUMBERJACK_DIR, as far as it is known. */
  readonly folder: string | undefined;
}

/**
 * Reads the configuration and runs one pass over all sites. Never throws: a pass
 * that fails says so in what it publishes. As long as root runs passes, a pass
 * of another user only publishes their results.
 */
export async function cronPass(request: CronRequest): Promise<CronResult> {
  return await new Cron(request).run();
}

const noSites: Sites = {
  ...{ sites: [], problems: [], folder: undefined, general: {} },
};

/** One run of `lumberjack cron`. */
class Cron {
  readonly #request: CronRequest;
  readonly #events: HistoryEvent[] = [];
  readonly #start = performance.now();
  #sites = noSites;
  #settings: CronSettings = { log: undefined, metrics: undefined };
  #folder: string | undefined;

  constructor(request: CronRequest) {
    this.#request = request;
  }

  async run(): Promise<CronResult> {
    let outcome: PassOutcome;
    try {
      // HTCondor's tools need a tenth of a second each.
      const [sites, config] = await Promise.all([loadSites(), loadConfig()]);
      this.#sites = sites;
      this.#settings = cronSettings(this.#sites, config);
      requireSites(this.#sites);
      const folder = this.#folder = await cronFolder(this.#sites);
      const other = Deno.uid() === 0
        ? undefined
        : privilegedPass(folder, new Date());
      if (other) return this.#result({ lines: other.lines });
      outcome = { report: await this.#work(folder, userLogConfig(config)) };
    } catch (error) {
      outcome = { problem: oneLine(error) };
    }
    const now = new Date();
    const seconds = Math.floor(now.getTime() / 1000);
    const lines = publishedLines(this.#sites, outcome, seconds);
    const problem = "problem" in outcome ? outcome.problem : undefined;
    const report = "report" in outcome ? outcome.report : undefined;
    const untold = this.#tell({ lines, report, problem, now });
    return this.#result({ lines, report, problem: problem ?? untold });
  }

  async #work(
    folder: string,
    userLogs: ReturnType<typeof userLogConfig>,
  ): Promise<PassReport> {
    const { openQueue, progress } = this.#request;
    const queue = await openQueue();
    try {
      return await runPass(queue, {
        ...{ sites: this.#sites, folder, progress, userLogs },
        isCareful: readLastPass(folder)?.queueProblem !== undefined,
        note: (event) => this.#events.push(event),
      });
    } finally {
      await queue.close();
    }
  }

  /**
   * Writes history, log, metrics and what the pass came to. Returns why that
   * failed: the disk is full, say.
   */
  #tell({ lines, report, problem, now }: {
    readonly lines: readonly string[];
    readonly report: PassReport | undefined;
    readonly problem: string | undefined;
    readonly now: Date;
  }): string | undefined {
    // The pass that is under way tells what it came to.
    if (report?.isBusy) return undefined;
    const { log, metrics } = this.#settings;
    const said = this.#events.map(describeEvent);
    if (problem !== undefined) said.push(`the pass failed: ${problem}`);
    if (report?.problem !== undefined) said.push(report.problem);
    if (log) appendToLog(log, said, now);
    try {
      if (this.#folder !== undefined) {
        appendHistory(this.#folder, this.#events);
        writeLastPass(this.#folder, {
          ...{ at: now.toISOString(), lines },
          ...{ uid: Deno.uid() ?? -1, pid: Deno.pid },
          aliveUntil: aliveUntil(now, this.#request.period).toISOString(),
          queueProblem: report?.problem,
        });
      }
      const file = this.#request.metrics ?? metrics;
      if (file !== undefined) {
        const seconds = (performance.now() - this.#start) / 1000;
        const at = Math.floor(now.getTime() / 1000);
        writeMetrics(file, metricsText(this.#sites, report, at, seconds));
      }
      return undefined;
    } catch (error) {
      return oneLine(error);
    }
  }

  #result(
    result: Pick<CronResult, "lines"> & Partial<CronResult>,
  ): CronResult {
    const { report, problem, lines } = result;
    return { lines, report, problem, folder: this.#folder };
  }
}

function requireSites({ sites, problems }: Sites): void {
  if (sites.length > 0 || problems.length > 0) return;
  throw new LumberjackError("no site is configured", {
    remedy: "set LUMBERJACK_SITES and the knobs of each site",
  });
}
