import { assertEquals, assertMatch } from "@std/assert";
import { poolTest, roots, until } from "./harness/mod.ts";
import {
  copies,
  copyOf,
  explained,
  killRouter,
  routedJobs,
  runThere,
  stage,
} from "./job_router.ts";

const alice = { user: "alice" };

for (const root of roots) {
  poolTest(
    `on ${root}, routed copies go out and come home; sources and copies that are removed, held or released leave nothing behind; the router, the schedd and all daemons may be killed`,
    async () => {
      await using pool = await routedJobs(root, {
        ...{ way: "copy", jobs: 8, period: 8 },
      });
      const pass = () => pool.run(["lumberjack", "cron"]);
      try {
        await until(
          "each job has a copy",
          async () => (await copies(pool)).length === 8,
          90,
        );
        assertEquals(
          await pool.sh(
            `stat -c '%a %U %G' ${stage} ${stage}/alice ${stage}/alice/1.0.*`,
          ),
          "3773 condor condor\n2750 alice condor\n2750 alice condor\n",
        );
        // Nobody but the owner can read what is staged.
        const spied = await pool.try(
          ["sh", "-c", `ls ${stage} || cat ${stage}/alice/1.0.*/inputs/*/*`],
          { user: "bob" },
        );
        assertEquals([spied.code !== 0, spied.stdout], [true, ""]);

        // Staged, and not exported yet.
        await pool.run(["condor_rm", "1.1"], alice);
        await pool.run(["condor_hold", "1.2"], alice);
        await pool.run(["condor_rm", await copyOf(pool, "1.3")], alice);
        await killRouter(pool);
        await pool.killSchedd();
        await until(
          "the router has removed the copies, and made another of 1.3",
          async () =>
            (await copies(pool)).join() ===
              "1.0 1 -,1.3 1 -,1.4 1 -,1.5 1 -,1.6 1 -,1.7 1 -",
          90,
        );
        await pool.run(["condor_release", "1.2"], alice);
        await until(
          "1.2 has a copy again",
          async () => (await copies(pool)).includes("1.2 1 -"),
          60,
        );
        assertMatch(await pass(), /^Away = 7$/m);

        // Away.
        await until(
          "the sources say where their copies are",
          async () =>
            (await pool.queue(
              'RoutedFromJobId is undefined && LumberjackState == "away"',
            )).length === 7,
          60,
        );
        await pool.run(["condor_rm", "1.4"], alice);
        await pool.run(["condor_hold", "1.5"], alice);
        await pool.run(["condor_rm", await copyOf(pool, "1.6")], alice);
        await pool.run(["condor_hold", await copyOf(pool, "1.7")], alice);
        await pool.crash();
        await until(
          "the router has removed two copies",
          async () =>
            (await copies(pool)).filter((copy) => / 3 /.test(copy)).length >= 3,
          90,
        );
        await pass();
        assertMatch(
          await pool.sh("cat /srv/in/*.cancel"),
          /^(\d+\.\d+\n){3,4}$/,
        );
        await pool.run(["condor_release", "1.5"], alice);
        await pool.try(["condor_release", "1.7"], alice);

        // Home.
        let rounds = 0;
        await until("all jobs are home", async () => {
          await pool.sh(runThere);
          await pass();
          // A copy that was held while it was away comes home and stays held.
          await pool.try(
            ["condor_release", "-constraint", "JobStatus == 5"],
            alice,
          );
          if (rounds++ === 0) await killRouter(pool);
          return (await pool.queue()).length === 0;
        }, 150);
        assertEquals(
          await pool.sh(
            "cd ~alice; ls results logs; cat results/0 logs/out.0; stat -c %U results/0",
          ),
          [
            "logs:",
            ...["err", "out"].flatMap((name) =>
              [0, 2, 3, 5, 6, 7].map((proc) => `${name}.${proc}`)
            ),
            ...["", "results:", 0, 2, 3, 5, 6, 7],
            ...["treasure", "hello", "alice", ""],
          ].join("\n"),
        );
        const ended = await pool.sh("grep -c '^005 ' ~alice/job.log");
        assertEquals(ended, "6\n");
        assertEquals(await pool.sh(`find ${stage} -mindepth 1`), "");
        assertEquals(await pool.sh("find ~alice -name '.lumberjack*'"), "");
      } catch (error) {
        throw await explained(pool, error);
      }
    },
  );
}
