import { poolTest, roots } from "./harness/mod.ts";
import { explained, routedJobs } from "./job_router.ts";
import { editedJobs, followEditedJobs } from "./job_router_edit.ts";

for (const root of roots) {
  poolTest(
    `on ${root}, jobs that the router edits in place go to their site and come home; jobs that are removed, held or released at any stage leave no lock and no file`,
    async () => {
      await using pool = await routedJobs(root, {
        ...{ way: "edit", jobs: editedJobs, period: 2 },
      });
      try {
        await followEditedJobs(pool, () => Promise.resolve());
      } catch (error) {
        throw await explained(pool, error);
      }
    },
  );
}
