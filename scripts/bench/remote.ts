/**
 * Measures `lumberjack remote run` on a machine of its own, and compares it with a
 * personal HTCondor in its own default configuration. All parts take about 18
 * minutes on a quiet machine. If dist/lumberjack is there, it is measured, else
 * the sources.
 *
 *     scripts/deno task bench:remote [--root trixie|sid]
 *       [--jobs 100] [--slots 64] [--rounds 6] [--workers 200]
 *       [--parts start,workers,queue,slots,share] [--no-outputs]
 *       [--jobs-per-core 1]
 *
 * `start`: from the command to the first job, and from the last job's end to the
 * packed results. `workers`: how long it takes until many startds have joined, and
 * how many are there a minute later. `queue`: what Lumberjack itself takes of a
 * processor with 10 000 jobs in the queue. `slots`: many slots with jobs of 60 s
 * that only sleep, `--rounds` jobs for each slot. `share`: jobs of 2 s on two slots;
 * the part of the slots' time in which a job runs, here and in the personal HTCondor,
 * which gets the same jobs from condor_submit. (`--jobs 2000` takes 40
 * minutes for each of the two.) With `--no-outputs`, the jobs say that they have no
 * output files (`transfer_output_files = ""`); the default is that HTCondor looks for
 * new files. `--jobs-per-core` is the flag of `remote run`.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { fromFileUrl } from "@std/path";
import { Machine, type Root, until } from "../../tests/pool/harness/mod.ts";
import { bundle, exportJobs } from "../../tests/pool/remote_jobs.ts";
import { joiningOf, manyStartds, startdsTime } from "./remote_startds.ts";
import { timesOf, type Usage, usageOf } from "./remote_times.ts";

const spool = "/home/bob/spool";

const built = fromFileUrl(new URL("../../dist/lumberjack", import.meta.url));
const isBuilt = await Deno.stat(built).then(() => true, () => false);
if (!Deno.env.has("LUMBERJACK") && isBuilt) Deno.env.set("LUMBERJACK", built);

const flags = parseArgs(Deno.args, {
  string: ["root", "parts", "jobs-per-core"],
  boolean: ["no-outputs"],
  default: {
    root: "sid",
    jobs: 100,
    slots: 64,
    rounds: 6,
    workers: 200,
    parts: "start,workers,queue,slots,share",
    "jobs-per-core": "1",
  },
});
const root: Root = flags.root === "trixie" ? "trixie" : "sid";
const parts = flags.parts.split(",");

/** Runs the export on a machine. Returns when the command began and ended. */
async function run(
  machine: Machine,
  cpus: number,
): Promise<{ begun: number; ended: number }> {
  const begun = Date.now() / 1000;
  const memory = String(256 * cpus);
  await machine.run([
    ...["lumberjack", "remote", "run", "--in", bundle, "--spool", spool],
    ...["--cpus", String(cpus), "--memory", memory, "--out", "/home/bob/o.tar"],
    ...["--jobs-per-core", flags["jobs-per-core"]],
  ], { user: "bob", timeout: 7200 });
  return { begun, ended: Date.now() / 1000 };
}

/** A script that writes down when it began and ended. */
function timed(seconds: number): string {
  return `date +%s.%N >/var/tmp/times/$1.begin; sleep ${seconds}; ` +
    `date +%s.%N >/var/tmp/times/$1.end`;
}

async function withJobs<T>(
  count: number,
  seconds: number,
  measure: (machine: Machine) => Promise<T>,
): Promise<T> {
  await using machine = await Machine.boot({ root, hostname: "node.test" });
  await machine.sh("mkdir -m 1777 /var/tmp/times");
  const outputs: Record<string, string> = flags["no-outputs"]
    ? { TransferOutput: '""' }
    : {};
  await exportJobs(machine, count, timed(seconds), outputs);
  return await measure(machine);
}

function round(number: number, digits = 2): number {
  return Number(number.toFixed(digits));
}

function gapsOf(seconds: readonly number[]): string {
  if (seconds.length > 10) {
    const sum = seconds.reduce((a, b) => a + b, 0);
    return `${round(sum / seconds.length)} s each`;
  }
  return `${seconds.map((gap) => round(gap, 1)).join(", ")} s by round`;
}

