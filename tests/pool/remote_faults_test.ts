import { assert, assertEquals } from "@std/assert";
import { Machine, poolTest, type Root, roots, until } from "./harness/mod.ts";
import {
  bundle,
  countsOf,
  endsOf,
  exportJobs,
  logsOf,
  startsOf,
} from "./remote_jobs.ts";

function run(machine: Machine, spool: string, ...more: string[]) {
  return machine.try([
    ...["lumberjack", "remote", "run", "--in", bundle, "--spool", spool],
    ...["--cpus", "2", "--memory", "512", "--json", ...more],
  ], { user: "bob", timeout: 120 });
}

/** A job that ignores its soft kill does not keep the allocation. */
async function deafJob(machine: Machine): Promise<void> {
  const spool = "/home/bob/deaf";
  await exportJobs(
    machine,
    2,
    `trap '' TERM; [ $1 = 0 ] || while :; do sleep 1; done`,
  );
  const limits = ["--walltime", "1h", "--margin", "8"];
  const output = run(machine, spool, ...limits);
  await until(
    "one job has ended and the other one runs",
    async () => (await endsOf(machine, spool)).length === 1,
    90,
  );
  const before = performance.now();
  await machine.run([
    ...["pkill", "-USR1", "-f", "^[^ ]*(deno|lumberjack) .*remote run"],
  ]);
  const { stdout, stderr, code } = await output;
  assertEquals(code, 4, stderr + await logsOf(machine, spool));
  const { end, counts } = JSON.parse(stdout);
  assertEquals([end, counts.completed, counts.idle], ["signal", 1, 1]);
  const seconds = (performance.now() - before) / 1000;
  assert(seconds < 30, `${seconds} s`);
  assertEquals((await machine.try(["pgrep", "-l", "condor|sleep"])).stdout, "");
}

/** A log that Lumberjack can read, and that the schedd does not load. */
async function refusedLog(machine: Machine): Promise<void> {
  const spool = "/home/bob/deaf";
  const log = `${spool}/job_queue.log`;
  await machine.sh(`cp ${log} ${log}.good; echo '1o3 x' >>${log}`);
  const damaged = await run(machine, spool);
  assertEquals(damaged.code, 1);
  assert(damaged.stderr.includes("lumberjack log salvage"), damaged.stderr);
  // The schedd may not write its log: it ends as often as it is started.
  await machine.sh(
    `mv ${log}.good ${log}; chmod 444 ${log}; chown root ${log}`,
  );
  await machine.sh(`chown root ${spool}; chmod 755 ${spool}`);
}

/** The disk of the spool gets full while jobs run, and has room again. */
async function fullDisk(machine: Machine): Promise<void> {
  const disk = "/home/bob/disk", spool = `${disk}/spool`;
  await machine.sh(
    `mkdir ${disk}; mount -t tmpfs -o size=3m,uid=2002 small ${disk}`,
  );
  const go = "/var/tmp/go";
  await exportJobs(
    machine,
    6,
    `while [ ! -e ${go} ]; do sleep 0.3; done; echo $1`,
  );
  const full = run(machine, spool);
  await until(
    "two jobs run",
    async () => (await startsOf(machine, spool)).length === 2,
    90,
  );
  await machine.sh(`dd if=/dev/zero of=${disk}/fill bs=4k || true`, {
    user: "bob",
  });
  await machine.write(go, "");
  const { code, stderr, stdout } = await full;
  assert(code === 1 || code === 4, stdout);
  if (code === 1) assert(stderr.includes("repeat the command"), stderr);
  await machine.run(["rm", `${disk}/fill`]);
  const held = (await countsOf(machine, spool))?.held ?? 0;
  const again = await run(machine, spool);
  const { counts } = JSON.parse(again.stdout || "{}");
  assertEquals(
    [counts?.completed + counts?.held, counts?.held <= held],
    [6, true],
    again.stdout + again.stderr + await logsOf(machine, spool),
  );
}

async function faults(root: Root): Promise<void> {
  await using machine = await Machine.boot({ root, hostname: "node.test" });
  await deafJob(machine);
  await refusedLog(machine);
  await fullDisk(machine);
}

for (const root of roots) {
  poolTest(
    `on ${root}, a deaf job, a damaged log and a full disk end a run with what to do, and the next run goes on`,
    () => faults(root),
  );
}
