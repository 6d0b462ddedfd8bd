/**
 * Runs inside a pool's machine for live_stale_test.ts. It takes an export back,
 * by `unexport` or `recover`. Just before it unlocks the jobs, another Lumberjack
 * unlocks them and exports them again. So what the first Lumberjack has read of
 * the queue is out of date. This program prints the id of the second export.
 *
 *     live_stale.ts unexport|recover FIRST SECOND
 *
 * The folders FIRST and SECOND must exist.
 *
 * @module
 */
import { exportJobs } from "../../lib/lumberjack/export/export.ts";
import { updateManifest } from "../../lib/lumberjack/export_dir/manifest.ts";
import { recover } from "../../lib/lumberjack/export/recover.ts";
import { openScheddQueue } from "../../lib/lumberjack/queue/schedd/open.ts";
import { Selection } from "../../lib/lumberjack/job/selection.ts";
import { unexportJobs } from "../../lib/lumberjack/export/unexport.ts";

const [verb, first, second] = Deno.args;
const selection = new Selection({ constraint: "true" });

async function exportTo(out: string): Promise<string> {
  const queue = await openScheddQueue({ changes: true });
  const { exports: [{ exportId }] } = await exportJobs(queue, {
    selection,
    out,
    remoteSpool: "/remote/spool",
  });
  await queue.close();
  return exportId;
}

const exportId = await exportTo(first);
let again = "";
const queue = await openScheddQueue({ changes: true });
const change = queue.change.bind(queue);
queue.change = async (changes) => {
  const other = await openScheddQueue({ changes: true });
  await other.change(
    [0, 1, 2].map((proc) => ({
      ...{ cluster: 1, proc, exportId, set: [] },
      remove: ["Managed", "ManagedManager", "LumberjackExportId"],
    })),
  );
  await other.close();
  again = await exportTo(second);
  await change(changes);
};
if (verb === "unexport") await unexportJobs(queue, { exportId });
else {
  updateManifest(first, exportId, { state: "unexported" });
  await recover(queue);
}
await queue.close();
console.log(again);
