import {
  hasChangedQueue,
  recover,
  type Recovery,
} from "../lumberjack/export/recover.ts";
import {
  type Command,
  ExitStatus,
  type Invocation,
  UsageError,
} from "./command.ts";
import { reasonOf } from "./describe_error.ts";
import { openQueue, queueFlags, queueOutFlags } from "./queue_flags.ts";
import { count, reportQueueOut } from "./report.ts";
import { stagingAgain } from "./staging_flags.ts";
import { rejectArguments } from "./selection_flags.ts";

const said: Readonly<Record<Recovery["action"], string>> = {
  written: "was interrupted: its log is written now",
  completed: "was interrupted at its very end: the manifest is complete now",
  unlocked: "was interrupted: its jobs are unlocked",
  away: "is under way: nothing to do",
  busy: "is being worked on at this moment: nothing was done",
  undecided:
    "needs a decision: its log was written once and is gone, so its jobs may be away",
  failed: "was not recovered",
  unknown:
    "has no manifest here: nothing was done (lumberjack unexport takes it back, if its jobs surely run nowhere)",
};

/** On a dry run. */
const wouldBe: Partial<typeof said> = {
  written: "was interrupted: its log would be written",
  completed: "was interrupted at its very end: the manifest would be completed",
  unlocked: "was interrupted: its jobs would be unlocked",
};

/** What to run for an export that needs a decision. */
function choices(exportId: string): string {
  return "  if the jobs have not left: " +
    `lumberjack recover --export-id ${exportId} --write-again\n` +
    "  if they have left, do nothing and import what comes back\n" +
    "  if they surely run nowhere: " +
    `lumberjack unexport --export-id ${exportId}`;
}

/** What JSON says about a recovery. */
export type RecoveryJson = Omit<Recovery, "problem"> & {
  /** Why it failed. */
  readonly problem?: string;
};

/** Returns what JSON says about a recovery: the problem is its text. */
export function recoveryJson(
  { problem, ...found }: Recovery,
): RecoveryJson {
  return problem ? { ...found, problem: reasonOf(problem) } : found;
}

/** What `--json` prints. */
export interface Json {
  /** The exports that are away or were interrupted. */
  readonly exports: readonly RecoveryJson[];
}

/** `lumberjack recover` */
export const command: Command = {
  name: "recover",
  usage: [
    "recover [--export-id ID] [--undo]",
    "recover --export-id ID --write-again",
  ],
  description:
    "Looks at every export that has locked jobs, and finishes those that were interrupted.\n" +
    "Exports that are complete are not changed, so this is safe at any time.",
  flags: {
    "export-id": {
      type: "string",
      value: "ID",
      help: "look only at this export",
    },
    undo: {
      type: "boolean",
      help: "unlock the jobs of interrupted exports instead of finishing them",
    },
    "write-again": {
      type: "boolean",
      help:
        "write the log of this export again; you know that its jobs are not away",
    },
    ...queueFlags,
    ...queueOutFlags,
  },
  examples: [
    { does: "after a crash or a reboot", line: "lumberjack recover" },
    {
      does: "say what it would do on a queue log",
      line: "lumberjack recover --dry-run --queue job_queue.log",
    },
  ],
  async run({ flags, args, terminal }: Invocation): Promise<number> {
    rejectArguments(args);
    const exportId = flags.string("export-id");
    const dryRun = flags.boolean("dry-run");
    const undo = flags.boolean("undo");
    const writeAgain = flags.boolean("write-again");
    if (writeAgain && exportId === undefined) {
      throw new UsageError("--write-again is for one export", {
        remedy: "name the export with --export-id ID",
      });
    }
    const queue = await openQueue(flags, {
      changes: true,
      replace: true,
      note: (text) => terminal.message(text),
    });
    try {
      const exports = await recover(queue, {
        exportId,
        undo,
        writeAgain,
        dryRun,
        staging: await stagingAgain(flags),
      });
      if (terminal.json) {
        terminal.printJson<Json>({
          exports: exports.map(recoveryJson),
        });
      } else {
        for (const { exportId, jobs, out, action, problem } of exports) {
          const what = dryRun ? wouldBe[action] ?? said[action] : said[action];
          terminal.line(
            `${exportId} (${count(jobs, "job")}, ${out ?? "?"}) ${what}` +
              (problem ? `: ${reasonOf(problem)}` : ""),
          );
          if (action === "undecided") terminal.line(choices(exportId));
        }
        if (exports.length === 0) {
          terminal.line(
            exportId === undefined
              ? "nothing is away"
              : `no job of ${exportId} is away`,
          );
        }
        if (exports.some(hasChangedQueue)) {
          reportQueueOut("the updated queue", flags, terminal);
        }
      }
      const isPartial = exports.some(({ action, problem }) =>
        problem !== undefined || action === "undecided"
      );
      if (isPartial) return ExitStatus.partial;
      return exportId !== undefined && exports.length === 0
        ? ExitStatus.nothingMatched
        : ExitStatus.done;
    } finally {
      await queue.close();
    }
  },
};
