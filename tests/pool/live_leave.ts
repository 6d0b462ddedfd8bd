/**
 * Runs inside a pool's machine for live_leave_test.ts. It imports a returned log
 * into the running schedd, with one of the two engines. It lets at most so many
 * completed jobs wait until the schedd moves them to the history.
 *
 * @module
 */
import {
  loadConfig,
  readAddressFile,
  Schedd,
  securityOf,
} from "../../lib/condor/mod.ts";
import { importJobs } from "../../lib/lumberjack/import/import.ts";
import { readableLog } from "../../lib/lumberjack/queue/schedd/open.ts";
import { ScheddMerger } from "../../lib/lumberjack/import/by_schedd.ts";
import { ScheddJobQueue } from "../../lib/lumberjack/queue/schedd/job_queue.ts";

if (import.meta.main) {
  const [path, mostCompleted, engine] = Deno.args;
  const config = await loadConfig();
  const schedd = new Schedd(readAddressFile(config)!, securityOf(config));
  const log = readableLog(config.get("JOB_QUEUE_LOG"));
  const queue = new ScheddJobQueue(schedd, log, Number(mostCompleted));
  const merger = engine === "schedd" ? new ScheddMerger(queue) : undefined;
  const result = await importJobs(queue, { in: path, merger });
  merger?.[Symbol.dispose]();
  await queue.close();
  console.log(JSON.stringify(result));
  Deno.exit(0);
}
