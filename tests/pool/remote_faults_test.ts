import { assert, assertEquals } from "@std/assert";
import type { Attributes } from "../lumberjack/queue_fixture.ts";
import { Machine, poolTest, type Root, roots, until } from "./harness/mod.ts";
import { fullDisk } from "./remote_full_disk.ts";
import {
  endsOf,
  exportJobs,
  logsOf,
  runExport,
  startsOf,
} from "./remote_jobs.ts";

/** A job that ignores its soft kill does not keep the allocation. */
async function deafJob(machine: Machine): Promise<void> {
  const spool = "/home/bob/deaf";
  await exportJobs(
    machine,
    2,
    `trap '' TERM; [ $1 = 0 ] || while :; do sleep 1; done`,
  );
  // remote_cancel_test.ts sends SIGTERM.
  for (const signal of ["USR1", "INT"]) {
    const output = runExport(
      machine,
      spool,
      "--walltime",
      "1h",
      "--margin",
      "8",
    );
    const starts = (await startsOf(machine, spool)).length;
    await until(
      "one job has ended and the other one runs",
      async () =>
        (await endsOf(machine, spool)).length === 1 &&
        (await startsOf(machine, spool)).length > Math.max(1, starts),
      90,
    );
    const before = performance.now();
    await signalRun(machine, signal);
    const { stdout, stderr, code } = await output;
    assertEquals(code, 4, stderr + await logsOf(machine, spool));
    const { end, counts } = JSON.parse(stdout);
    assertEquals([end, counts.completed, counts.idle], ["signal", 1, 1]);
    const seconds = (performance.now() - before) / 1000;
    // The allocation goes on for an hour.
    assert(seconds < 120, `${signal}: ${seconds} s`);
    const left = await machine.try(["pgrep", "-l", "condor|sleep"]);
    assertEquals(left.stdout, "", signal);
  }
}

/** A job is evicted when there is no time to run it once more. */
async function noTime(machine: Machine): Promise<void> {
  const spool = "/home/bob/late";
  await exportJobs(machine, 1, "sleep 600", {
    RunMinutes: "ifThenElse(NumJobStarts > 0, 600, 1)",
    MaxWallTimeMins: "1",
  });
  const own = ["--job-time-attribute", "RunMinutes"];
  const output = runExport(machine, spool, "--walltime", "1h", ...own);
  await until(
    "the job runs",
    async () => (await startsOf(machine, spool)).length === 1,
    90,
  );
  await machine.run(["condor_vacate_job", "-fast", "1.0"], {
    user: "bob",
    env: { CONDOR_CONFIG: `${spool}/lumberjack/pool/condor_config` },
  });
  const { stdout, stderr, code } = await output;
  assertEquals(code, 4, stderr + await logsOf(machine, spool));
  const { end, counts } = JSON.parse(stdout);
  assertEquals([end, counts.idle], ["no time", 1]);
}

/** A job fills the disk on which jobs run, and the input of another is too large for it. */
async function fullSandbox(machine: Machine): Promise<void> {
  const spool = "/home/bob/sandbox", execute = "/home/bob/execute";
  const input = "/var/tmp/large";
  await machine.sh(`
    mkdir ${execute}; mount -t tmpfs -o size=2m,uid=2002 small ${execute}
    dd if=/dev/zero of=${input} bs=1M count=3`);
  await exportJobs(
    machine,
    3,
    "[ $1 = 2 ] && echo $1 || dd if=/dev/zero of=filled bs=4k",
    {},
    (n): Attributes => n === 1 ? { TransferInput: `"${input}"` } : {},
  );
  const out = "/home/bob/sandbox.tar";
  const more = ["--execute", execute, "--out", out];
  const { stdout, stderr, code } = await runExport(machine, spool, ...more);
  assertEquals(code, 4, stderr + await logsOf(machine, spool));
  const { end, counts, packed } = JSON.parse(stdout);
  assertEquals([end, counts.completed, counts.held], ["settled", 2, 1]);
  assertEquals([packed.packed, packed.final], [3, true]);
  // The program got the error of the full disk, and what it wrote comes home. The
  // job that could not start is on hold with HTCondor's reason.
  const [log, files] = [
    await machine.run(["tar", "-xOf", out, "job_queue.log"]),
    await machine.run(["tar", "-tf", out]),
  ];
  assert(files.includes("1/0/cluster1.proc0.subproc0/filled"), files);
  assert(/^103 1\.0 ExitCode [1-9]/m.test(log), log);
  assert(/^103 1\.2 ExitCode 0/m.test(log), log);
  const reason = /^103 1\.1 HoldReason (.*)$/m.exec(log)?.[1] ?? log;
  assert(reason.includes("No space left on device"), reason);
}

async function signalRun(machine: Machine, signal: string): Promise<void> {
  await machine.run([
    ...["pkill", `-${signal}`, "-f"],
    "^[^ ]*(deno|lumberjack) .*remote run",
  ]);
}

/** The log has a record that no schedd knows. */
async function damagedLog(machine: Machine): Promise<void> {
  const spool = "/home/bob/deaf";
  const log = `${spool}/job_queue.log`;
  await machine.sh(`cp ${log} ${log}.good; echo '1o3 x' >>${log}`);
  const damaged = await runExport(machine, spool);
  assertEquals(damaged.code, 1);
  assert(damaged.stderr.includes("lumberjack log salvage"), damaged.stderr);
  await machine.sh(`mv ${log}.good ${log}`);
}

async function faults(root: Root): Promise<void> {
  await using machine = await Machine.boot({ root, hostname: "node.test" });
  await fullSandbox(machine);
  await noTime(machine);
  await deafJob(machine);
  await damagedLog(machine);
  const disk = "/home/bob/disk";
  await machine.sh(
    `mkdir ${disk}; mount -t tmpfs -o size=3m,uid=2002 small ${disk}`,
  );
  await fullDisk(machine, disk);
}

for (const root of roots) {
  poolTest(
    `on ${root}, a deaf job, a lack of time, a damaged log and full disks end a run with what to do, and the next run goes on`,
    () => faults(root),
  );
}
