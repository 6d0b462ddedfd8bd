import type { PassReport } from "../lumberjack/site/pass.ts";
import { cronPass, type CronResult } from "../lumberjack/site/cron.ts";
import { endPasses } from "../lumberjack/site/journal/last_pass.ts";
import type { Terminal } from "../terminal/mod.ts";
import {
  type Command,
  ExitStatus,
  type Invocation,
  UsageError,
} from "./command.ts";
import { openQueue, queueFlags } from "./queue_flags.ts";
import { type RecoveryJson, recoveryJson } from "./recover.ts";
import { progressOf } from "./report.ts";
import { rejectArguments } from "./selection_flags.ts";

/** What `--json` prints: one document for each pass. */
export interface Json {
  /** What was done; missing if the pass failed, or only published. */
  readonly report?: Omit<PassReport, "recovered"> & {
    /** What recover found first. */
    readonly recovered: readonly RecoveryJson[];
  };
  /** Why the pass as a whole failed, as one line. */
  readonly problem?: string;
}

/** `lumberjack cron` */
export const command: Command = {
  name: "cron",
  usage: ["cron [--loop [--period SECONDS]]"],
  description:
    "Recovers interrupted exports, imports what came back, exports what matches and\n" +
    "sends it, for each site of LUMBERJACK_SITES. Prints lines NAME = VALUE, which\n" +
    "SCHEDD_CRON puts into the schedd's ad. Two passes never overlap.",
  flags: {
    loop: {
      type: "boolean",
      help: "run passes until SIGTERM, as a program under condor_master",
    },
    period: {
      type: "number",
      value: "SECONDS",
      help: "with --loop: from the end of a pass to the next (default 60)",
    },
    metrics: {
      type: "string",
      value: "FILE",
      help: "write numbers for Prometheus to FILE (node_exporter reads *.prom)",
    },
    ...queueFlags,
  },
  examples: [
    { does: "one pass now", line: "lumberjack cron" },
    {
      does: "under condor_master (LUMBERJACK_ARGS)",
      line: "lumberjack cron --loop --period 60",
    },
  ],
  async run({ flags, args, terminal }: Invocation): Promise<number> {
    rejectArguments(args);
    const period = flags.number("period") ?? 60;
    if (flags.has("period") && !flags.boolean("loop")) {
      throw new UsageError("--period is for passes in a loop", {
        remedy: "add --loop, or leave it out",
      });
    }
    const pass = async () => {
      const result = await cronPass({
        openQueue: () => openQueue(flags, { changes: true, isLazy: true }),
        period: flags.boolean("loop") ? period : undefined,
        metrics: flags.string("metrics"),
        progress: progressOf(terminal),
      });
      print(result, terminal);
      return result;
    };
    if (flags.boolean("loop")) return await loop(pass, period, terminal);
    return exitStatus(await pass());
  },
};

function print(result: CronResult, terminal: Terminal): void {
  terminal.progress("");
  if (terminal.json) {
    terminal.printJson<Json>({
      report: result.report && {
        ...result.report,
        recovered: result.report.recovered.map(recoveryJson),
      },
      problem: result.problem,
    });
    return;
  }
  for (const line of result.lines) terminal.line(line);
  // SCHEDD_CRON publishes what came up to such a line.
  terminal.line("-");
}

function exitStatus({ report, problem }: CronResult): number {
  if (problem !== undefined) return ExitStatus.failed;
  // If root runs passes, this one has only published their results.
  if (report === undefined) return ExitStatus.done;
  return report.sites.some(({ problem }) => problem !== undefined)
    ? ExitStatus.partial
    : ExitStatus.done;
}

/**
 * Runs passes until SIGTERM. A pass may be killed at any instruction, so SIGTERM
 * ends the process at once. SIGHUP, which condor_reconfig sends, starts the next
 * pass now, or right after the one that is under way; each pass reads the
 * configuration.
 */
async function loop(
  pass: () => Promise<CronResult>,
  period: number,
  terminal: Terminal,
): Promise<number> {
  let folder: string | undefined;
  let isWoken = false;
  let wake = () => {};
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    Deno.addSignalListener(signal, () => {
      try {
        if (folder !== undefined) endPasses(folder, Deno.pid);
      } finally {
        Deno.exit(ExitStatus.done);
      }
    });
  }
  Deno.addSignalListener("SIGHUP", () => {
    isWoken = true;
    wake();
  });
  for (;;) {
    isWoken = false;
    const result = await pass();
    terminal.flush();
    folder = result.folder;
    if (isWoken) continue;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, period * 1000);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