/** Where the rest of the slots' time went, for people. */
function restOf(
  { rampUp, gaps, end, rampUpSeconds, gapSeconds }: Usage,
): string {
  const percent = (part: number) => `${round(100 * part, 1)} %`;
  return `    start ${percent(rampUp)} (all slots busy after ` +
    `${round(rampUpSeconds, 1)} s), between jobs ${percent(gaps)} ` +
    `(${gapsOf(gapSeconds)}), end ${percent(end)}`;
}

async function start(): Promise<void> {
  await withJobs(4, 2, async (machine) => {
    const { begun, ended } = await run(machine, 2);
    const times = await timesOf(machine);
    const first = Math.min(...times.map(({ begin }) => begin));
    const last = Math.max(...times.map(({ end }) => end));
    console.log(`command to first job: ${round(first - begun)} s (limit 8)`);
    console.log(`last job to packed: ${round(ended - last)} s (limit 5)`);
  });
}

/**
 * HTCondor as it configures itself, for one user on one machine. That user may do
 * everything; 25.14 needs to be told.
 */
const personal = `
RELEASE_DIR = /usr
LOCAL_DIR = /home/bob/condor
BIN = /usr/bin
SBIN = /usr/sbin
LIB = /usr/lib/condor
LIBEXEC = /usr/libexec/condor
LOCAL_CONFIG_FILE =
REQUIRE_LOCAL_CONFIG_FILE = False
use ROLE : Personal
CONDOR_HOST = 127.0.0.1
NETWORK_INTERFACE = 127.0.0.1
COLLECTOR_HOST = 127.0.0.1:0
DAEMON_SOCKET_DIR = /home/bob/condor/sock
ALLOW_ADMINISTRATOR = bob@*
ALLOW_DAEMON = bob@*
ALLOW_NEGOTIATOR = bob@*
ALLOW_READ = bob@*
ALLOW_WRITE = bob@*
NUM_CPUS = 2
MEMORY = 512
`;

async function personalShare(jobs: number): Promise<Usage> {
  await using machine = await Machine.boot({ root, hostname: "own.test" });
  await machine.sh("mkdir -m 1777 /var/tmp/times");
  const home = "/home/bob/condor";
  const bob = { user: "bob", env: { CONDOR_CONFIG: `${home}/condor_config` } };
  await machine.sh(
    `mkdir -p ${home}; cd ${home}; mkdir log spool execute lock run sock`,
    bob,
  );
  await machine.write(`${home}/condor_config`, personal, bob);
  await machine.write(
    "/home/bob/run.sh",
    `#!/bin/sh\n${timed(2)}\n`,
    { user: "bob", mode: 0o755 },
  );
  await machine.run(["condor_master"], bob);
  await until(
    "the schedd answers",
    async () => (await machine.try(["condor_q", "-totals"], bob)).code === 0,
  );
  // The same jobs as ours: they transfer their files, too.
  const description = `executable = /home/bob/run.sh
arguments = $(Process)
should_transfer_files = YES
${flags["no-outputs"] ? 'transfer_output_files = ""' : ""}
output = out.$(Process)
log = job.log
request_memory = 16
request_disk = 1
queue ${jobs}
`;
  await machine.run(["condor_submit"], { ...bob, stdin: description });
  await until("all jobs have ended", async () => {
    const { stdout } = await machine.try(
      ["sh", "-c", "ls /var/tmp/times | grep -c end"],
    );
    return Number(stdout) === jobs;
  }, 7200);
  return usageOf(await timesOf(machine), 2);
}

async function share(): Promise<void> {
  const jobs = Number(flags.jobs), cores = 2;
  const slots = Math.round(cores * Number(flags["jobs-per-core"]));
  const ours = await withJobs(jobs, 2, async (machine) => {
    await run(machine, cores);
    return usageOf(await timesOf(machine), slots);
  });
  // The jobs' time over that of the cores: with more slots it may exceed 1.
  const used = ours.used * slots / cores;
  console.log(
    `${jobs} jobs of 2 s on ${slots} slots of ${cores} cores: ${round(used)}`,
  );
  console.log(restOf(ours));
  const theirs = await personalShare(jobs);
  console.log(
    `in a personal HTCondor ${round(theirs.used)}: × ` +
      `${round(used / theirs.used)} (limit 1.2)`,
  );
  console.log(restOf(theirs));
}

