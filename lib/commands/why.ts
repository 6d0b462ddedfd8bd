import { parseJobIdPattern } from "../lumberjack/job/id.ts";
import { findCronFolder } from "../lumberjack/site/cron_folder.ts";
import { SiteFolder } from "../lumberjack/site/site_folder.ts";
import { loadSites } from "../lumberjack/site/read_sites.ts";
import {
  explainJob,
  type JobAnswer,
  type SiteAnswer,
} from "../lumberjack/site/why.ts";
import type { Terminal } from "../terminal/mod.ts";
import {
  type Command,
  ExitStatus,
  type Invocation,
  UsageError,
} from "./command.ts";
import { openQueue, queueFlags } from "./queue_flags.ts";

/** What `--json` prints. */
export type Json = JobAnswer;

/** `lumberjack why` */
export const command: Command = {
  name: "why",
  usage: ["why CLUSTER.PROC"],
  description:
    "For a job that is here: whether it may leave, and for each site of LUMBERJACK_SITES\n" +
    "the parts of the constraint that are not true for it, or the limit that holds it\n" +
    "(MAX_JOBS, MIN_JOBS, MAX_BYTES). For a job that is away: with which export, since\n" +
    "when, where, and why it is stuck.",
  flags: queueFlags,
  examples: [{ does: "one job", line: "lumberjack why 12.0" }],
  isForOutput: true,
  async run({ flags, args, terminal }: Invocation): Promise<number> {
    if (args.length !== 1) {
      throw new UsageError("name one job", {
        remedy: "write lumberjack why CLUSTER.PROC",
      });
    }
    const { cluster, proc = 0 } = parseJobIdPattern(args[0]);
    const sites = await loadSites();
    const queue = await openQueue(flags, { changes: false });
    try {
      const folder = await findCronFolder(sites).catch(() => undefined);
      const answer = await explainJob(
        queue,
        { cluster, proc },
        sites,
        (site) =>
          folder === undefined ? undefined : SiteFolder.find(folder, site),
      );
      if (terminal.json) terminal.printJson<Json>(answer);
      else print(answer, terminal);
      return ExitStatus.done;
    } finally {
      await queue.close();
    }
  },
};

function print({ id, state, sites }: JobAnswer, terminal: Terminal): void {
  terminal.line(`${id}: ${state}`);
  for (const site of sites) printSite(site, terminal);
}

function printSite(
  { site, mayGo, reasons, clauses }: SiteAnswer,
  terminal: Terminal,
): void {
  if (mayGo) {
    terminal.line(`${site}: it may go there`);
    for (const reason of reasons) terminal.line(`  ${reason}`);
    return;
  }
  if (reasons.length + clauses.length === 0) {
    terminal.line(`${site}: it matches, and stays for the reason above`);
    return;
  }
  terminal.line(`${site}: it does not go there`);
  for (const reason of reasons) terminal.line(`  ${reason}`);
  for (const { clause, value, attributes } of clauses) {
    const values = Object.entries(attributes)
      .map(([name, value]) => `${name} = ${value}`).join(", ");
    terminal.line(`  ${clause} is ${value}` + (values ? `: ${values}` : ""));
  }
}
