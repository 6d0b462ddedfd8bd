/**
 * Runs `import --engine schedd` inside a pool, and kills itself in the second
 * batch. Arguments: the returned folder, and `before` or `after`: whether the kill
 * comes before or after the schedd's import.
 */
import { importJobs } from "../../lib/lumberjack/import/import.ts";
import { ScheddMerger } from "../../lib/lumberjack/import/by_schedd.ts";
import { openScheddQueue } from "../../lib/lumberjack/queue/schedd/open.ts";

const [folder, where] = Deno.args;
const queue = await openScheddQueue({ changes: true });
const step = where === "before" ? "stillAway" : "apply";
const run: (changes: never) => unknown = queue[step].bind(queue);
let batches = 0;
Object.defineProperty(queue, step, {
  value: (changes: never) => {
    if (++batches === 2) Deno.kill(Deno.pid, "SIGKILL");
    return run(changes);
  },
});
using merger = new ScheddMerger(queue);
await importJobs(queue, { in: folder, merger });
