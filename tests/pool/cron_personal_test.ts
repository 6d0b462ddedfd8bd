import { assertEquals, assertMatch } from "@std/assert";
import { Pool, poolTest, roots, until } from "./harness/mod.ts";
import { runThere } from "./cron_site.ts";

// Whatever is needed for automatic export and return, in an ordinary user's pool.
const config = `
LUMBERJACK_SITES = ALCF
LUMBERJACK_ALCF_CONSTRAINT = WantSite == "ALCF"
LUMBERJACK_ALCF_REMOTE_SPOOL = /remote/spool
LUMBERJACK_ALCF_SHIP = /home/alice/site/in
LUMBERJACK_ALCF_FETCH = /home/alice/site/out
use FEATURE : ScheddCronPeriodic(LUMBERJACK, 5s, /usr/local/bin/lumberjack, cron)
SCHEDD_CRON_LUMBERJACK_PREFIX = Lumberjack
UPDATE_INTERVAL = 3
`;

const submission = `
executable = job.sh
transfer_output_files = result
should_transfer_files = YES
output = out.$(Process)
transfer_output_remaps = "result = result.$(Process)"
log = job.log
My.WantSite = "ALCF"
queue 2
`;

for (const root of roots) {
  poolTest(
    `on ${root}, SCHEDD_CRON runs passes in a personal pool, as its user`,
    async () => {
      await using pool = await Pool.start({
        ...{ root, user: "alice", slots: 0, config },
        prepare: async (pool) => {
          await pool.sh("cd; mkdir -p site/in site/out");
          await pool.sh("cd; printf '#!/bin/sh\\n' >job.sh; chmod 755 job.sh");
        },
      });
      await pool.submit(submission, { user: "alice" });
      await until(
        "the export is sent",
        async () => /^20\S+\.tar\.\w+\n$/.test(await pool.sh("ls ~/site/in")),
      );
      await until("the schedd's ad says what the pass did", async () => {
        const said = await pool.run([
          ...["condor_status", "-schedd", "-af"],
          ...["LumberjackState", "LumberjackAway"],
        ]);
        return said === "ok 2\n";
      });
      assertMatch(
        await pool.sh(
          "find ~/condor/lumberjack ! -user alice; ls ~/condor/log/LumberjackLog",
        ),
        /^\/home\/alice\/condor\/log\/LumberjackLog\n$/,
      );
      await runThere(pool, "/home/alice/site");
      await pool.untilNone("true", 60);
      assertEquals(
        await pool.sh("cat result.0 result.1 out.0; grep -c ^005 job.log", {
          cwd: "/home/alice",
        }),
        "ran as 1.0\nran as 1.1\nhello\n2\n",
      );
      assertEquals(
        (await pool.history()).map(({ LumberjackState }) => LumberjackState),
        ["home", "home"],
      );
    },
  );
}
