import { daemonOf, salvage, type SalvageReport } from "../queue_log/mod.ts";
import type { Terminal } from "../terminal/mod.ts";
import { type Command, ExitStatus, type Invocation } from "./command.ts";
import { requireFiles } from "./log.ts";

/** What `--json` prints. */
export type Json = SalvageReport;

/** `lumberjack log salvage` */
export const command: Command = {
  name: "log salvage",
  usage: ["log salvage FILE [--out FILE] [--from FILE...] [--trust-end]"],
  description: `
Says what is damaged, and what happens to each job. Without --out nothing is
written. The damaged log is never changed, and no file is overwritten.

A job may start by itself only if it cannot have ended or started again in the
part that is lost. Every other job comes out held, with a hold reason that says
so. A factory that could make jobs again comes out paused. The exit status is 0 if
nothing was lost, held or guessed, and 4 otherwise.

The logs of the negotiator and of the collector are salvaged too. Every ad is kept
there, and those that may be out of date are named.`,
  flags: {
    out: { type: "string", value: "FILE", help: "the new log" },
    from: {
      type: "list",
      value: "FILE",
      help: "older rotated logs or backups, which can add attributes and jobs",
    },
    "trust-end": {
      type: "boolean",
      help:
        "the end of the log is its true end: the schedd crashed, nobody cut the file",
    },
    "dry-run": {
      type: "boolean",
      help: "write nothing (as without --out)",
    },
  },
  examples: [
    {
      line: "lumberjack log salvage job_queue.log",
      does: "say what a salvage would do",
    },
    {
      line:
        "lumberjack log salvage job_queue.log --out salvaged.log --from job_queue.log.7",
      does: "write the new log, with what a rotated log adds",
    },
  ],
  run({ flags, args, terminal }: Invocation): number {
    const [file] = requireFiles(args, 1);
    const report = salvage(file, {
      out: flags.boolean("dry-run") ? undefined : flags.string("out"),
      from: flags.list("from"),
      trustEnd: flags.boolean("trust-end"),
    });
    if (terminal.json) terminal.printJson<Json>(report);
    else show(report, terminal);
    return report.sound && report.changes.length === 0
      ? ExitStatus.done
      : ExitStatus.partial;
  },
};

function show(report: SalvageReport, terminal: Terminal): void {
  const { file, out } = report;
  for (const { line, kind, message, offset } of report.damage) {
    terminal.line(`${file}:${line}: ${message} [${kind}, byte ${offset}]`);
  }
  if (report.omitted > 0) {
    terminal.line(`${file}: ${report.omitted} more places`);
  }
  const what = report.kind === "job-queue" ? "job" : "ad";
  for (const { id, change, reason } of report.changes) {
    terminal.line(`${what} ${id}: ${words[change]}: ${reason}`);
  }
  terminal.line(
    report.kind === "job-queue"
      ? `${out ?? file}: ${report.kept + report.held} jobs, ` +
        `${report.held} of them held by this salvage; ` +
        `${report.leftOut} left out`
      : `${out ?? file}: ${report.kept} ads; ${report.leftOut} left out`,
  );
  if (out === undefined) {
    terminal.message("nothing was written: name the new log with --out");
  } else {
    terminal.message(
      `put it in the place of ${file} before the ${
        daemonOf(report.kind)
      } starts`,
    );
  }
}

const words: Record<SalvageReport["changes"][number]["change"], string> = {
  held: "held",
  completed: "values added",
  "left-out": "left out",
  doubtful: "may be out of date",
};
