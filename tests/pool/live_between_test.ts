import { assert, assertEquals } from "@std/assert";
import { Pool, poolTest, roots } from "./harness/mod.ts";
import { readPlainAds } from "./harness/queue_text.ts";

for (const root of roots) {
  poolTest(
    `on ${root}, a job that is held between two queries of an export is unlocked and left out, with the reason`,
    async () => {
      await using pool = await Pool.start({ root, slots: 0 });
      await pool.submit("executable = /bin/true\nqueue 3\n", { user: "alice" });
      const out = "/var/tmp/out";
      await pool.sh(`mkdir ${out}; chown alice ${out}`);
      const said = JSON.parse(
        await pool.deno([
          ...["run", "-A", "--config", "/lumberjack/deno.json"],
          ...["/lumberjack/tests/pool/live_between.ts", out],
        ], { user: "alice" }),
      );
      assert(said.queries >= 2, "the job was not held between two queries");
      assertEquals(said.skipped, [
        { id: "1.1", reason: "held, since it was locked" },
      ]);
      const states = (await pool.queue()).map((ad) => [
        `${ad.ClusterId}.${ad.ProcId}`,
        ad.JobStatus,
        ad.Managed,
      ]);
      assertEquals(states, [
        ["1.0", 1, "External"],
        ["1.1", 5, undefined],
        ["1.2", 1, "External"],
      ]);
      const log = readPlainAds(await pool.run(["cat", `${out}/job_queue.log`]));
      const jobs = [...log.keys()].filter((key) => /^[1-9]\d*\.\d+$/.test(key));
      assertEquals(jobs.sort(), ["1.0", "1.2"]);
    },
  );
}
