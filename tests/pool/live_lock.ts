/**
 * Runs inside a pool's machine for live_lock_test.ts. It exports, and runs shell
 * commands that change jobs just before they are locked or just before the log is
 * written. It prints the export's report as JSON.
 *
 * @module
 */
import {
  loadConfig,
  readAddressFile,
  Schedd,
  securityOf,
} from "../../lib/condor/mod.ts";
import { exportJobs } from "../../lib/lumberjack/export/export.ts";
import { readableLog } from "../../lib/lumberjack/queue/schedd/open.ts";
import { ScheddJobQueue } from "../../lib/lumberjack/queue/schedd/job_queue.ts";
import { Selection } from "../../lib/lumberjack/job/selection.ts";

/** Shell commands, by the progress message before which they run. */
export type Meddling = Record<string, string>;

async function main(): Promise<void> {
  const [source, constraint, out, meddling] = Deno.args;
  const commands: Meddling = JSON.parse(meddling);
  const config = await loadConfig();
  const schedd = new Schedd(readAddressFile(config)!, securityOf(config));
  const log = source === "log"
    ? readableLog(config.get("JOB_QUEUE_LOG"))
    : undefined;
  if (source === "log" && log === undefined) throw new Error("no log");
  const queue = new ScheddJobQueue(schedd, log);
  const result = await exportJobs(queue, {
    selection: new Selection({ constraint }),
    out,
    remoteSpool: "/remote/spool",
    progress: (text) => {
      const [command] = Object.entries(commands)
        .filter(([begin]) => text.startsWith(begin)).map(([, line]) => line);
      if (command !== undefined) run(command);
    },
  });
  await queue.close();
  console.log(JSON.stringify(result));
}

function run(command: string): void {
  const { success, stderr } = new Deno.Command("sh", {
    args: ["-ec", command],
  }).outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

if (import.meta.main) {
  await main();
  Deno.exit(0);
}
