import { isExportId } from "../lumberjack/export_dir/manifest.ts";
import { Selection } from "../lumberjack/job/selection.ts";
import {
  unexportJobs,
  type UnexportRequest,
  type UnexportResult,
} from "../lumberjack/export/unexport.ts";
import {
  type Command,
  ExitStatus,
  type FlagValues,
  type Invocation,
  UsageError,
} from "./command.ts";
import { openQueue, queueFlags, queueOutFlags } from "./queue_flags.ts";
import { count, reportQueueOut } from "./report.ts";
import { rejectArguments, selectionFlags } from "./selection_flags.ts";

/** What `--json` prints. */
export type Json = Pick<UnexportResult, "unlocked" | "notLocked" | "exportIds">;

/** `lumberjack unexport` */
export const command: Command = {
  name: "unexport",
  usage: [
    "unexport --constraint EXPR",
    "unexport --ids ID...",
    "unexport --export-id ID",
  ],
  description:
    "Unlocks the jobs. Lumberjack cannot stop jobs that run elsewhere: first make sure that\n" +
    "no schedd starts on the exported log, and that the jobs run nowhere. Otherwise a job\n" +
    "can run twice. If a pass has sent the jobs to a site, the site has to give them up\n" +
    "first (lumberjack remote cancel): they come home as cancelled, and are idle again. If\n" +
    "the site never will, --abandon takes them back. From then on results of these jobs\n" +
    "are refused.",
  flags: {
    ...selectionFlags,
    "export-id": {
      type: "string",
      value: "ID",
      help: "all jobs of this export (lumberjack status lists them)",
    },
    abandon: {
      type: "boolean",
      help:
        "also jobs that were sent to a site: nothing of them will come back",
    },
    ...queueFlags,
    ...queueOutFlags,
  },
  examples: [
    {
      does: "take all jobs of one export back",
      line: "lumberjack unexport --export-id 20260801T120000Z-0badcafe",
    },
    { does: "take one cluster back", line: "lumberjack unexport --ids 12" },
  ],
  async run({ flags, args, terminal }: Invocation): Promise<number> {
    rejectArguments(args);
    const request = requestOf(flags);
    const queue = await openQueue(flags, {
      changes: true,
      replace: true,
      note: (text) => terminal.message(text),
    });
    try {
      const result = await unexportJobs(queue, request);
      const { unlocked, notLocked, exportIds } = result;
      for (const note of result.notes) terminal.message(note);
      if (terminal.json) {
        terminal.printJson<Json>({ unlocked, notLocked, exportIds });
      } else {
        const verb = flags.boolean("dry-run") ? "would unlock" : "unlocked";
        terminal.line(`${verb} ${count(unlocked.length, "job")}`);
        if (notLocked > 0) {
          terminal.message(`${notLocked} that match were not exported`);
        }
        if (unlocked.length > 0 && !request.dryRun) {
          terminal.message(
            "the exported log holds them still: a schedd that starts on it runs them too, " +
              "and from now on results of them are refused",
          );
          reportQueueOut("the queue with these jobs unlocked", flags, terminal);
        }
      }
      return unlocked.length === 0
        ? ExitStatus.nothingMatched
        : ExitStatus.done;
    } finally {
      await queue.close();
    }
  },
};

function requestOf(flags: FlagValues): UnexportRequest {
  const dryRun = flags.boolean("dry-run");
  const exportId = flags.string("export-id");
  const selection = new Selection({
    constraint: flags.string("constraint"),
    ids: flags.list("ids"),
  });
  if (selection.isEmpty === (exportId === undefined)) {
    throw new UsageError("name the jobs in one way", {
      remedy: "with --constraint EXPR, --ids ID... or --export-id ID",
    });
  }
  if (exportId !== undefined && !isExportId(exportId)) {
    throw new UsageError("not an export id", {
      subject: exportId,
      remedy: "lumberjack status lists them",
    });
  }
  const abandon = flags.boolean("abandon");
  return exportId === undefined
    ? { selection, dryRun, abandon }
    : { exportId, dryRun, abandon };
}
