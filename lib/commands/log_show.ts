import { evaluate } from "../classad/mod.ts";
import {
  ConstraintError,
  daemonOf,
  type LoadedLog,
  longAd,
  openLoaded,
  type PrintedAd,
  printedAd,
  type PrintOptions,
  type QueueAd,
  QueueTable,
  selectAds,
} from "../queue_log/mod.ts";
import { formatTable, type Terminal } from "../terminal/mod.ts";
import { showAds } from "./log_show_ads.ts";
import {
  type Command,
  ExitStatus,
  type Invocation,
  UsageError,
} from "./command.ts";
import { damageFlags, requireFiles, tableOptions } from "./log.ts";

/** What `--json` prints. */
export interface Json {
  /** The ads, in the order of the log. */
  readonly ads: readonly PrintedAd[];
}

/** `lumberjack log show` */
export const command: Command = {
  name: "log show",
  usage: [
    "log show FILE [--constraint EXPR] [--attributes A,B,...] [--chained] [--long | --json]",
  ],
  description: `
The table lists jobs as condor_q does. With --attributes, these are its columns.
--long and --json print every ad (header, users, clusters, jobs). With a constraint
they print only the jobs that match.

The negotiator's Accountantnew.log and the collector's COLLECTOR_PERSISTENT_AD_LOG
are shown too: their ads, or those that match the constraint.

If the log is damaged, this verb shows what a schedd would load, says on standard
error what it would not load, and exits with 4.`,
  flags: {
    constraint: {
      type: "string",
      value: "EXPR",
      help: "only jobs for which this ClassAd expression is true",
    },
    attributes: {
      type: "string",
      value: "A,B,...",
      aliases: ["af"],
      help: "only these attributes",
    },
    chained: {
      type: "boolean",
      help: "show jobs with the attributes of their cluster ad",
    },
    long: {
      type: "boolean",
      aliases: ["l"],
      help: "print ClassAd text, one attribute on each line",
    },
    ...damageFlags,
  },
  examples: [
    {
      line: "lumberjack log show job_queue.log",
      does: "show the jobs in a table",
    },
    {
      line:
        "lumberjack log show job_queue.log --constraint 'JobStatus == 5' --attributes Owner,HoldReason",
      does: "show two attributes of the held jobs",
    },
    {
      line: "lumberjack log show job_queue.log --chained --json",
      does: "print everything, for a program",
    },
  ],
  isForOutput: true,
  run({ flags, args, terminal }: Invocation): number {
    const [file] = requireFiles(args, 1);
    const loaded = flags.boolean("tolerant") ? undefined : openLoaded(file);
    using table = loaded?.table ?? QueueTable.open(
      file,
      tableOptions(flags, file),
    );
    const options: PrintOptions = {
      constraint: flags.string("constraint"),
      attributes: namesOf(flags.string("attributes")),
      chained: flags.boolean("chained"),
    };
    const ads = select(table, options);
    let count: number;
    if (terminal.json) count = showJson(ads, options, terminal);
    else if (flags.boolean("long")) count = showLong(ads, options, terminal);
    else if (table.kind === "job-queue") {
      count = showTable(jobsById(ads, table), options, terminal);
    } else count = showAds(table.kind, ads, options, terminal);
    if (loaded !== undefined && loaded.dropped > 0) {
      terminal.message(
        `a schedd removes ${loaded.dropped} of these jobs when it starts: ` +
          "`lumberjack log verify` says why",
      );
    }
    if (loaded !== undefined && loaded.damage.length > 0) {
      sayWhatIsMissing(file, loaded, daemonOf(table.kind), terminal);
      return ExitStatus.partial;
    }
    return count === 0 && options.constraint !== undefined
      ? ExitStatus.nothingMatched
      : ExitStatus.done;
  },
};

function sayWhatIsMissing(
  file: string,
  { damage, refused }: LoadedLog,
  daemon: string,
  terminal: Terminal,
): void {
  for (const { line, message } of damage) {
    terminal.error(`${file}:${line}: ${message}`);
  }
  terminal.error(
    refused
      ? `${file}: a ${daemon} does not start on this log; the records before the damage are shown: see \`lumberjack log salvage\``
      : `${file}: this is what a ${daemon} would load: see \`lumberjack log salvage\` for the rest`,
  );
}

function select(
  table: QueueTable,
  options: PrintOptions,
): Iterable<QueueAd> {
  try {
    return selectAds(table, options);
  } catch (error) {
    if (!(error instanceof ConstraintError)) throw error;
    throw new UsageError(error.message, {
      cause: error,
      subject: error.subject,
      remedy: error.remedy,
    });
  }
}

