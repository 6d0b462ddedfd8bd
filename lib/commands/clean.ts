import {
  type CleanedExport,
  cleanExports,
} from "../lumberjack/import/clean.ts";
import {
  type Command,
  ExitStatus,
  type Invocation,
  UsageError,
} from "./command.ts";
import { openQueue, queueFlags } from "./queue_flags.ts";

/** What `--json` prints. */
export interface Json {
  /** The exports in the folders, and what became of their files. */
  readonly exports: readonly CleanedExport[];
}

/** `lumberjack clean` */
export const command: Command = {
  name: "clean",
  usage: ["clean --older-than TIME DIR..."],
  description:
    "Removes the input files and logs that `export --stage` put into DIR, when all jobs\n" +
    "of the export have been home for TIME. DIR is the folder of an export, or a folder\n" +
    "of such folders. The manifest and the exported log stay. DIR may also be the SPOOL\n" +
    "at the other end, if the jobs left the running schedd here: what they wrote stays.",
  flags: {
    "older-than": {
      type: "string",
      value: "TIME",
      help: "how long the jobs have to be home: 90s, 30m, 12h, 7d",
    },
    ...queueFlags,
  },
  examples: [
    {
      does: "what has been home for a week",
      line: "lumberjack clean --older-than 7d /data/exports",
    },
  ],
  async run({ flags, args, terminal }: Invocation): Promise<number> {
    const olderThan = secondsOf(flags.string("older-than"));
    if (args.length === 0) {
      throw new UsageError("folder is missing", {
        remedy: "name the folder of an export, or of several",
      });
    }
    const dryRun = flags.boolean("dry-run");
    const queue = await openQueue(flags, {
      changes: false,
      note: (text) => terminal.message(text),
    });
    try {
      const exports = await cleanExports(queue, {
        folders: args,
        olderThan,
        dryRun,
      });
      if (terminal.json) terminal.printJson<Json>({ exports });
      const verb = dryRun
        ? "would remove the files of"
        : "removed the files of";
      for (const { exportId, folder, reason } of exports) {
        if (reason === null) terminal.line(`${verb} ${exportId} in ${folder}`);
        else terminal.message(`${exportId} in ${folder} stays: ${reason}`);
      }
      if (exports.length > 0) return ExitStatus.done;
      terminal.message("no folder that was named holds an export");
      return ExitStatus.nothingMatched;
    } finally {
      await queue.close();
    }
  },
};

const units: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
};

function secondsOf(text: string | undefined): number {
  const [, number, unit] = /^(\d{1,6})([smhd])$/.exec(text ?? "") ?? [];
  if (number !== undefined) return Number(number) * units[unit];
  throw new UsageError("--older-than needs a time", {
    subject: text,
    remedy: "write a number and s, m, h or d, such as 7d",
  });
}
