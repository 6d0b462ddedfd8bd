import { status } from "../lumberjack/report/status.ts";
import { type Command, ExitStatus, type Invocation } from "./command.ts";
import { openQueue, queueFlags } from "./queue_flags.ts";
import { count } from "./report.ts";
import { rejectArguments } from "./selection_flags.ts";
import { formatTable } from "../terminal/mod.ts";

/** `lumberjack status` */
export const command: Command = {
  name: "status",
  summary: "list the exports whose jobs are away",
  usage: ["status [--export-id ID]"],
  flags: {
    "export-id": { type: "string", value: "ID", help: "show only this export" },
    ...queueFlags,
  },
  examples: [
    { does: "the exports of the running schedd", line: "lumberjack status" },
    {
      does: "the exports in a queue log, for a program",
      line: "lumberjack status --queue job_queue.log --json",
    },
  ],
  isForOutput: true,
  async run({ flags, args, terminal }: Invocation): Promise<number> {
    rejectArguments(args);
    const exportId = flags.string("export-id");
    const queue = await openQueue(flags, {
      changes: false,
      note: (text) => terminal.message(text),
    });
    try {
      const { exports, locked } = await status(queue, { exportId });
      if (terminal.json) {
        terminal.printJson({ exports, locked });
      } else {
        const rows = exports.map((e) => [
          e.exportId ?? "(none)",
          e.owner,
          e.state,
          String(e.jobs),
          e.out ?? "?",
        ]);
        const heads = ["EXPORT", "OWNER", "STATE", "JOBS", "OUT"];
        terminal.write(formatTable([heads, ...rows], { right: [3] }));
        terminal.line(`${count(locked, "job")} locked`);
      }
      return exportId !== undefined && exports.length === 0
        ? ExitStatus.nothingMatched
        : ExitStatus.done;
    } finally {
      await queue.close();
    }
  },
};
