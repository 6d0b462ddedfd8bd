/**
 * Runs inside a pool's machine for live_own_export_test.ts. It exports all jobs
 * with `--engine schedd`. With COMMAND, it runs that shell command just before it
 * asks the schedd. Without COMMAND, it kills itself when the schedd has answered.
 * It prints why the export failed.
 *
 *     live_own_export.ts OUT [COMMAND]
 *
 * @module
 */
import { exportBySchedd } from "../../lib/lumberjack/export/by_schedd.ts";
import { openScheddQueue } from "../../lib/lumberjack/queue/schedd/open.ts";
import { Selection } from "../../lib/lumberjack/job/selection.ts";

const [out, command] = Deno.args;
const queue = await openScheddQueue({ changes: true });
const { schedd } = queue;
const ask = schedd.exportJobs.bind(schedd);
schedd.exportJobs = async (request) => {
  if (command !== undefined) run(command);
  const result = await ask(request);
  if (command === undefined) Deno.kill(Deno.pid, "SIGKILL");
  return result;
};
try {
  await exportBySchedd(queue, {
    selection: new Selection({ constraint: "true" }),
    out,
    remoteSpool: "/remote/spool",
  });
} catch (error) {
  console.log(error instanceof Error ? error.message : error);
}
await queue.close();

function run(command: string): void {
  const { success, stderr } = new Deno.Command("sh", {
    args: ["-ec", command],
  }).outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
