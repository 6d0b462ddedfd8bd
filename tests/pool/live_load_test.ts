import { assert, assertEquals } from "@std/assert";
import { poolTest } from "./harness/mod.ts";
import { runLoad } from "./live_load.ts";

for (const root of ["trixie", "sid"] as const) {
  poolTest(
    `on ${root}, while jobs are matched, held, removed and submitted, no job is lost and no job starts twice, here or at the site`,
    async () => {
      const report = await runLoad({
        root,
        seed: 1,
        clusters: 10,
        // The number of jobs that can be exported each time depends on the
        // machine's speed.
        goOn: ({ rounds, runAway }) =>
          rounds < 4 || (runAway < 60 && rounds < 20),
        say: Deno.env.has("LIVE_LOAD_SAY") ? console.log : undefined,
      });
      if (Deno.env.has("LIVE_LOAD_SAY")) console.log(report);
      assertEquals(report.problems, []);
      assert(report.jobs >= 300, JSON.stringify(report));
      assert(report.ranAway > 20, JSON.stringify(report));
      assert(report.ranHere > 20, JSON.stringify(report));
    },
  );
}
