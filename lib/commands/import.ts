import { importJobs } from "../lumberjack/import/import.ts";
import type { ImportResult } from "../lumberjack/import/result.ts";
import type { FilesRequest } from "../lumberjack/import/files_request.ts";
import type { UserLogConfig } from "../lumberjack/files/events/home_logs.ts";
import type { OnConflict } from "../lumberjack/files/return/job_placement.ts";
import type { FailedOutputs } from "../lumberjack/files/return/output_sorter.ts";
import type { JobQueue } from "../lumberjack/queue/job_queue.ts";
import type { ScheddMerger } from "../lumberjack/import/by_schedd.ts";
import { MergePolicy } from "../lumberjack/import/result_attributes.ts";
import type { Terminal } from "../terminal/mod.ts";
import {
  type Command,
  ExitStatus,
  type FlagValues,
  type Invocation,
  UsageError,
} from "./command.ts";
import { openQueue, queueFlags, queueOutFlags } from "./queue_flags.ts";
import { listIds, progressOf, reportQueueOut } from "./report.ts";
import { bytesOf, homeSpool } from "./staging_flags.ts";
import { rejectArguments, requireFlag } from "./selection_flags.ts";

const onConflict: readonly OnConflict[] = ["replace", "keep", "rename"];
const failedOutputs: readonly FailedOutputs[] = ["all", "logs", "none"];

/** What `--json` prints. */
export type Json = Omit<ImportResult, "foreign">;

/** `lumberjack import` */
export const command: Command = {
  name: "import",
  usage: ["import --in DIR|FILE|BUNDLE"],
  description:
    "Merges results (status, exit codes, times, usage, hold reasons) into the jobs that\n" +
    "were exported, and unlocks these jobs. Attributes that say what runs, where or as\n" +
    "whom are never taken from outside: the import names them as refused. Repeating an\n" +
    "import changes nothing. If the files left with the jobs (export --stage), outputs\n" +
    "come home to where HTCondor would have put them.",
  flags: {
    in: {
      type: "string",
      value: "PATH",
      help:
        "the returned SPOOL folder, the job_queue.log in it, or a bundle of it",
    },
    "ads-only": {
      type: "boolean",
      help: "merge results only, and leave the jobs' output files",
    },
    partial: {
      type: "boolean",
      help:
        "take the jobs that have ended; the remote side still works on the others",
    },
    "on-conflict": {
      type: "string",
      value: "WHAT",
      choices: onConflict,
      help:
        "when an output is here already: replace it (default, as HTCondor " +
        "does), keep it, or rename the new file",
    },
    "failed-outputs": {
      type: "string",
      value: "WHICH",
      choices: failedOutputs,
      help: "outputs of jobs that failed: all (default), logs (the standard " +
        "streams alone) or none",
    },
    "max-bytes": {
      type: "string",
      value: "N",
      help:
        "jobs whose outputs are larger stay away (K, M, G, T after N; default 1T)",
    },
    "result-attribute": {
      type: "list",
      value: "NAME",
      help:
        "another attribute that holds a result; NAME* for all names that begin with NAME",
    },
    engine: {
      type: "string",
      value: "NAME",
      choices: ["direct", "schedd"],
      help:
        "direct (default), or schedd: the schedd's own import merges jobs that have ended",
    },
    ...queueFlags,
    ...queueOutFlags,
  },
  examples: [
    {
      does: "into the running schedd",
      line: "lumberjack import --in /data/returned",
    },
    {
      does: "what has ended so far, with its output files",
      line: "lumberjack import --in returned.tar.zst --partial",
    },
    {
      does: "offline, into a queue log",
      line:
        "lumberjack import --in returned/job_queue.log --queue job_queue.log --queue-out merged.log",
    },
  ],
  async run({ flags, args, terminal }: Invocation): Promise<number> {
    rejectArguments(args);
    const path = requireFlag(flags, "in");
    const mergerFor = engineOf(flags);
    const queue = await openQueue(flags, {
      changes: true,
      replace: true,
      note: (text) => terminal.message(text),
    });
    try {
      using merger = await mergerFor(queue);
      const result = await importJobs(queue, {
        in: path,
        policy: new MergePolicy(flags.list("result-attribute")),
        dryRun: flags.boolean("dry-run"),
        progress: progressOf(terminal),
        merger,
        files: await filesOf(flags),
        userLogs: await userLogsOf(flags),
        partial: flags.boolean("partial") || undefined,
        // A queue in a file starts no job until somebody gives it to a schedd.
        evenUnrun: flags.has("queue"),
      });
      report(result, flags, terminal);
      return exitStatus(result);
    } finally {
      await queue.close();
    }
  },
};

async function filesOf(
  flags: FlagValues,
): Promise<FilesRequest | undefined> {
  if (flags.boolean("ads-only")) return undefined;
  return {
    // A copy of a queue log may lie anywhere.
    spool: flags.has("queue") ? undefined : await homeSpool(flags),
    onConflict: choiceOf(flags, "on-conflict", onConflict),
    mostBytes: bytesOf(flags, "max-bytes"),
    failedOutputs: choiceOf(flags, "failed-outputs", failedOutputs),
  };
}

