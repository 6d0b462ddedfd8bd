import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  type ExportReport,
  Pool,
  poolTest,
  type Root,
  roots,
  until,
} from "./harness/mod.ts";

const reason = (user: string) =>
  `the schedd does not let ${user}@test change this job: ` +
  "only its owner and QUEUE_SUPER_USERS may";

/**
 * Makes carol known to the schedd. QUEUE_SUPER_USERS has no effect for a user of
 * whom the schedd has no record (`EffectiveUserRec` in schedd.cpp).
 */
async function makeCarolKnown(pool: Pool): Promise<void> {
  await pool.submit("executable = /bin/true\nqueue\n", { user: "carol" });
  await pool.run(["condor_rm", "carol"]);
  await pool.untilNone('Owner == "carol"', 10);
}

/** Exports all jobs as `user`, into a new folder. */
async function exportAs(
  pool: Pool,
  user: string,
  status: number,
  ...more: string[]
): Promise<{ owners: string[]; skipped: ExportReport["skipped"] }> {
  await pool.sh(`rm -rf /var/tmp/out; install -d -o ${user} /var/tmp/out`);
  const { exports, skipped } = await pool.lumberjackJson<ExportReport>([
    ...["export", "--constraint", "true", "--out", "/var/tmp/out"],
    ...["--remote-spool", "/remote/spool", ...more],
  ], { user, status });
  return {
    owners: exports.map(({ owner, jobs }) => `${owner} ${jobs}`),
    skipped,
  };
}

async function locked(pool: Pool): Promise<string[]> {
  const ads = await pool.queue('Managed == "External"');
  return ads.map((ad) => `${ad.ClusterId}.${ad.ProcId}`).sort();
}

async function ownersLeave(root: Root): Promise<void> {
  const config = "QUEUE_SUPER_USERS = root, condor, carol\n";
  await using pool = await Pool.start({ root, slots: 0, config });
  const submit = "executable = /bin/true\nqueue 2\n";
  await pool.submit(submit, { user: "alice" });
  await pool.submit(submit, { user: "bob" });
  await makeCarolKnown(pool);
  const bobs = ["2.0", "2.1"].map((id) => ({ id, reason: reason("alice") }));

  // The dry run of an ordinary user must promise the same as the real export.
  const promised = await exportAs(pool, "alice", 4, "--dry-run");
  assertEquals(promised, { owners: ["alice 2"], skipped: bobs });
  assertEquals(await locked(pool), []);
  assertEquals(await exportAs(pool, "alice", 4), promised);
  assertEquals(await locked(pool), ["1.0", "1.1"]);
  await pool.lumberjackJson(["unexport", "--ids", "1"], { user: "alice" });

  // If a user has no jobs of his own, nothing is exported and nothing fails.
  await pool.sh("condor_rm 1; condor_rm -forcex 1 || true");
  for (const more of [["--dry-run"], []]) {
    const nothing = await exportAs(pool, "alice", 4, ...more);
    assertEquals(nothing, { owners: [], skipped: bobs });
  }
  assertEquals(await pool.sh("ls /var/tmp/out"), "");

  // Queue super-users may export everybody's jobs.
  await pool.submit(submit, { user: "alice" });
  for (const user of ["carol", "condor", "root"]) {
    const all = { owners: ["alice 2", "bob 2"], skipped: [] };
    assertEquals(await exportAs(pool, user, 0, "--dry-run"), all);
    assertEquals(await exportAs(pool, user, 0), all);
    assertEquals((await locked(pool)).length, 4);
    const { stderr } = await pool.lumberjack(
      ["unexport", "--constraint", "true"],
      { user },
    );
    assertStringIncludes(stderr, "the exported log holds them still");
  }
}

/**
 * Carol is a super-user when her export begins, but no longer when it locks.
 */
