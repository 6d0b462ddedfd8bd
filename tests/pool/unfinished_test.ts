import { assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import {
  changeOffline,
  type ExportReport,
  type ImportReport,
  Pool,
  poolTest,
  remoteSpool,
  type Root,
  roots,
  runAway,
} from "./harness/mod.ts";

/**
 * The second job sleeps if it finds `in.txt`, which exists only at the site. The
 * last job ends there, but its shadow hangs. So the schedd does not learn that the
 * job has ended. The shadow hangs because it writes a mail that is longer than a
 * pipe can hold, and nobody reads the pipe.
 */
const jobs = `
executable = /bin/sh
output = out.$(Cluster).$(Process)
arguments = "-c '$(script)'"
on_exit_hold = ExitCode == 9
notification = $(mail)
queue mail, script from (
never exit 5
never test -e in.txt && sleep 600; echo at home; exit 6
never exit 7
never echo here >>/home/alice/ran; exit 8
never exit 9
always echo here >>/home/alice/ran; exit 10
)
`;

const slowMail = "/home/alice/slow_mail";
const mailConfig = `
SHADOW.MAIL = ${slowMail}
PAGE = ${"Yours sincerely, ".repeat(100)}
SHADOW.EMAIL_SIGNATURE = ${"$(PAGE)".repeat(100)}
`;

async function comeBackEarly(root: Root): Promise<void> {
  // No job starts here before the jobs have been away.
  await using pool = await Pool.start({ root, config: "START = False" });
  const [cluster] = await pool.submit(jobs, { user: "alice" });
  const id = (proc: number) => `${cluster}.${proc}`;

  await pool.stopSchedd();
  await pool.sh("mkdir /var/tmp/out");
  const { exports } = await changeOffline<ExportReport>(pool, [
    ...["export", "--ids", String(cluster), "--out", "/var/tmp/out"],
    ...["--remote-spool", remoteSpool("alice")],
  ], 0);
  assertEquals(exports[0].jobs, 6);
  await pool.startSchedd();

  // While they are away, their owner removes one and holds another.
  await pool.run(["condor_rm", id(2)], { user: "alice" });
  await pool.run(["condor_hold", id(3)], { user: "alice" });
  const log = await pool.machine.read("/var/tmp/out/job_queue.log");
  const returned = await runAway({
    root,
    user: "alice",
    log,
    config: mailConfig,
    prepare: ({ machine }) =>
      machine.write(slowMail, "#!/bin/sh\nexec sleep 600\n", { mode: 0o755 }),
    waitFor: "ProcId == 1 ? JobStatus != 2 : ProcId == 5 " +
      "? TerminationPending =!= true : JobStatus < 4",
  });
  assertMatch(
    returned.log,
    new RegExp(`^103 ${id(5)} TerminationPending`, "m"),
  );
  assertNotMatch(returned.log, new RegExp(`^103 ${id(5)} JobStatus 4`, "m"));

  await pool.stopSchedd();
  await pool.machine.write("/var/tmp/back/job_queue.log", returned.log);
  const report = await changeOffline<ImportReport>(
    pool,
    ["import", "--in", "/var/tmp/back"],
    0,
  );
  assertEquals(report.missing, []);
  const { merged, released, heldEnded } = report;
  assertEquals([merged, released, heldEnded], [4, 2, 1]);

  await pool.configure("START = True");
  await pool.startSchedd();
  await pool.run(["condor_reconfig"]);
  await pool.untilNone("JobStatus != 5");
  const held = await pool.queue();
  assertEquals(held.map((ad) => `${ad.ClusterId}.${ad.ProcId}`).sort(), [
    id(3),
    id(4),
  ]);
  // The held jobs are unlocked.
  assertEquals(held.map((ad) => ad.Managed), [undefined, undefined]);
  const history = (await pool.history()).map((ad) =>
    `${ad.ClusterId}.${ad.ProcId} ${
      ad.JobStatus === 3 ? "removed" : `exit ${ad.ExitCode}`
    }`
  );
  assertEquals(history.sort(), [
    `${id(0)} exit 5`,
    `${id(1)} exit 6`,
    `${id(2)} removed`,
    `${id(5)} exit 10`,
  ]);
  assertEquals(
    await pool.machine.read(`/home/alice/out.${id(1)}`),
    "at home\n",
  );

  await pool.run(["condor_release", id(3)], { user: "alice" });
  await pool.untilNone(`ProcId == 3`);
  const [last] = await pool.history("ProcId == 3");
  // It has the exit code of the site, and it never ran here.
  assertEquals(last.ExitCode, 8);
  assertEquals(await pool.machine.exists("/home/alice/ran"), false);
}

for (const root of roots) {
  poolTest(
    `on ${root}, unfinished jobs that come back run at home, jobs that had ended do not, and removed and held jobs are unlocked`,
    () => comeBackEarly(root),
  );
}
