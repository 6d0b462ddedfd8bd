import { parseDuration } from "../lumberjack/remote/deadline.ts";
import { run, type RunEnd, type RunResult } from "../lumberjack/remote/run.ts";
import type { Terminal } from "../terminal/mod.ts";
import {
  type Command,
  ExitStatus,
  type FlagValues,
  type Invocation,
} from "./command.ts";
import { machineFlags, machineRequestOf } from "./machine_flags.ts";
import { adoptionLine } from "./remote_adopt.ts";
import { progressOf } from "./report.ts";
import { exportFlag, rejectArguments, requireFlag } from "./selection_flags.ts";

/** What `--json` prints. */
export type Json = RunResult;

/** `lumberjack remote run` */
export const command: Command = {
  name: "remote run",
  usage: [
    "remote run --in DIR|BUNDLE --spool DIR [--out BUNDLE] [--walltime T]",
  ],
  description:
    "Adopts the export, starts HTCondor on it without any privileges, runs the jobs, and\n" +
    "stops when every job has ended or the time is up. On a spool that holds the export\n" +
    "already it continues with the jobs that have not ended. T is a number of seconds, or\n" +
    "90m, 1.5h or HOURS:MINUTES:SECONDS. SIGTERM, SIGINT and SIGUSR1 end the run early.\n" +
    "With --interface, other nodes can join with lumberjack remote worker.",
  flags: {
    ...exportFlag,
    spool: {
      type: "string",
      value: "DIR",
      help:
        "the folder for the queue and the jobs' files; made if it is missing",
    },
    out: {
      type: "string",
      value: "BUNDLE",
      help: "write what has ended to this bundle at the end",
    },
    walltime: {
      type: "string",
      value: "T",
      help: "how long the run may take; without it what the batch system says",
    },
    margin: {
      type: "string",
      value: "T",
      help:
        "start no job in this last part of the time (default: a tenth, at most 5 minutes)",
    },
    "job-time-attribute": {
      type: "string",
      value: "NAME",
      help:
        "the attribute of jobs that says how many minutes they run, besides HTCondor's own",
    },
    ...machineFlags,
  },
  examples: [{
    does: "run for at most two hours, and pack what has ended",
    line:
      "lumberjack remote run --in export.tar.zst --spool spool --out back.tar.zst --walltime 2h",
  }],
  async run({ flags, args, terminal }: Invocation): Promise<number> {
    rejectArguments(args);
    const stop = new AbortController();
    const release = abortOnSignals(stop, terminal);
    try {
      const result = await run({
        in: requireFlag(flags, "in"),
        spool: requireFlag(flags, "spool"),
        out: flags.string("out"),
        walltime: durationOf(flags, "walltime"),
        margin: durationOf(flags, "margin"),
        jobTimeAttribute: flags.string("job-time-attribute"),
        ...machineRequestOf(flags),
        signal: stop.signal,
        progress: progressOf(terminal),
        note: (text) => terminal.message(text),
      });
      report(result, terminal);
      return exitStatus(result);
    } finally {
      release();
    }
  },
};

/** Reads a flag that is a duration, in seconds. */
export function durationOf(
  flags: FlagValues,
  name: string,
): number | undefined {
  const text = flags.string(name);
  return text === undefined ? undefined : parseDuration(text);
}

/** Aborts `stop` on the signals by which batch systems end a program. */
export function abortOnSignals(
  stop: AbortController,
  terminal: Terminal,
): () => void {
  const signals: Deno.Signal[] = ["SIGINT", "SIGTERM", "SIGUSR1"];
  const abort = () => {
    terminal.message("stopping the jobs");
    stop.abort();
  };
  for (const signal of signals) Deno.addSignalListener(signal, abort);
  return () => {
    for (const signal of signals) Deno.removeSignalListener(signal, abort);
  };
}

const reasons: Readonly<Record<RunEnd, string>> = {
  settled: "every job has ended",
  "no slot": "no slot fits the jobs that are left",
  "no time": "no job that is left can end in time",
  time: "the time is up",
  signal: "the run was told to end",
  daemons: "HTCondor ended",
  schedd: "the schedd ended",
};

function exitStatus({ counts }: RunResult): number {
  return counts.completed === counts.jobs
    ? ExitStatus.done
    : ExitStatus.partial;
}

function report(result: RunResult, terminal: Terminal): void {
  terminal.progress("");
  if (terminal.json) {
    terminal.printJson<Json>(result);
    return;
  }
  const { adoption, counts, packed, end } = result;
  if (!adoption.already) terminal.message(adoptionLine(adoption));
  terminal.line(`${reasons[end]}: ${stateLine(counts)}${packedPart(packed)}`);
}

function packedPart(packed: RunResult["packed"]): string {
  if (packed === undefined) return "";
  const part = packed.final ? "the last part" : "a part";
  return `; ${packed.out} has ${packed.packed} of them (${part})`;
}

/** The jobs by state, in one line. */
export function stateLine(counts: RunResult["counts"]): string {
  const { jobs, completed, removed, held, running, idle } = counts;
  const states = Object.entries({ completed, removed, held, running, idle })
    .filter(([, count]) => count > 0)
    .map(([state, count]) => `${count} ${state}`);
  return `of ${jobs} jobs ${states.join(", ")}`;
}
