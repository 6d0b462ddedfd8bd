import { assertEquals } from "@std/assert";
import {
  type ImportReport,
  Pool,
  poolTest,
  RemoteSite,
  remoteSpool,
  roots,
  runAway,
} from "./harness/mod.ts";

for (const root of roots) {
  poolTest(
    `on ${root}, a job that uses $$() comes home from another UID_DOMAIN with nothing refused`,
    async () => {
      await using pool = await Pool.start({ root, slots: 0 });
      await using site = await RemoteSite.boot(root, { domain: "hpc.example" });
      await pool.submit(
        "executable = /bin/sleep\narguments = 0$$(NoSuchAttribute:)\n" +
          'My.Wanted = "$$(Arch)"\nqueue 2\n',
        { user: "alice" },
      );
      await pool.sh("mkdir /var/tmp/out; chown alice /var/tmp/out");
      await pool.lumberjackJson([
        ...["export", "--constraint", "true", "--out", "/var/tmp/out"],
        ...["--remote-spool", remoteSpool],
      ], { user: "alice" });
      const log = await pool.run(["cat", "/var/tmp/out/job_queue.log"]);
      const returned = await runAway(site, log);
      await pool.machine.write("/var/tmp/returned.log", returned.log);
      const report = await pool.lumberjackJson<ImportReport>(
        ["import", "--in", "/var/tmp/returned.log"],
        { user: "alice" },
      );
      assertEquals([report.merged, report.refused], [2, []]);
    },
  );
}
