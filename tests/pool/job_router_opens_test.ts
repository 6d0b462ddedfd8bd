import { assertEquals, assertMatch } from "@std/assert";
import { type Pool, poolTest, roots, until } from "./harness/mod.ts";
import {
  copies,
  explained,
  routedJobs,
  runThere,
  stage,
} from "./job_router.ts";

const report = "/var/tmp/opens";

/** Gives alice's home a file system of its own, and audits its opens from now on. */
async function audit(pool: Pool): Promise<void> {
  await pool.sh(`
    cp -a ~alice /var/tmp/home
    mount -t tmpfs home ~alice
    cp -a /var/tmp/home/. ~alice
    setsid python3 /lumberjack/tests/pool/audit_opens.py ~alice ${report} \\
      </dev/null >/var/tmp/audit.log 2>&1 &
  `);
  await until("the audit has begun", () => pool.machine.exists(report));
}

/** Returns who has opened something in alice's home, as `UID PROGRAM`. */
async function openers(pool: Pool): Promise<Set<string>> {
  const text = await pool.machine.read(report);
  return new Set(
    text.trim().split("\n").map((line) =>
      line.split(" ").slice(0, 2).join(" ")
    ),
  );
}

async function follow(pool: Pool): Promise<void> {
  const pass = () => pool.run(["lumberjack", "cron"]);
  await until(
    "the job has a copy",
    async () => (await copies(pool)).join() === "1.0 1 -",
  );
  assertMatch(await pass(), /^Away = 1$/m);
  await pool.sh(runThere);
  assertMatch(await pass(), /^Away = 0$/m);
  await until("the job is home", async () => (await pool.queue()).length === 0);
  const alice = { user: "alice" };
  assertEquals(
    await pool.sh("cat results/0 logs/out.0", alice),
    "treasure\nhello\n",
  );
  assertEquals(await pool.sh("grep -c '^005 ' job.log", alice), "1\n");
  assertEquals(await pool.sh(`find ${stage} -mindepth 1`), "");
}

for (const root of roots) {
  poolTest(
    `on ${root}, a routed copy goes out and comes home, and no process of root or condor opens a file of its owner`,
    async () => {
      await using pool = await routedJobs(root, {
        ...{ way: "copy", jobs: 1, period: 3, prepare: audit },
      });
      try {
        await follow(pool);
        const during = await openers(pool);
        const uid = (await pool.sh("id -u alice")).trim();
        const foreign = [...during].filter((who) => !who.startsWith(`${uid} `));
        assertEquals(foreign, []);
        // The hooks and the router have opened files there, as alice.
        for (const program of [/deno|lumberjack/, /condor_job_rout/]) {
          assertMatch([...during].join("\n"), program);
        }
        // The audit sees root.
        await pool.sh("cat ~alice/data/secret");
        assertEquals((await openers(pool)).has("0 cat"), true);
      } catch (error) {
        throw await explained(pool, error);
      }
    },
  );
}
