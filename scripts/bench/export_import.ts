/**
 * Measures how long offline export and import of a whole queue take, and how
 * long the program takes to start. Each export and import runs in its own
 * process. Compare the ratios (to a plain loop over the queue's bytes in the
 * same run), because the seconds depend on the machine.
 *
 *     scripts/deno run -A scripts/bench/export_import.ts [--jobs N]
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { fromFileUrl, join } from "@std/path";
import { QueueLogWriter, QueueTable } from "../../lib/queue_log/mod.ts";
import { formatTable } from "../../lib/terminal/mod.ts";
import { makeLog } from "./make_log.ts";

const root = fromFileUrl(new URL("../../", import.meta.url));

interface Run {
  readonly seconds: number;
  /** Peak resident memory in MB, from the kernel. */
  readonly peak: number;
}

/** What scripts/build tells V8. */
const v8Flags = /^v8_flags=(.*)$/m.exec(
  Deno.readTextFileSync(join(root, "scripts", "build")),
)![1];

/** Runs a command line of Lumberjack in its own process, as the executable would. */
async function lumberjack(words: readonly string[]): Promise<Run> {
  const program = `
    const { main } = await import(${
    JSON.stringify(`file://${root}lib/commands/main.ts`)
  });
    const status = await main(${
    JSON.stringify(words)
  }, { out: Deno.stderr, err: Deno.stderr });
    const peak = /VmHWM:\\s+(\\d+)/.exec(Deno.readTextFileSync("/proc/self/status"))[1];
    console.log(JSON.stringify({ status, peak: Number(peak) }));
  `;
  const started = performance.now();
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["eval", `--v8-flags=${v8Flags}`, "--no-lock"],
      ...["--config", join(root, "deno.json"), program],
    ],
  }).output();
  const seconds = (performance.now() - started) / 1000;
  const text = new TextDecoder().decode(stdout);
  const answer = text === "" ? undefined : JSON.parse(text);
  if (answer?.status !== 0) {
    throw new Error(
      `lumberjack ${words[0]} failed: ${new TextDecoder().decode(stderr)}`,
    );
  }
  return { seconds, peak: answer.peak / 1024 };
}

/**
 * Returns the seconds of a plain loop over every byte of the log. The other
 * figures are compared with it.
 */
function byteLoop(path: string): number {
  const bytes = Deno.readFileSync(path);
  const times = [];
  let sum = 0;
  for (let round = 0; round < 3; round++) {
    const started = performance.now();
    for (let at = 0; at < bytes.length; at++) sum += bytes[at];
    times.push((performance.now() - started) / 1000);
  }
  if (sum === 0) throw new Error("the log is empty");
  return Math.min(...times);
}

/**
 * Appends to an exported log what a schedd would write if every job completed.
 */
function complete(path: string): void {
  using table = QueueTable.open(path);
  const file = Deno.openSync(path, { append: true });
  const writer = new QueueLogWriter(file);
  let time = 1_800_000_000;
  for (const job of table.procs()) {
    time++;
    writer.begin();
    const results: [string, string][] = [
      ["JobStatus", "4"],
      ["LastJobStatus", "2"],
      ["ExitCode", "0"],
      ["ExitBySignal", "false"],
      ["CompletionDate", String(time)],
      ["EnteredCurrentStatus", String(time)],
      ["JobStartDate", String(time - 60)],
      ["RemoteWallClockTime", "60.0"],
      ["RemoteUserCpu", "55.0"],
      ["NumJobStarts", "1"],
      ["ResidentSetSize", "123456"],
      ["MemoryUsage", "((ResidentSetSize + 1023) / 1024)"],
      ["LastRemoteHost", '"slot1@node7.hpc.example.org"'],
    ];
    for (const [name, value] of results) writer.set(job, name, value);
    writer.end();
  }
  writer.flush();
  file.close();
}

async function startUp(): Promise<string[][]> {
  const executable = join(root, "dist", "lumberjack");
  const times = [];
  try {
    for (let round = 0; round < 10; round++) {
      const started = performance.now();
      await new Deno.Command(executable, { args: ["--version"] }).output();
      times.push(performance.now() - started);
    }
  } catch {
    return [["start of dist/lumberjack", "not built", "", ""]];
  }
  times.sort((a, b) => a - b);
  const median = times[Math.floor(times.length / 2)] / 1000;
  return [["start of dist/lumberjack", median.toFixed(3), "", ""]];
}

const flags = parseArgs(Deno.args, { string: ["jobs"] }) as { jobs?: string };
const folder = Deno.makeTempDirSync({ prefix: "lumberjack-bench-" });
try {
  const queue = join(folder, "job_queue.log");
  const made = makeLog(queue, {
    jobs: flags.jobs ? Number(flags.jobs) : undefined,
    idle: true,
    owners: ["alice"],
  });
  const loop = byteLoop(queue);
  const row = (what: string, { seconds, peak }: Run) => [
    what,
    seconds.toFixed(2),
    (seconds / loop).toFixed(1),
    peak.toFixed(0),
  ];
  const out = join(folder, "out");
  Deno.mkdirSync(out);
  const away = join(folder, "away.log");
  const exported = await lumberjack([
    ...["export", "--constraint", "true", "--out", out],
    ...["--remote-spool", "/hpc/spool", "--queue", queue],
    ...["--queue-out", away],
  ]);
  complete(join(out, "job_queue.log"));
  const imported = await lumberjack([
    ...["import", "--in", out, "--queue", away],
    ...["--queue-out", join(folder, "home.log")],
  ]);
  console.log(
    `${made.jobs} jobs in ${made.clusters} clusters, ${
      (made.bytes / 1e6).toFixed(0)
    } MB, ${made.records} records`,
  );
  console.log(formatTable([
    ["", "seconds", "x byte loop", "peak MB"],
    ["plain loop over the bytes", loop.toFixed(2), "1.0", ""],
    row("offline export of all jobs", exported),
    row("import of all results", imported),
    ...await startUp(),
  ], { right: [1, 2, 3] }));
} finally {
  Deno.removeSync(folder, { recursive: true });
}
