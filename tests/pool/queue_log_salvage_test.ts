import { assert, assertEquals } from "@std/assert";
import { QueueTable } from "../../lib/queue_log/mod.ts";
import {
  checkSalvage,
  damage,
  emptyTally,
  originals,
} from "../queue_log/salvage_campaign.ts";
import { LoneSchedd, poolTest, readPlainAds, roots } from "./harness/mod.ts";

for (const root of roots) {
  poolTest(
    `the schedd of ${root} loads every job of a salvaged log`,
    async () => {
      await using schedd = await LoneSchedd.boot(root);
      // To try more logs by hand, set POOL_DAMAGE=500.
      const count = Number(Deno.env.get("POOL_DAMAGE") ?? 25);
      const seed = Number(Deno.env.get("POOL_SEED") ?? 1);
      const logs = originals();
      const tally = emptyTally();
      for (let k = 0; k < count; k++) {
        const original = logs[(seed + k) % logs.length];
        const damaged = damage(original, seed + k);
        const label = `seed ${seed + k}: ${original.name}, ${damaged.what}`;
        const log = checkSalvage(original, damaged, tally);
        const real = await schedd.open(log.slice());
        assert(real.starts, `${label}\n${real.said}`);
        const table = QueueTable.read(log);
        const procs = [...table.procs()];
        // Jobs that have ended move to the history, at once or a little later.
        const jobs = new Set(real.jobs);
        const missing = procs.filter((ad) =>
          !jobs.has(ad.key) && !/^[34]$/.test(ad.text("JobStatus") ?? "")
        ).map((ad) => ad.key);
        assertEquals(missing, [], `${label}\n${real.said}`);
        for (const id of jobs) assert(table.get(id), `${label}: ${id}`);
        const ads = readPlainAds(real.log);
        for (const ad of procs) {
          if (ad.text("JobStatus") !== "5") continue;
          assertEquals(
            ads.get(ad.key)?.get("jobstatus"),
            "5",
            `${label}: job ${ad.key} does not stay held`,
          );
        }
      }
      assertEquals(tally.logs, count);
      assert(tally.held > 0);
    },
  );
}