function namesOf(list: string | undefined): string[] | undefined {
  return list?.split(/[\s,]+/).filter((name) => name !== "");
}

function showJson(
  ads: Iterable<QueueAd>,
  options: PrintOptions,
  terminal: Terminal,
): number {
  let count = 0;
  terminal.write('{"ads": [');
  for (const ad of ads) {
    const printed: Json["ads"][number] = printedAd(ad, options);
    terminal.write(count++ === 0 ? "\n" : ",\n");
    terminal.write(JSON.stringify(printed));
  }
  terminal.line(count === 0 ? "]}" : "\n]}");
  return count;
}

function showLong(
  ads: Iterable<QueueAd>,
  options: PrintOptions,
  terminal: Terminal,
): number {
  let count = 0;
  for (const ad of ads) {
    if (count++ > 0) terminal.line();
    terminal.write(longAd(ad, options));
  }
  return count;
}

const heads = [
  "ID",
  "OWNER",
  "SUBMITTED",
  "RUN_TIME",
  "ST",
  "PRI",
  "SIZE",
  "CMD",
];
const pageSize = 1000;

/**
 * Yields the jobs in the order of their ids, as condor_q has them. A log may have
 * millions: meanwhile only their ids are kept.
 */
function* jobsById(
  ads: Iterable<QueueAd>,
  table: QueueTable,
): Iterable<QueueAd> {
  const clusters: number[] = [], procs: number[] = [];
  for (const { kind, cluster, proc } of ads) {
    if (kind !== "proc") continue;
    clusters.push(cluster);
    procs.push(proc);
  }
  const order = Uint32Array.from(clusters.keys())
    .sort((a, b) => clusters[a] - clusters[b] || procs[a] - procs[b]);
  for (const at of order) {
    const ad = table.find(clusters[at], procs[at]);
    if (ad !== undefined) yield ad;
  }
}

/** Columns are set a page at a time. */
function showTable(
  ads: Iterable<QueueAd>,
  options: PrintOptions,
  terminal: Terminal,
): number {
  const { attributes } = options;
  const head = attributes === undefined ? heads : ["ID", ...attributes];
  const format = attributes === undefined ? { right: [3, 5, 6] } : {};
  let page: string[][] = [head];
  let count = 0;
  for (const ad of ads) {
    count++;
    page.push(
      attributes === undefined
        ? jobRow(ad)
        : [ad.key, ...attributes.map((name) => ad.chainedText(name) ?? "")],
    );
    if (page.length > pageSize) {
      terminal.write(formatTable(page, format));
      page = [];
    }
  }
  terminal.write(formatTable(page, format));
  terminal.message(`${count} job${count === 1 ? "" : "s"}`);
  return count;
}

const states = "UIRXCH>S";

function jobRow(ad: QueueAd): string[] {
  const status = numberOf(ad, "JobStatus");
  return [
    ad.key,
    textOf(ad, "Owner"),
    date(numberOf(ad, "QDate")),
    duration(numberOf(ad, "RemoteWallClockTime")),
    status === undefined ? "?" : states[status] ?? String(status),
    String(numberOf(ad, "JobPrio") ?? 0),
    ((numberOf(ad, "ImageSize") ?? 0) / 1024).toFixed(1),
    `${textOf(ad, "Cmd").replace(/^.*\//, "")} ${argumentsOf(ad)}`.trim(),
  ];
}

function argumentsOf(ad: QueueAd): string {
  return ad.chainedText("Arguments") === undefined
    ? textOf(ad, "Args")
    : textOf(ad, "Arguments");
}

function valueOf(ad: QueueAd, name: string) {
  const expr = ad.lookup(name);
  return expr && evaluate(expr, ad);
}

function numberOf(ad: QueueAd, name: string): number | undefined {
  const value = valueOf(ad, name);
  return typeof value === "bigint" || typeof value === "number"
    ? Number(value)
    : undefined;
}

function textOf(ad: QueueAd, name: string): string {
  const value = valueOf(ad, name);
  return typeof value === "string" ? value : "";
}

/** `M/D HH:MM`, in local time, as condor_q has it. */
function date(seconds: number | undefined): string {
  if (seconds === undefined) return "?";
  const time = new Date(seconds * 1000);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${time.getMonth() + 1}/${time.getDate()} ${two(time.getHours())}:${
    two(time.getMinutes())
  }`;
}

/** `D+HH:MM:SS` */
function duration(seconds: number | undefined): string {
  const total = Math.max(0, Math.trunc(seconds ?? 0));
  const two = (n: number) => String(Math.trunc(n)).padStart(2, "0");
  return `${Math.trunc(total / 86400)}+${two(total / 3600 % 24)}:${
    two(total / 60 % 60)
  }:${two(total % 60)}`;
}
