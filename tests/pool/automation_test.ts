import { assert, assertEquals } from "@std/assert";
import { poolTest, roots } from "./harness/mod.ts";
import { runAutomation } from "./automation.ts";

for (const root of roots) {
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
