import { poolTest, roots } from "./harness/mod.ts";
import { explained, routedJobs } from "./job_router.ts";
import { editedJobs, followEditedJobs, killAt } from "./job_router_edit.ts";

for (const root of roots) {
  poolTest(
    `on ${root}, jobs that the router edits in place survive that the schedd, all daemons and the router are killed, and their owner intervenes at each stage`,
    async () => {
      await using pool = await routedJobs(root, {
        ...{ way: "edit", jobs: editedJobs, period: 2 },
      });
      try {
        await followEditedJobs(pool, (stage) => killAt(pool, stage));
      } catch (error) {
        throw await explained(pool, error);
      }
    },
  );
}