async function refusedAtLock(root: Root): Promise<void> {
  const config = "QUEUE_SUPER_USERS = root, condor, carol\n";
  await using pool = await Pool.start({ root, slots: 0, config });
  await pool.submit("executable = /bin/true\nqueue 2\n", { user: "alice" });
  await makeCarolKnown(pool);
  await pool.sh("install -d -o carol /var/tmp/out");
  const exporting = pool.deno([
    ...["run", "-A", "--config", "/lumberjack/deno.json"],
    ...["/lumberjack/tests/pool/live_lock.ts", "query", "true", "/var/tmp/out"],
    JSON.stringify({
      "locking":
        "touch /tmp/at_lock; while ! [ -e /tmp/go_on ]; do sleep 0.1; done",
    }),
  ], { user: "carol" });
  await until(
    "the export is about to lock",
    () => pool.machine.exists("/tmp/at_lock"),
  );
  await pool.configure("QUEUE_SUPER_USERS = root, condor");
  // A busy schedd answers condor_q only after it has read its configuration.
  await pool.sh(
    "condor_reconfig -daemon schedd; condor_q >/dev/null; sleep 1; touch /tmp/go_on",
  );
  const report: ExportReport = JSON.parse(await exporting);
  assertEquals(report.exports, []);
  assertEquals(report.skipped.map(({ id }) => id), ["1.0", "1.1"]);
  assertStringIncludes(report.skipped[0].reason, "does not let carol@test");
  assertEquals(await locked(pool), []);
  assertEquals(await pool.sh("ls /var/tmp/out"), "");
}

/** Exports all jobs as `user`. Returns the warnings. */
async function warningsOf(pool: Pool, user: string): Promise<string[]> {
  await pool.sh(`rm -rf /var/tmp/out; install -d -o ${user} /var/tmp/out`);
  const { stderr } = await pool.lumberjack([
    ...["export", "--constraint", "true", "--out", "/var/tmp/out"],
    ...["--remote-spool", "/remote/spool"],
  ], { user });
  await pool.lumberjack(["unexport", "--constraint", "true"], { user });
  return stderr.split("\n").filter((line) => line.startsWith("warning: "));
}

async function folderUnreadable(root: Root): Promise<void> {
  await using pool = await Pool.start({ root, slots: 0 });
  const submit = "executable = /bin/true\nqueue\n";
  await pool.submit(submit, { user: "alice" });
  await pool.submit(submit, { user: "bob" });
  assertEquals(await warningsOf(pool, "root"), []);
  assertEquals(
    await warningsOf(pool, "condor"),
    ["alice", "bob"].map((owner) =>
      `warning: ${owner} cannot read /var/tmp/out/${owner}, because only root ` +
      `can give files away: run as root: chown -R ${owner} /var/tmp/out/${owner}`
    ),
  );
  // After the command in the warning, the owner can read the folder.
  await pool.sh(`rm -rf /var/tmp/out; install -d -o condor /var/tmp/out`);
  await pool.lumberjack([
    ...["export", "--constraint", "true", "--out", "/var/tmp/out"],
    ...["--remote-spool", "/remote/spool"],
  ], { user: "condor" });
  const log = "/var/tmp/out/alice/job_queue.log";
  const before = await pool.try(["cat", log], { user: "alice" });
  await pool.sh("chown -R alice /var/tmp/out/alice");
  const after = await pool.try(["cat", log], { user: "alice" });
  assertEquals([before.code, after.code], [1, 0]);
  await pool.lumberjack(["unexport", "--constraint", "true"]);

  // The host no longer knows alice, but the schedd still has her jobs.
  await pool.sh("sed -i /^alice:/d /etc/passwd");
  assertEquals(await warningsOf(pool, "root"), [
    "warning: this host knows no user alice, so only root can read " +
    "/var/tmp/out/alice: give it to the user who takes it away: " +
    "chown -R USER /var/tmp/out/alice",
  ]);
}

for (const root of roots) {
  poolTest(
    `on ${root}, if the jobs' owner cannot read the export, a warning says so and what to do`,
    () => folderUnreadable(root),
  );
  poolTest(
    `on ${root}, an ordinary user exports his own jobs, and other users' jobs are left out`,
    () => ownersLeave(root),
  );
  poolTest(
    `on ${root}, jobs that the schedd refuses to lock are left out`,
    () => refusedAtLock(root),
  );
}
