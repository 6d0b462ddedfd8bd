import {
  kindOfLog,
  parseScheddVersion,
  type Problem,
  QueueLogError,
  type ScheddVersion,
  verify,
  type VerifyReport,
} from "../queue_log/mod.ts";
import type { Terminal } from "../terminal/mod.ts";
import {
  type Command,
  ExitStatus,
  type Invocation,
  UsageError,
} from "./command.ts";

/** What is said about one log. */
type ReportJson = Omit<VerifyReport, "omitted"> & {
  /** How many problems were found beyond the first hundred thousand, if any. */
  readonly omitted?: number;
};

/** What `--json` prints: the report, or with several files a list of reports. */
export type Json = ReportJson | readonly ReportJson[];

/** `lumberjack log verify` */
export const command: Command = {
  name: "log verify",
  usage: ["log verify FILE... [--for VERSION]"],
  description: `
A schedd starts on a log, refuses it, or starts and silently drops a part of it.
A log is ok (exit status 0) if a schedd starts on it with everything that is in it.
A log with warnings can be ok. With --for, warnings also say which ads a schedd of
that version does not know, or treats in another way. With --json and several files
the document is a list.

The logs of the negotiator and of the collector are checked too.`,
  flags: {
    for: {
      type: "string",
      value: "VERSION",
      help: "the version of HTCondor that will load the log, such as 23.9.6",
    },
  },
  examples: [
    {
      line: "lumberjack log verify returned/job_queue.log",
      does: "check a log before you give it to a schedd",
    },
    {
      line: "lumberjack log verify --json job_queue.log",
      does: "the same, for a program",
    },
    {
      line: "lumberjack log verify job_queue.log --for 23.9.6",
      does: "check a log before you go back to an older HTCondor",
    },
  ],
  run({ flags, args, terminal }: Invocation): number {
    if (args.length === 0) {
      throw new UsageError("file is missing", {
        remedy: "name a job_queue.log",
      });
    }
    const version = versionOf(flags.string("for"));
    const reports = args.map((file) =>
      verify(file, { version, kind: kindOfLog(file) })
    );
    if (terminal.json) {
      const documents = reports.map(({ omitted, ...report }) =>
        omitted > 0 ? { ...report, omitted } : report
      );
      terminal.printJson<Json>(
        documents.length === 1 ? documents[0] : documents,
      );
    } else {
      for (const report of reports) show(report, terminal);
    }
    return reports.every((report) => report.ok)
      ? ExitStatus.done
      : ExitStatus.failed;
  },
};

function versionOf(text: string | undefined): ScheddVersion | undefined {
  if (text === undefined) return undefined;
  try {
    return parseScheddVersion(text);
  } catch (cause) {
    if (!(cause instanceof QueueLogError)) throw cause;
    throw new UsageError(cause.message, {
      cause,
      subject: cause.subject,
      remedy: cause.remedy,
    });
  }
}

const marks: Record<Problem["severity"], string> = {
  fatal: "fatal",
  loss: "loss",
  warning: "warning",
};

function show(report: VerifyReport, terminal: Terminal): void {
  for (const { line, offset, kind, message, severity } of report.problems) {
    terminal.line(
      `${report.file}:${line}: ${
        marks[severity]
      }: ${message} [${kind}, byte ${offset}]`,
    );
  }
  if (report.omitted > 0) {
    terminal.line(`${report.file}: ${report.omitted} more problems`);
  }
  const { header, users, clusters, jobs, other } = report.ads;
  const ads = report.kind === "job-queue"
    ? `${jobs} jobs, ${clusters} clusters, ${users} users, ` +
      `${header} header, ${other} other ads`
    : `${other} ads`;
  terminal.line(`${report.file}: ${report.summary}`);
  terminal.line(
    `${report.file}: ${report.records} records, ${report.transactions} transactions; ${ads}`,
  );
  if (!report.ok) {
    terminal.message(
      `lumberjack log salvage ${report.file} says what can be saved`,
    );
  }
}
