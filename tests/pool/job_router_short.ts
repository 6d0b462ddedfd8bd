import { assertEquals, assertMatch } from "@std/assert";
import { Pool, poolTest, roots, until } from "./harness/mod.ts";
import {
  copies,
  copyOf,
  explained,
  routedJobs,
  runThere,
  stage,
} from "./job_router.ts";

const alice = { user: "alice" };

async function rows(pool: Pool): Promise<string> {
  return (await copies(pool)).join();
}

/** Job 0 goes the whole way; 1 is removed before it leaves, 2 and the copy of 3 while they are away. */
async function routed(pool: Pool): Promise<void> {
  const pass = () => pool.run(["lumberjack", "cron"]);
  await until(
    "each job has a copy",
    async () => await rows(pool) === "1.0 1 -,1.1 1 -,1.2 1 -,1.3 1 -",
    60,
  );
  const spied = await pool.try(
    ["sh", "-c", `ls ${stage} || cat ${stage}/alice/1.0.*/inputs/*/*`],
    { user: "bob" },
  );
  assertEquals([spied.code !== 0, spied.stdout], [true, ""]);

  await pool.run(["condor_rm", "1.1"], alice);
  await until(
    "the copy of the removed job is gone",
    async () => await rows(pool) === "1.0 1 -,1.2 1 -,1.3 1 -",
    60,
  );
  assertMatch(await pass(), /^Away = 3$/m);
  await pool.run(["condor_rm", "1.2", await copyOf(pool, "1.3")], alice);
  await until(
    "the copies of the removed jobs are removed, and 1.3 has another",
    async () => {
      // The next pass unlocks removed copies. The router replaces only those.
      await pass();
      const now = (await pool.queue("RoutedFromJobId =!= undefined"))
        .filter(({ JobStatus }) => JobStatus !== 3)
        .map(({ RoutedFromJobId }) => RoutedFromJobId).sort();
      return now.join() === "1.0,1.3";
    },
    90,
  );
  await until("all jobs are home", async () => {
    await pool.sh(runThere);
    await pass();
    return (await pool.queue()).length === 0;
  }, 90);
  assertEquals(
    await pool.sh(
      "cd ~alice; ls results logs; cat results/0; stat -c %U results/0",
    ),
    [
      ...["logs:", "err.0", "err.3", "out.0", "out.3", ""],
      ...["results:", "0", "3", "treasure", "alice", ""],
    ].join("\n"),
  );
  assertEquals(await pool.sh("grep -c '^005 ' ~alice/job.log"), "2\n");
  assertMatch(await pool.sh("cat /srv/in/*.cancel"), /^(\d+\.0\n){2}$/);
  assertEquals(await pool.sh(`find ${stage} -mindepth 1`), "");
}

for (const root of roots) {
  poolTest(
    `on ${root}, routed copies come home with their outputs, and removed sources and copies leave nothing behind`,
    async () => {
      await using pool = await routedJobs(root, {
        ...{ way: "copy", jobs: 4, period: 5 },
      });
      try {
        await routed(pool);
      } catch (error) {
        throw await explained(pool, error);
      }
    },
  );
}
