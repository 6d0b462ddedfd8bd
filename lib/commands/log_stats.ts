import {
  daemonOf,
  type LogShare,
  type LogStats,
  logStats,
} from "../queue_log/mod.ts";
import { formatTable, type Terminal } from "../terminal/mod.ts";
import { type Command, ExitStatus, type Invocation } from "./command.ts";
import { requireFiles } from "./log.ts";

/** What `--json` prints. */
export type Json = LogStats;

/** `lumberjack log stats` */
export const command: Command = {
  name: "log stats",
  usage: ["log stats FILE [--top N]"],
  description: `
Counts records, bytes and transactions by record type, attribute, owner, cluster
and hour, and in the logs of the negotiator and of the collector by ad. Records have
no time: an hour begins when a QDate or an EnteredCurrentStatus of that hour is set
(there: a LastUpdateTime or a LastHeardFrom). --json has every row.`,
  flags: {
    top: {
      type: "number",
      value: "N",
      help: "show this many rows of each table (default: 10)",
    },
  },
  examples: [{
    line: "lumberjack log stats /var/lib/condor/spool/job_queue.log",
    does: "find out why the log is so large",
  }],
  isForOutput: true,
  run({ flags, args, terminal }: Invocation): number {
    const [file] = requireFiles(args, 1);
    const stats = logStats(file);
    if (terminal.json) {
      terminal.printJson<Json>(stats);
      return ExitStatus.done;
    }
    const top = Math.max(1, Math.trunc(flags.number("top") ?? 10));
    show("RECORD TYPE", stats.types, stats.bytes, top, terminal);
    show("ATTRIBUTE", stats.attributes, stats.bytes, top, terminal);
    if (stats.kind === "job-queue") {
      show("OWNER", stats.owners, stats.bytes, top, terminal);
      show("CLUSTER", stats.clusters, stats.bytes, top, terminal);
    } else show("AD", stats.keys, stats.bytes, top, terminal);
    show("HOUR (UTC)", stats.hours, stats.bytes, top, terminal);
    terminal.line(
      `${file}: ${stats.records} records in ${stats.bytes} bytes, ` +
        `${stats.transactions} transactions`,
    );
    if (stats.bytesRead < stats.bytes) {
      terminal.line(
        `${file}: a ${
          daemonOf(stats.kind)
        } reads ${stats.bytesRead} of these bytes; ` +
          "`lumberjack log verify` says why",
      );
    }
    const { records, bytes } = stats.compacted;
    terminal.line(
      `${file}: compacted, ${records} records in ${bytes} bytes`,
    );
    return ExitStatus.done;
  },
};

function show(
  head: string,
  shares: readonly LogShare[],
  all: number,
  top: number,
  terminal: Terminal,
): void {
  const rows = shares.slice(0, top).map((share) => [
    share.name,
    String(share.records),
    String(share.bytes),
    `${(100 * share.bytes / Math.max(1, all)).toFixed(1)}%`,
    String(share.transactions),
  ]);
  const heads = [head, "RECORDS", "BYTES", "SHARE", "TRANSACTIONS"];
  terminal.write(formatTable([heads, ...rows], { right: [1, 2, 3, 4] }));
  if (shares.length > top) terminal.line(`and ${shares.length - top} more`);
  terminal.line();
}
