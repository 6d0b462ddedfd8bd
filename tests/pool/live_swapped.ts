/**
 * Begins an export of a queue whose log was proven, and then puts a copy of the
 * log into its place and edits the jobs: the schedd writes the other file. This
 * is what a schedd that is replaced between proof and lock looks like. Runs
 * inside a pool's machine, for wrong_log_test.ts. Prints the error's message.
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
// The copy is read first; the edit goes to the file that the schedd has open.
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