/** Seconds of processor time of the process whose command line matches. */
async function processorTime(machine: Machine): Promise<number> {
  const pid = (await machine.run([
    ...["pgrep", "-f", "^[^ ]*(deno|lumberjack) .*remote run"],
  ])).trim().split("\n")[0];
  const stat = await machine.run(["cat", `/proc/${pid}/stat`]);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function queue(): Promise<void> {
  await withJobs(10_000, 2, async (machine) => {
    const running = run(machine, 2).catch(() => {});
    await until("jobs end", async () => {
      const { stdout } = await machine.try(
        ["sh", "-c", "ls /var/tmp/times | grep -c end"],
      );
      return Number(stdout) > 4;
    }, 300);
    const before = await processorTime(machine), since = Date.now();
    await sleep(40);
    const used = await processorTime(machine) - before;
    const percent = 100 * used / ((Date.now() - since) / 1000);
    console.log(
      `Lumberjack itself with 10 000 jobs in the queue: ${
        round(percent)
      } % of ` +
        "a core (limit 1)",
    );
    await machine.try(["pkill", "-KILL", "-u", "bob"]);
    await running;
  });
}

async function slots(): Promise<void> {
  const count = Number(flags.slots);
  const jobs = Number(flags.rounds) * count;
  await withJobs(jobs, 60, async (machine) => {
    await run(machine, count);
    const usage = usageOf(await timesOf(machine), count);
    console.log(
      `${count} slots, ${jobs} jobs of 60 s: ` +
        `${round(100 * usage.used, 1)} % of the slots' time; ` +
        `${round(100 * usage.used / (1 - usage.end), 1)} % without the end, ` +
        "when no job is left to start (limit 95)",
    );
    console.log(restOf(usage));
  });
}

/** Startds that do nothing join a run whose only job runs on one of them. */
async function workers(): Promise<void> {
  const count = Number(flags.workers);
  await withJobs(1, 600, async (machine) => {
    const running = run(machine, 0).catch(() => {});
    const config = `${spool}/lumberjack/pool/condor_config`;
    const bob = { user: "bob", env: { CONDOR_CONFIG: config } };
    const joined = async () => {
      const { stdout } = await machine.try([
        ...["condor_status", "-af", "Machine"],
        ...["-constraint", 'SlotType =!= "Dynamic"'],
      ], bob);
      return stdout.split("\n").filter((line) => line !== "").length;
    };
    await until(
      "the schedd answers",
      async () => (await machine.try(["condor_q", "-totals"], bob)).code === 0,
    );
    const since = Date.now();
    await manyStartds(machine, config, count);
    await until(`${count} startds`, async () => await joined() === count, 900);
    const seconds = (Date.now() - since) / 1000;
    // On few cores, the start of so many programs takes most of the time.
    const busy = await startdsTime(machine);
    await sleep(60);
    console.log(
      `${count} startds on this machine have joined after ` +
        `${round(seconds, 1)} s (limit 60), in which they used ` +
        `${round(busy, 0)} s of ${navigator.hardwareConcurrency} cores; ` +
        `a minute later there are ${await joined()}`,
    );
    const { middle, longest, failures } = await joiningOf(machine, spool);
    console.log(
      `    from a startd's first line of log until the collector has it: ` +
        `${middle} s in the middle, ${longest} s at most; ` +
        `failed connections: ${failures}`,
    );
    await machine.try(["pkill", "-KILL", "-u", "bob"]);
    await running;
  });
}

function sleep(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
}

const all: Record<string, () => Promise<void>> = {
  ...{ start, workers, queue, slots, share },
};
console.log(
  `${root}, ${Deno.env.get("LUMBERJACK") ?? "sources"}, load ` +
    Deno.loadavg().map((load) => round(load, 1)).join(" "),
);
for (const part of parts) {
  const since = performance.now();
  await all[part]?.();
  const seconds = (performance.now() - since) / 1000;
  console.log(`    (${part} took ${round(seconds, 0)} s)`);
}
