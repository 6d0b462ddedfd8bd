import { assert, assertEquals } from "@std/assert";
import {
  type ImportReport,
  Pool,
  poolTest,
  remoteSpool,
  type Root,
  runAway,
} from "./harness/mod.ts";

/**
 * Runs jobs that use `$$()` at a site with this UID_DOMAIN, and imports them.
 */
async function comesHome(root: Root, domain: string): Promise<void> {
  await using pool = await Pool.start({ root, slots: 0 });
  await pool.submit(
    "executable = /bin/sleep\narguments = 0$$(NoSuchAttribute:)\n" +
      'should_transfer_files = YES\nMy.Wanted = "$$(Arch)"\nqueue 2\n',
    { user: "alice" },
  );
  // A schedd writes its own SCHEDD_INTERVAL into a job with a deferral time.
  await pool.submit(
    "executable = /bin/true\ndeferral_time = 1\n" +
      "deferral_window = 2147483000\nshould_transfer_files = YES\nqueue\n",
    { user: "alice" },
  );
  const out = "/var/tmp/out";
  await pool.sh(`mkdir ${out}; chown alice ${out}`);
  await pool.lumberjackJson([
    ...["export", "--constraint", "true", "--out", out],
    ...["--remote-spool", remoteSpool("alice")],
  ], { user: "alice" });
  const log = await pool.run(["cat", `${out}/job_queue.log`]);
  const returned = await runAway({ root, user: "alice", log, domain });
  assert(/^103 \S+ MATCH_EXP_\S+ /m.test(returned.log));
  assert(/^103 \S+ ScheddInterval /m.test(returned.log));
  await pool.machine.write("/var/tmp/returned.log", returned.log);
  await pool.sh("chmod 644 /var/tmp/returned.log");
  const report = await pool.lumberjackJson<ImportReport>(
    ["import", "--in", "/var/tmp/returned.log"],
    { user: "alice" },
  );
  assertEquals([report.merged, report.refused], [3, []]);
}

poolTest(
  "on trixie, jobs that use $$() come home, and no attribute is refused",
  () => comesHome("trixie", "test"),
);

// Not on 23.9: at a site with another UID_DOMAIN, its schedd does not let the
// shadow report that a job has ended.
poolTest(
  "on sid, jobs that use $$() come home from another UID_DOMAIN, and no attribute is refused",
  () => comesHome("sid", "hpc.example"),
);
