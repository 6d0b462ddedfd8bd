/**
 * Runs inside a pool's machine for live_held_test.ts. It imports a log. Just
 * before the results are merged, it holds one job and releases another. So what
 * the import has read of the queue is then out of date.
 *
 *     live_held.ts LOG HOLD RELEASE
 *
 * @module
 */
import { importJobs } from "../../lib/lumberjack/import/import.ts";
import { openScheddQueue } from "../../lib/lumberjack/queue/schedd/open.ts";

const [log, toHold, toRelease] = Deno.args;

function run(...words: string[]): void {
  const [command, ...args] = words;
  const { success, stderr } = new Deno.Command(command, { args }).outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

const queue = await openScheddQueue({ changes: true });
const result = await importJobs(queue, {
  in: log,
  progress(text) {
    if (!text.startsWith("merging")) return;
    run("condor_hold", toHold);
    run("condor_release", toRelease);
  },
});
await queue.close();
console.log(JSON.stringify(result));
