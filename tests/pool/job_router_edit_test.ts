import { poolTest, roots } from "./harness/mod.ts";
import { tryEditedJobs } from "./job_router_edit.ts";

for (const root of roots) {
  poolTest(
    `on ${root}, jobs that the router edits in place go to their site and come home; jobs that are removed, held or released at any stage leave no lock and no file`,
    () => tryEditedJobs(root),
  );
}
