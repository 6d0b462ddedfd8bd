/** A job, its logs at home and its remote log, for tests of appended events. */
import { join } from "@std/path";
import { ClassAd } from "../../../../lib/classad/mod.ts";
import {
  appendEvents,
  type MergedJob,
} from "../../../../lib/lumberjack/files/events/append_events.ts";
import { InProcessCaller } from "../../../../lib/lumberjack/files/owner/in_process.ts";
import { ownerServices } from "../../../../lib/lumberjack/files/owner/services.ts";
import { readEvents } from "../../../../lib/user_log/mod.ts";

export const owner = new InProcessCaller(ownerServices);
export const submit =
  "000 (012.000.000) 2026-11-28 03:00:00 Job submitted from host: <1.2.3.4>\n...\n";
export const execute =
  "001 (012.000.000) 2026-11-28 03:11:37Z Job executing on host: <5.6.7.8>\n" +
  "\tSlotName: slot1@exec\n...\n";
export const size =
  "006 (012.000.000) 2026-11-28 03:11:40Z Image size of job updated: 47\n" +
  "\t5  -  MemoryUsage of job (MB)\n...\n";
const usage = ["Run", "Run", "Total", "Total"].map((which, at) =>
  `\t\tUsr 0 00:00:00, Sys 0 00:00:00  -  ${which} ${
    at % 2 ? "Local" : "Remote"
  } Usage\n`
).join("");
export const terminated = (code: number) =>
  "005 (012.000.000) 2026-11-28 03:12:00Z Job terminated.\n" +
  `\t(1) Normal termination (return value ${code})\n${usage}` +
  ["Run", "Run", "Total", "Total"].map((which, at) =>
    `\t0  -  ${which} Bytes ${at % 2 ? "Received" : "Sent"} By Job\n`
  ).join("") + "...\n";
export const cut = execute.slice(0, 60);

export interface Bench extends Disposable {
  readonly folder: string;
  readonly log: string;
  readonly nodes: string;
  text(path?: string): string;
  numbers(path?: string): number[];
  append(jobs: readonly MergedJob[]): ReturnType<typeof appendEvents>;
}

export function bench(start = submit): Bench {
  const folder = Deno.makeTempDirSync();
  const log = join(folder, "events"), nodes = join(folder, "nodes.log");
  Deno.writeTextFileSync(log, start);
  return {
    folder,
    log,
    nodes,
    text: (path = log) => Deno.readTextFileSync(path),
    numbers: (path = log) =>
      readEvents(Deno.readFileSync(path)).map(({ number }) => number),
    append: (jobs) =>
      appendEvents(jobs, { exportId: "x", owner, journalFolder: folder }),
    [Symbol.dispose]: () => Deno.removeSync(folder, { recursive: true }),
  };
}

export function job(
  { folder }: Bench,
  remote: string | undefined,
  extra = "",
): MergedJob {
  return {
    id: { cluster: 12, proc: 0 },
    ad: ClassAd.parseLong(
      `Iwd = "${folder}"\nUserLog = "events"\nJobStatus = 4\nExitCode = 0\n` +
        `ExitBySignal = false\nQDate = 1795830000\nCompletionDate = 1795835520\n${extra}`,
    ),
    remoteLog: remote === undefined
      ? undefined
      : new TextEncoder().encode(remote),
  };
}
