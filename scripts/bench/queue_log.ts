/**
 * Measures how fast a queue log of 200 000 jobs is read into the table, and how
 * much memory that takes:
 *
 *     scripts/deno task bench:queue-log [--jobs N] [--log FILE]
 *
 * Times are ratios to a plain loop over the same bytes in memory, measured in
 * the same run. Each number is the best of several runs, because other work on
 * the machine can only make it worse. Memory is measured in its own process.
 *
 * @module
 */
import { fromFileUrl, join } from "@std/path";
import { compile } from "../../lib/classad/mod.ts";
import {
  MemorySink,
  type QueueLogSink,
  QueueLogWriter,
  QueueTable,
  verify,
} from "../../lib/queue_log/mod.ts";
import { makeLog } from "./make_log.ts";

/** Jobs with an exit code other than 0: about one in a hundred. */
const constraint = "JobStatus == 4 && ExitCode == 1 && ProcId < 2";
const scheddMegabytes = 583;

function argument(name: string): string | undefined {
  const at = Deno.args.indexOf(`--${name}`);
  return at < 0 ? undefined : Deno.args[at + 1];
}

/** Returns the shortest of `runs` times, in milliseconds. */
function best(runs: number, work: () => void): number {
  let least = Infinity;
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    work();
    least = Math.min(least, performance.now() - start);
  }
  return least;
}

function sum(bytes: Uint8Array): number {
  let total = 0;
  for (let at = 0; at < bytes.length; at++) total = (total + bytes[at]) | 0;
  return total;
}

class Nowhere implements QueueLogSink {
  writeSync(bytes: Uint8Array): number {
    return bytes.length;
  }
}

function select(table: QueueTable): number {
  const compiled = compile(constraint);
  let count = 0;
  for (const ad of table.procs()) if (compiled.test(ad)) count++;
  return count;
}

function measure(path: string): void {
  const bytes = Deno.readFileSync(path);
  // Measure both in turns, so that other work on the machine disturbs both
  // alike.
  let loop = Infinity;
  let read = Infinity;
  let records = 0;
  for (let turn = 0; turn < 8; turn++) {
    loop = Math.min(loop, best(1, () => sum(bytes)));
    const readIt = () => {
      using table = QueueTable.open(path);
      records = table.records;
    };
    read = Math.min(read, best(1, readIt));
  }
  const megabytes = (bytes.length / 1e6).toFixed(0);
  const rows: [what: string, milliseconds: number, note: string][] = [
    [`plain loop over the ${megabytes} MB`, loop, ""],
  ];
  rows.push(["read the file into the table", read, `${records} records`]);
  using table = QueueTable.open(path);
  let selected = 0;
  const selecting = best(3, () => {
    selected = select(table);
  });
  rows.push([
    "select jobs by proc attributes",
    selecting,
    `${selected} of ${[...table.procs()].length} jobs`,
  ]);
  const copying = best(2, () => {
    const writer = new QueueLogWriter(new Nowhere());
    for (const ad of table.ads()) writer.copyAd(ad);
    writer.flush();
  });
  rows.push(["copy every ad to a new log", copying, ""]);
  const verifying = best(1, () => {
    if (!verify(path).ok) throw new Error("the log is not ok");
  });
  rows.push(["verify every record and job", verifying, ""]);
  for (const [what, milliseconds, note] of rows) {
    console.log(
      what.padEnd(34) + `${milliseconds.toFixed(0)} ms`.padStart(9) +
        `${(milliseconds / loop).toFixed(2)} x`.padStart(9) +
        (note === "" ? "" : `   ${note}`),
    );
  }
}

/** Returns the peak memory of a process, in megabytes (10^6 bytes). */
function peak(path: string, mode: string): number {
  const { stdout } = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", fromFileUrl(import.meta.url), `--${mode}`, path],
  }).outputSync();
  return Number(new TextDecoder().decode(stdout)) * 1024 / 1e6;
}

function printPeak(): void {
  const status = Deno.readTextFileSync("/proc/self/status");
  console.log(/VmHWM:\s*(\d+)/.exec(status)![1]);
}

function report(path: string): void {
  measure(path);
  const modes = [
    ["nothing", "a process that does nothing"],
    ["one", "one table, selecting"],
    ["two", "two tables, selecting from both"],
  ];
  for (const [mode, what] of modes) {
    const megabytes = peak(path, mode);
    console.log(
      `peak memory: ${what}`.padEnd(34) +
        ` ${megabytes.toFixed(0)} MB (the schedd: ${scheddMegabytes} MB)`,
    );
  }
}

const one = argument("one");
const two = argument("two");
if (Deno.args.includes("--nothing")) {
  new MemorySink();
  printPeak();
} else if (one !== undefined || two !== undefined) {
  const path = one ?? two!;
  using first = QueueTable.open(path);
  select(first);
  if (two !== undefined) {
    using second = QueueTable.open(path);
    select(second);
    select(first);
  }
  printPeak();
} else {
  const given = argument("log");
  const folder = Deno.makeTempDirSync();
  try {
    const path = given ?? join(folder, "job_queue.log");
    if (given === undefined) {
      makeLog(path, { jobs: Number(argument("jobs") ?? 200_000) });
    }
    report(path);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}
