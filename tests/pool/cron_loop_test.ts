import { assert, assertEquals, assertMatch } from "@std/assert";
import { poolTest, roots, until } from "./harness/mod.ts";
import { poolWithLoop } from "./cron_site.ts";

const config = `
LUMBERJACK_METRICS = /var/lib/lumberjack/lumberjack.prom
use FEATURE : ScheddCronPeriodic(LJ, 3s, /usr/local/bin/lumberjack, cron)
SCHEDD_CRON_LJ_PREFIX = Lumberjack
SCHEDD_INTERVAL = 5
UPDATE_INTERVAL = 3
`;

const submission = `
executable = /bin/true
log = job.log
My.WantSite = "ALCF"
queue 3
`;

for (const root of roots) {
  poolTest(
    `on ${root}, root's passes run under the master, the schedd's passes only publish, and a removed job is cancelled at the site`,
    async () => {
      await using pool = await poolWithLoop(root, { period: 2, config });
      await pool.submit(submission, { user: "alice" });
      const sent = () => pool.sh("ls /srv/in");
      await until(
        "the export is sent",
        async () => /^20\S+\.tar\.\w+\n$/.test(await sent()),
        60,
      );
      const exportId = (await sent()).split(".")[0];
      // Passes as condor only publish the results of root's passes.
      await until("the schedd's ad shows the results", async () => {
        const said = await pool.run(
          [
            "condor_status",
            "-schedd",
            "-af",
            "LumberjackState",
            "LumberjackAway",
          ],
        );
        return said === "ok 3\n";
      }, 60);
      const asCondor = await pool.lumberjack(["cron"], { user: "condor" });
      assertEquals([asCondor.code, asCondor.stderr], [0, ""]);
      assertMatch(asCondor.stdout, /^State = "ok"\n(.*\n)*Away = 3\n/m);
      assertEquals(
        await pool.sh("find /var/lib/lumberjack -user condor"),
        "",
      );
      assertMatch(
        await pool.sh("cat /var/lib/lumberjack/lumberjack.prom"),
        /^lumberjack_jobs_away\{site="ALCF"\} 3$/m,
      );

      await pool.run(["condor_rm", "1.1"], { user: "alice" });
      await until(
        "the removed job has left the queue",
        async () => (await pool.queue()).length === 2,
        60,
      );
      await until(
        "the site has the list of cancelled jobs",
        async () => (await sent()).includes(`${exportId}.cancel`),
        60,
      );
      assertEquals(await pool.sh(`cat /srv/in/${exportId}.cancel`), "1.1\n");
      await until(
        "the user log has the job's terminal event",
        async () =>
          /^009 \(001\.001\.000\)/m.test(await pool.sh("cat ~alice/job.log")),
        30,
      );
      assertEquals(
        (await pool.history("ProcId == 1")).map((job) => job.LumberjackState),
        ["home"],
      );
      // When all jobs are gone, the export is closed.
      await pool.run(["condor_rm", "1"], { user: "alice" });
      await until(
        "the queue is empty",
        async () => (await pool.queue()).length === 0,
        60,
      );
      await until(
        "the site's list has all jobs",
        async () =>
          await pool.sh(`cat /srv/in/${exportId}.cancel`) ===
            "1.1\n1.0\n1.2\n",
        60,
      );
      const events = (await pool.sh("cat /var/lib/lumberjack/history.jsonl"))
        .trim().split("\n").map((line) => JSON.parse(line).event);
      assertEquals(events.slice(0, 4), [
        ...["exported", "sent", "removed", "cancelled"],
      ]);
      assert(events.includes("closed"), events.join());
      assertMatch(
        await pool.sh("cat $(condor_config_val LOG)/LumberjackLog"),
        /^\d\d\/\d\d\/\d\d \d\d:\d\d:\d\d ALCF: exported 20\S+: 3 jobs of alice/m,
      );

      await pool.run(["condor_off", "-daemon", "lumberjack"]);
      await until(
        "the loop has ended",
        async () =>
          (await pool.try(["pgrep", "-f", "[c]ron --loop"])).code !== 0,
        // 5 s are promised; the rest is for a busy machine.
        10,
      );
      assertMatch(
        await pool.sh("cat /var/lib/lumberjack/last_pass.json"),
        /"aliveUntil": "1970/,
      );
      // Without a schedd the pass fails, and says so on stdout, which the schedd
      // reads.
      await pool.stopSchedd();
      const failed = await pool.lumberjack(["cron"]);
      assertEquals([failed.code, failed.stderr], [1, ""]);
      assertMatch(failed.stdout, /^State = "failed"\nProblem = ".+"$/m);
    },
  );
}
