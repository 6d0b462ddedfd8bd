/** Appends the events of many jobs to two logs. The test kills it meanwhile. */
import { appendEvents } from "../../../../lib/lumberjack/files/events/append_events.ts";
import { type Bench, execute, job, owner, terminated } from "./bench.ts";

const [folder, count] = Deno.args;
const at = { folder } as Bench;
const jobs = Array.from({ length: Number(count) }, (_, proc) => ({
  ...job(
    at,
    (execute + terminated(0)).replaceAll("(012.000", `(012.${proc}`),
    `DAGManNodesLog = "${folder}/nodes.log"\n`,
  ),
  id: { cluster: 12, proc },
}));
console.log("begin");
// A few jobs at a time: so there are many steps at which it can be killed.
for (let at = 0; at < jobs.length; at += 5) {
  await appendEvents(jobs.slice(at, at + 5), {
    exportId: "x",
    owner,
    journalFolder: folder,
  });
}
