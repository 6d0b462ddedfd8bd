import {
  checkUserLog,
  type LogDifference,
  type UserLogReport,
} from "../lumberjack/files/events/check_log.ts";
import type { Terminal } from "../terminal/mod.ts";
import {
  type Command,
  ExitStatus,
  type FlagValues,
  type Invocation,
  UsageError,
} from "./command.ts";
import { openQueue, queueFlags } from "./queue_flags.ts";
import { count, listIds } from "./report.ts";

/** What `--json` prints. */
export type Json = UserLogReport;

/** `lumberjack events check` */
export const command: Command = {
  name: "events check",
  usage: ["events check LOG [--append]"],
  description: `
Reads a user log (the file that a submit description names with log) and asks the
queue and the history about each of its jobs. Names the jobs that have ended and
whose terminal event is missing: DAGMan and condor_wait wait for it. With --append
the missing events are written, as the jobs' owner, made from the jobs' attributes.`,
  flags: {
    append: {
      type: "boolean",
      help: "append the terminal events that are missing",
    },
    ...queueFlags,
  },
  examples: [
    {
      does: "see why condor_wait does not end",
      line: "lumberjack events check job.log",
    },
    {
      does: "write what is missing, so that DAGMan continues",
      line: "lumberjack events check my.dag.nodes.log --append",
    },
  ],
  isForOutput: true,
  async run({ flags, args, terminal }: Invocation): Promise<number> {
    const [log, ...more] = args;
    if (log === undefined || more.length > 0) {
      throw new UsageError("events check takes one user log", {
        remedy: "write lumberjack events check LOG",
      });
    }
    const queue = await openQueue(flags, {
      changes: false,
      note: (text) => terminal.message(text),
    });
    try {
      const report = await checkUserLog({
        log,
        queue,
        history: historyOf(flags),
        append: flags.boolean("append"),
        config: flags.has("queue") ? undefined : await configured(),
      });
      if (terminal.json) terminal.printJson<Json>(report);
      else show(report, terminal);
      return exitStatus(report);
    } finally {
      await queue.close();
    }
  },
};

/** A queue in a file has no history. */
function historyOf(flags: FlagValues) {
  if (flags.has("queue")) return undefined;
  return async (jobs: readonly string[]) => {
    const { readHistory } = await import("../condor/history.ts");
    const name = flags.string("name"), pool = flags.string("pool");
    return await readHistory(jobs, { name, pool });
  };
}

async function configured() {
  const { loadConfig } = await import("../condor/config.ts");
  const { userLogConfig } = await import(
    "../lumberjack/files/events/home_logs.ts"
  );
  return userLogConfig(await loadConfig());
}

function exitStatus(report: UserLogReport): number {
  if (report.jobs === 0) return ExitStatus.nothingMatched;
  const { missing, appended, contradicting, unknown, away } = report;
  const left = missing.length - appended + contradicting.length +
    unknown.length + away.length;
  return left > 0 ? ExitStatus.partial : ExitStatus.done;
}

function show(report: UserLogReport, terminal: Terminal): void {
  const { log, jobs, ended, unfinished } = report;
  terminal.line(
    `${log}: ${count(jobs, "job")}, ${ended} ended, ${unfinished} not yet`,
  );
  for (const [what, found] of groups(report.missing)) {
    terminal.line(`the end is missing for ${listIds(found)}: ${what}`);
  }
  for (const [what, found] of groups(report.contradicting)) {
    terminal.line(`the log says they ended: ${listIds(found)}: ${what}`);
  }
  if (report.away.length > 0) {
    terminal.line(
      `ended away, and the import is not finished: ${listIds(report.away)}: ` +
        "repeat lumberjack import",
    );
  }
  if (report.unknown.length > 0) {
    terminal.line(
      `neither in the queue nor in the history: ${listIds(report.unknown)}`,
    );
  }
  if (report.appended > 0) {
    terminal.line(`${count(report.appended, "terminal event")} appended`);
  } else if (report.missing.length > 0) {
    terminal.message("--append writes the events that are missing");
  }
}

/** Jobs with the same thing to say. */
function groups(found: readonly LogDifference[]): Map<string, string[]> {
  const all = new Map<string, string[]>();
  for (const { id, status, where } of found) {
    const what = `${status}, says the ${where}`;
    all.set(what, [...all.get(what) ?? [], id]);
  }
  return all;
}
