import { assert, assertEquals } from "@std/assert";
import { poolTest } from "./harness/mod.ts";
import { runAutomation } from "./automation.ts";

// It takes long: each HTCondor has its turn, from source and as the executable.
for (const root of [Deno.env.has("LUMBERJACK") ? "sid" : "trixie"] as const) {
  poolTest(
    `on ${root}, jobs leave for two sites, run there once and come home by themselves, although every second ship to one site fails`,
    async () => {
      const report = await runAutomation({
        root,
        goOn: (round) => round < 1,
        submissions: () => [
          { user: "alice", site: "ALCF" },
          { user: "carol", site: "NERSC" },
        ],
        isImpatient: true,
        patience: 240,
      });
      assertEquals(report.problems, []);
      assertEquals([report.jobs, report.runs], [6, 2]);
      assert(report.failures >= 1, JSON.stringify(report));
    },
  );
}
