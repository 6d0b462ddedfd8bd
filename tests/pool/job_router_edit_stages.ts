import { poolTest, roots } from "./harness/mod.ts";
import { killAt, tryEditedJobs } from "./job_router_edit.ts";

for (const root of roots) {
  poolTest(
    `on ${root}, jobs that the router edits in place survive that the schedd, all daemons and the router are killed, and their owner intervenes at each stage`,
    () => tryEditedJobs(root, killAt),
  );
}
