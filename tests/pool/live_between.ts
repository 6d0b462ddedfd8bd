/**
 * Runs inside a pool's machine for live_between_test.ts. It exports all jobs as
 * an ordinary user, who cannot read the log, so by queries. After the locked jobs
 * are listed, and before their ads are read, it holds job 1.1. It prints the
 * export's report.
 *
 *     live_between.ts OUT
 *
 * @module
 */
import { exportJobs } from "../../lib/lumberjack/export/export.ts";
import { openScheddQueue } from "../../lib/lumberjack/queue/schedd/open.ts";
import { Selection } from "../../lib/lumberjack/job/selection.ts";

const [out] = Deno.args;
const queue = await openScheddQueue({ changes: true });
const { schedd } = queue;
const queryJobs = schedd.queryJobs.bind(schedd);
let isLocked = false, queries = 0;
schedd.queryJobs = async function* (query) {
  // The first query after the lock lists the jobs, the second reads their ads.
  if (isLocked && ++queries === 2) {
    const hold = await new Deno.Command("condor_hold", { args: ["1.1"] })
      .output();
    if (!hold.success) throw new Error("condor_hold failed");
  }
  yield* queryJobs(query);
};
const readLocked = queue.readLocked.bind(queue);
queue.readLocked = (...args) => {
  isLocked = true;
  return readLocked(...args);
};
const report = await exportJobs(queue, {
  selection: new Selection({ constraint: "true" }),
  out,
  remoteSpool: "/remote/spool",
});
await queue.close();
console.log(JSON.stringify({ queries, skipped: report.skipped }));
