import { assert, assertEquals } from "@std/assert";
import {
  type ExportReport,
  type ImportReport,
  Machine,
  type Output,
  Pool,
  poolTest,
  type Root,
  roots,
  until,
} from "./harness/mod.ts";

const spool = "/home/bob/spool";

/** Jobs that read a file, write one, and count their runs. */
const submit = `
executable = job
arguments = $(Process)
transfer_input_files = data
transfer_output_files = result
when_to_transfer_output = ON_EXIT_OR_EVICT
output = out.$(Process)
error = err.$(Process)
log = job.log
request_memory = 16
request_disk = 1
`;

const program = `#!/bin/sh
trap 'echo saved >>result; exit 1' TERM
[ ! -e result ] || cp result before
sleep $(cat slow 2>/dev/null || echo 0) & wait $!
echo "$1 $(cat data)" >result
echo "job $1 ran"
`;

/** A home pool whose jobs wait, and an export of them in a bundle. */
async function exported(
  home: Pool,
  lines: string,
): Promise<string> {
  await home.machine.write("/home/alice/job", program, {
    user: "alice",
    mode: 0o755,
  });
  await home.machine.write("/home/alice/data", "input\n", { user: "alice" });
  await home.submit(submit + lines, { user: "alice" });
  const { exports: [{ exportId }] } = await home.lumberjackJson<ExportReport>([
    ...["export", "--constraint", "true"],
    ...["--bundle", "/var/tmp/export.tar.gz", "--remote-spool", "/planned"],
  ]);
  return exportId;
}

async function carry(from: Machine, file: string, to: Machine): Promise<void> {
  await to.write(file, await from.readBytes(file), { mode: 0o644 });
}

/** Runs the export as bob, on a machine that has neither alice's files nor uid. */
function run(
  machine: Machine,
  args: readonly string[],
): Promise<Output> {
  return machine.try([
    ...["lumberjack", "remote", "run", "--in", "/var/tmp/export.tar.gz"],
    ...["--spool", spool, "--cpus", "4", "--memory", "2048", "--json", ...args],
  ], { user: "bob", timeout: 120 });
}

async function daemonLogs(machine: Machine): Promise<string> {
  const { stdout } = await machine.try([
    ...["sh", "-c"],
    `tail -n 40 ${spool}/lumberjack/pool/log/*Log* ${spool}/job_queue.log`,
  ]);
  return stdout;
}

async function results(home: Pool): Promise<string> {
  return await home.sh(
    "cd /home/alice; cat result* out.* 2>/dev/null; condor_wait -wait 1 job.log",
  );
}

/** The whole way: away, run, home. */
async function wholeWay(root: Root): Promise<void> {
  await using home = await Pool.start({ root, slots: 0 });
  await exported(
    home,
    'transfer_output_remaps = "result = result.$(Process)"\nqueue 6\n',
  );
  await using machine = await Machine.boot({ root, hostname: "node.test" });
  await carry(home.machine, "/var/tmp/export.tar.gz", machine);
  const output = await run(machine, ["--out", "/home/bob/back.tar.gz"]);
  assertEquals(output.code, 0, output.stderr + await daemonLogs(machine));
  const { end, counts, packed } = JSON.parse(output.stdout);
  assertEquals([end, counts.completed, packed.final], ["settled", 6, true]);
  // Nothing of it runs any more.
  assertEquals((await machine.try(["pgrep", "condor"])).stdout, "");
  await carry(machine, "/home/bob/back.tar.gz", home.machine);
  const report = await home.lumberjackJson<ImportReport>(
    ["import", "--in", "/home/bob/back.tar.gz"],
    { timeout: 30 },
  );
  assertEquals([report.merged, report.refused, report.missing], [6, [], []]);
  const expected = [0, 1, 2, 3, 4, 5].map((n) => `${n} input\n`).join("") +
    [0, 1, 2, 3, 4, 5].map((n) => `job ${n} ran\n`).join("");
  const text = await results(home);
  assertEquals(text.slice(0, expected.length), expected);
  assert(text.includes("All jobs done"), text);
}

/** Everything is killed in the middle; then an allocation is too short. */
async function inParts(root: Root): Promise<void> {
  await using home = await Pool.start({ root, slots: 0 });
  await home.machine.write("/home/alice/slow", "600\n", { user: "alice" });
  await exported(
    home,
    `transfer_output_remaps = "result = result.$(Process)"
transfer_input_files = $(inputs)
queue inputs from (
data
data
data
data
data,slow
)
`,
  );
  await using machine = await Machine.boot({ root, hostname: "node.test" });
  await carry(home.machine, "/var/tmp/export.tar.gz", machine);
  const killed = run(machine, []);
  const status = async () =>
    JSON.parse(
      (await machine.try(
        ["lumberjack", "remote", "status", "--spool", spool, "--json"],
        { user: "bob" },
      )).stdout || "{}",
    ).counts;
  await until(
    "four jobs have ended",
    async () => (await status())?.completed === 4,
    60,
  );
  // The lock of a run keeps another one out. The executable that is built with
  // the runtime from npm waits for a lock instead (folder_lock.ts).
  if (!Deno.env.has("LUMBERJACK")) {
    const second = await run(machine, []);
    assertEquals(second.code, 1);
    assert(second.stderr.includes("another lumberjack"), second.stderr);
  }
  await machine.try(["pkill", "-KILL", "-u", "bob"]);
  await killed;
  const packed = await machine.run([
    ...["lumberjack", "remote", "pack", "--spool", spool, "--json"],
    ...["--out", "/home/bob/first.tar.gz"],
  ], { user: "bob" }).catch((error) => error.output.stdout);
  const first = JSON.parse(packed);
  assertEquals([first.packed, first.final], [4, false]);
  const output = await run(machine, [
    ...["--out", "/home/bob/back.tar.gz", "--walltime", "24", "--margin", "8"],
  ]);
  assertEquals(output.code, 4, output.stderr + await daemonLogs(machine));
  const { end, counts, packed: last } = JSON.parse(output.stdout);
  assertEquals([end, counts.completed, counts.idle], ["time", 4, 1]);
  assertEquals([last.packed, last.final], [4, false]);
  // The job that did not end got its soft kill, and its file was kept.
  const saved = `${spool}/1/4/cluster1.proc4.subproc0/result`;
  assertEquals(await machine.read(saved), "saved\n");
  assertEquals((await machine.try(["pgrep", "condor"])).stdout, "");
  const starts = await machine.sh(
    `grep -ch '^001' ${spool}/lumberjack/*/logs/1.*.log`,
  );
  // The fifth job was killed with its node, and stopped in the second run.
  assertEquals(starts.trim().split("\n"), ["1", "1", "1", "1", "2"]);
  await carry(machine, "/home/bob/back.tar.gz", home.machine);
  const report = await home.lumberjackJson<ImportReport>(
    ["import", "--in", "/home/bob/back.tar.gz"],
    // The fifth job is not in this part.
    { timeout: 30, status: 4 },
  );
  assertEquals([report.merged, report.missing], [4, ["1.4"]]);
  assertEquals(
    (await home.queue("LumberjackExportId =!= undefined")).length,
    1,
  );
}

for (const root of roots) {
  poolTest(
    `on ${root}, what had ended survives a kill of everything and an allocation that is too short`,
    () => inParts(root),
  );
  poolTest(
    `on ${root}, an export runs on a machine without HTCondor's service as another user, and comes home`,
    () => wholeWay(root),
  );
}
