/**
 * Runs inside a pool's machine for wrong_log_test.ts. It opens the queue, which
 * proves that the log is the schedd's. Then it replaces the log by a copy, and
 * edits the jobs. The schedd still writes to the old file. This is as if the
 * schedd were replaced between the proof and the lock. Then it exports, and prints
 * the error's message.
 *
 *     live_swapped.ts LOG OUT
 *
 * @module
 */
import { exportJobs } from "../../lib/lumberjack/export/export.ts";
import { openScheddQueue } from "../../lib/lumberjack/queue/schedd/open.ts";
import { Selection } from "../../lib/lumberjack/job/selection.ts";

const [log, out] = Deno.args;
const queue = await openScheddQueue({ changes: true });
Deno.copyFileSync(log, `${log}.copy`);
Deno.renameSync(`${log}.copy`, log);
// The queue reads the copy. The edit after that goes to the file that the schedd
// has open.
for await (
  const _ of queue.select(new Selection({ constraint: "true" }), [])
);
const edit = await new Deno.Command("condor_qedit", {
  args: ["1", "Arguments", '"after"'],
}).output();
if (!edit.success) throw new Error("condor_qedit failed");
try {
  await exportJobs(queue, {
    selection: new Selection({ constraint: "true" }),
    out,
    remoteSpool: "/remote/spool",
  });
  console.log("exported");
} catch (error) {
  console.log((error as Error).message);
}
await queue.close();
