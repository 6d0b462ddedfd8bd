import { type Overview, overview } from "../lumberjack/report/overview.ts";
import { formatTable, type Terminal } from "../terminal/mod.ts";
import {
  type Command,
  ExitStatus,
  type FlagValues,
  type Invocation,
  UsageError,
} from "./command.ts";
import { openQueue, queueFlags } from "./queue_flags.ts";
import { count } from "./report.ts";
import { rejectArguments } from "./selection_flags.ts";

/** What `--json` prints. */
export type Json = Overview;

/** `lumberjack status` */
export const command: Command = {
  name: "status",
  usage: ["status [--export-id ID] [--watch]"],
  description:
    "Lists exports and, if sites are configured, the sites. For what is stuck it says since\n" +
    "when, why, and which command mends it.",
  flags: {
    "export-id": { type: "string", value: "ID", help: "show only this export" },
    watch: { type: "boolean", help: "show it again and again, until Ctrl-C" },
    ...queueFlags,
  },
  examples: [
    { does: "the exports of the running schedd", line: "lumberjack status" },
    { does: "keep an eye on it", line: "lumberjack status --watch" },
    {
      does: "the exports in a queue log, for a program",
      line: "lumberjack status --queue job_queue.log --json",
    },
  ],
  isForOutput: true,
  async run({ flags, args, terminal }: Invocation): Promise<number> {
    rejectArguments(args);
    if (!flags.boolean("watch")) return await show(flags, terminal);
    if (terminal.json) {
      throw new UsageError("--watch is for people", {
        subject: "--watch with --json",
        remedy: "leave out one of them",
      });
    }
    for (;;) {
      const start = performance.now();
      if (terminal.isTerminal) clearScreen();
      terminal.line(new Date().toLocaleString("sv"));
      await show(flags, terminal);
      terminal.flush();
      // A long queue takes long to read: most of the time goes to others.
      const took = performance.now() - start;
      const pause = Math.max(shortestPause, 10 * took);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  },
};

/** From one look to the next with --watch, in milliseconds. */
const shortestPause = 2000;

/** The terminal passes on no control characters, so it is done here. */
function clearScreen(): void {
  Deno.stdout.writeSync(new TextEncoder().encode("\x1b[H\x1b[2J"));
}

async function show(flags: FlagValues, terminal: Terminal): Promise<number> {
  const exportId = flags.string("export-id");
  const queue = await openQueue(flags, {
    changes: false,
    note: (text) => terminal.message(text),
  });
  try {
    const withSites = !flags.has("queue");
    const found = await overview(queue, { exportId, withSites });
    if (terminal.json) terminal.printJson<Json>(found);
    else print(found, terminal);
    return exportId !== undefined && found.exports.length === 0
      ? ExitStatus.nothingMatched
      : ExitStatus.done;
  } finally {
    await queue.close();
  }
}

function print(
  { exports, locked, sites, stuck, lastPass }: Overview,
  terminal: Terminal,
): void {
  if (sites.length > 0) {
    printSites(sites, terminal);
    terminal.line();
  }
  const hasSites = exports.some(({ site }) => site !== null);
  const rows = exports.map((e) => [
    e.exportId ?? "(none)",
    e.owner,
    ...(hasSites ? [e.site ?? "-"] : []),
    placeOf(e),
    String(e.jobs),
    age(e.ageSeconds),
    e.out ?? "?",
  ]);
  const heads = [
    ...["EXPORT", "OWNER", ...(hasSites ? ["SITE"] : [])],
    ...["STATE", "JOBS", "AGE", "OUT"],
  ];
  const at = heads.indexOf("JOBS");
  terminal.write(formatTable([heads, ...rows], { right: [at, at + 1] }));
  terminal.line(`${count(locked, "job")} locked`);
  if (sites.length > 0) {
    terminal.line(`last pass: ${lastPass ? ago(lastPass.at) : "none"}`);
  }
  printStuck(stuck, terminal);
}

function printSites(sites: Overview["sites"], terminal: Terminal): void {
  const rows = sites.map(({ site, state, jobs, exports, overdue }) => [
    ...[site, state, String(jobs), String(exports), String(overdue)],
  ]);
  const heads = ["SITE", "STATE", "JOBS", "EXPORTS", "OVERDUE"];
  terminal.write(formatTable([heads, ...rows], { right: [2, 3, 4] }));
}

function printStuck(stuck: Overview["stuck"], terminal: Terminal): void {
  for (const found of stuck) {
    const { what, since, reason, reasons = [reason], jobs } = found;
    const { advice = [], commands, retryAt } = found;
    const when = since === null ? "" : `, since ${since} (${ago(since)})`;
    const many = jobs === undefined ? "" : `, ${count(jobs, "job")}`;
    terminal.line();
    terminal.line(`STUCK ${what}${when}${many}`);
    for (const one of [...reasons, ...advice]) terminal.line(`  ${one}`);
    if (retryAt !== undefined) terminal.line(`  ${nextTry(retryAt)}`);
    for (const command of commands) terminal.line(`  -> ${command}`);
  }
}

/** When a pass tries it again: it leaves alone for longer what fails for longer. */
function nextTry(retryAt: string): string {
  const seconds = Math.ceil((Date.parse(retryAt) - Date.now()) / 1000);
  return seconds <= 0
    ? "the next pass tries it again"
    : `a pass tries it again in ${age(seconds)}, or the next pass if you run ` +
      "`sites retry` below";
}

/** The export's state; of one that a pass has written, whether it was sent. */
function placeOf(
  { state, site, sentAt, overdue }: Overview["exports"][number],
): string {
  if (overdue) return "overdue";
  if (site === null || state !== "written") return state;
  return sentAt === null ? "leaving" : "away";
}

/** A time as people say it: the two largest units. */
function age(seconds: number | null): string {
  if (seconds === null) return "?";
  const units = [[86_400, "d"], [3600, "h"], [60, "m"], [1, "s"]] as const;
  const from = units.findIndex(([length]) => seconds >= length);
  if (from < 0) return "0s";
  return units.slice(from, from + 2).map(([length, name], at) => {
    const longer = at === 0 ? Infinity : units[from][0];
    return `${Math.floor((seconds % longer) / length)}${name}`;
  }).join("");
}

function ago(time: string): string {
  const seconds = Math.round((Date.now() - Date.parse(time)) / 1000);
  return `${age(Math.max(0, seconds))} ago`;
}