function choiceOf<Choice extends string>(
  flags: FlagValues,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const written = flags.string(name);
  const choice = choices.find((choice) => choice === written);
  if (written === undefined || choice !== undefined) return choice;
  throw new UsageError(`--${name} has no such choice`, {
    subject: written,
    remedy: `write one of ${choices.join(", ")}`,
  });
}

/** How the schedd here is configured to write user logs; undefined offline. */
async function userLogsOf(
  flags: FlagValues,
): Promise<UserLogConfig | undefined> {
  if (flags.has("queue")) return undefined;
  const { loadConfig } = await import("../condor/mod.ts");
  const { userLogConfig } = await import(
    "../lumberjack/files/events/home_logs.ts"
  );
  return userLogConfig(await loadConfig());
}

/** Returns what makes the merger for --engine; it makes none for `direct`. */
function engineOf(
  flags: FlagValues,
): (queue: JobQueue) => Promise<ScheddMerger | undefined> {
  const engine = flags.string("engine") ?? "direct";
  if (engine === "direct") return () => Promise.resolve(undefined);
  if (engine !== "schedd") {
    throw new UsageError("unknown engine", {
      subject: engine,
      remedy: "write --engine direct or --engine schedd",
    });
  }
  if (flags.has("queue")) {
    throw new UsageError("--engine schedd needs a running schedd", {
      remedy: "leave out --queue or --engine",
    });
  }
  return async (queue) => {
    const { ScheddMerger } = await import("../lumberjack/import/by_schedd.ts");
    return new ScheddMerger(queue);
  };
}

function exitStatus(
  { jobs, missing, refused, foreign }: ImportResult,
): number {
  if (jobs === 0) return ExitStatus.nothingMatched;
  return missing.length + refused.length > 0 || foreign
    ? ExitStatus.partial
    : ExitStatus.done;
}

function report(
  result: ImportResult,
  flags: FlagValues,
  terminal: Terminal,
): void {
  terminal.progress("");
  if (terminal.json) {
    const { exportId, jobs, merged, released, missing, refused } = result;
    const { heldEnded, home, gone, statuses } = result;
    const { stillAway, files, bytes, kept } = result;
    terminal.printJson<Json>({
      exportId,
      jobs,
      merged,
      released,
      heldEnded,
      home,
      gone,
      statuses,
      stillAway,
      files,
      bytes,
      kept,
      missing,
      refused,
      notes: result.notes,
    });
    return;
  }
  const verb = flags.boolean("dry-run") ? "would merge" : "merged";
  const of = result.exportId ? ` of ${result.exportId}` : "";
  const states = Object.entries(result.statuses)
    .map(([name, count]) => `${count} ${name}`).join(", ");
  terminal.line(
    `${verb} ${result.merged} of ${result.jobs} jobs${of}` +
      (states ? ` (${states})` : ""),
  );
  if (result.files > 0) {
    terminal.line(`${result.files} output files, ${result.bytes} bytes`);
  }
  if (result.stillAway > 0) {
    terminal.line(
      `${result.stillAway} ${
        result.stillAway === 1 ? "is" : "are"
      } still away: locked here until a later part brings them home`,
    );
  }
  const { released, heldEnded } = result;
  if (released > heldEnded) {
    const stay = released - heldEnded;
    terminal.line(
      `${stay} ${
        stay === 1 ? "was" : "were"
      } removed or held here meanwhile: unlocked, and stay so`,
    );
  }
  if (heldEnded > 0) {
    terminal.line(
      `${heldEnded} held here meanwhile had ended away: unlocked, with their ` +
        "results; when released they leave the queue and do not run again",
    );
  }
  const here = result.home - result.gone;
  if (here > 0) {
    terminal.line(`${here} ${here === 1 ? "was" : "were"} home already`);
  }
  reportGone(result, terminal);
  if (result.jobs === 0) terminal.message("the returned log has no jobs");
  if (result.missing.length > 0) {
    terminal.message(
      `${result.missing.length} did not come back and stay locked: ${
        listIds(result.missing)
      }`,
    );
  }
  reportRefusals(result, terminal);
  for (const note of result.notes) terminal.message(note);
  reportQueueOut("the merged queue", flags, terminal);
}

/** Reports jobs that are not in the queue: they have left it since, or they never were in it. */
function reportGone({ gone, jobs }: ImportResult, terminal: Terminal): void {
  if (gone === 0) return;
  terminal.line(
    `${gone} ${gone === 1 ? "is" : "are"} not in this queue`,
  );
  if (gone < jobs) return;
  terminal.message(
    "no job of this log is in this queue: if condor_history does not show them " +
      "either, they left another schedd (--name, --pool)",
  );
}

/** Prints one line for each attribute and reason, however many jobs have it. */
function reportRefusals({ refused }: ImportResult, terminal: Terminal): void {
  const groups = new Map<string, string[]>();
  for (const { id, attribute, reason } of refused) {
    const what = attribute === null ? reason : `${attribute}: ${reason}`;
    const ids = groups.get(what) ?? [];
    ids.push(id);
    groups.set(what, ids);
  }
  for (const [what, ids] of groups) {
    terminal.message(`refused for ${listIds(ids)} (${ids.length}): ${what}`);
  }
}
