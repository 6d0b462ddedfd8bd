import {
  exportJobs,
  type ExportResult,
  type OwnerExport,
} from "../lumberjack/export/export.ts";
import { exportAgain } from "../lumberjack/export/again.ts";
import { Selection } from "../lumberjack/job/selection.ts";
import type { Terminal } from "../terminal/mod.ts";
import {
  type Command,
  ExitStatus,
  type FlagValues,
  type Invocation,
  UsageError,
} from "./command.ts";
import { makeHomeOfBundle } from "../lumberjack/files/stage/bundle_home.ts";
import { FilesNotice } from "../lumberjack/files/stage/files_notice.ts";
import { openQueue, queueFlags, queueOutFlags } from "./queue_flags.ts";
import {
  bundleOf,
  stagingAgain,
  stagingFlags,
  stagingOf,
} from "./staging_flags.ts";
import {
  rejectArguments,
  requireFlag,
  selectionFlags,
} from "./selection_flags.ts";
import { unknownName } from "./unknown_names.ts";
import { count, listSkipped, progressOf, reportQueueOut } from "./report.ts";

/** What `--json` prints. */
export interface Json {
  /** One export for each owner. */
  readonly exports: readonly Omit<OwnerExport, "warning">[];
  /** The jobs that matched and stay, each with its reason. */
  readonly skipped: ExportResult["skipped"];
}

/** `lumberjack export` */
export const command: Command = {
  name: "export",
  usage: [
    "export --constraint EXPR --out DIR --remote-spool DIR",
    "export --ids ID... --out DIR --remote-spool DIR",
    "export ... --bundle FILE [--remote-spool DIR]",
    "export --again EXPORT-ID --out DIR --remote-spool DIR",
    "export ... --stage | --shared-fs [--present-there PREFIX...] [--set NAME=EXPR...]",
  ],
  description:
    "Writes job_queue.log and manifest.json into DIR and locks the jobs in this queue.\n" +
    "Only idle vanilla jobs go. Other jobs that match are named with the reason. With\n" +
    "jobs of several owners each owner gets a folder DIR/OWNER. A job must fulfil all of\n" +
    "--constraint, --ids and --owner that are given.\n" +
    "With --stage the jobs' files travel too: `cp -a DIR/. SPOOL/` is all it takes.",
  flags: {
    ...selectionFlags,
    owner: { type: "string", value: "NAME", help: "only this owner's jobs" },
    out: {
      type: "string",
      value: "DIR",
      help: "an existing folder that holds no export yet",
    },
    "remote-spool": {
      type: "string",
      value: "DIR",
      aliases: ["remotespool"],
      help: "SPOOL of the schedd that will run the jobs",
    },
    again: {
      type: "string",
      value: "EXPORT-ID",
      help: "write this export again, which has not left yet",
    },
    engine: {
      type: "string",
      value: "NAME",
      choices: ["direct", "schedd"],
      help:
        "direct (default), or schedd: its own EXPORT_JOBS, for few jobs of whole clusters",
    },
    ...stagingFlags,
    ...queueFlags,
    ...queueOutFlags,
  },
  examples: [
    {
      does: "jobs that ask for a site, from the running schedd",
      line:
        "lumberjack export --constraint 'stringListIMember(\"T3_US_ANL\",DESIRED_Sites)' --out /data/out --remote-spool /hpc/spool",
    },
    {
      does: "two clusters and one job, offline from a queue log",
      line:
        "lumberjack export --ids 12 13 14.2 --out out --remote-spool /hpc/spool --queue job_queue.log --queue-out updated.log",
    },
    {
      does: "with the jobs' files, for machines that have other names there",
      line:
        "lumberjack export --ids 12 --out out --remote-spool /hpc/spool --stage --set 'Requirements=true'",
    },
    {
      does: "again, because the remote spool is another one",
      line:
        "lumberjack export --again 20261122T232957Z-5faf9727 --out out2 --remote-spool /hpc/condor/spool",
    },
    {
      does: "what would go and what would stay",
      line:
        "lumberjack export --constraint true --out out --remote-spool /hpc/spool --dry-run",
    },
  ],
  async run({ flags, args, terminal }: Invocation): Promise<number> {
    rejectArguments(args);
    const isAgain = flags.has("again");
    const selection = isAgain ? noSelection(flags) : selectionOf(flags);
    const bundle = bundleOf(flags);
    if (bundle === undefined) requireFlag(flags, "out");
    const remoteSpool = remoteSpoolOf(flags, bundle);
    const exportWith = engineOf(flags);
    await using stagings = new AsyncDisposableStack();
    const staging = stagings.use(await stagingOf(flags, progressOf(terminal)));
    using home = homeOf(flags, bundle);
    const notice = new FilesNotice();
    const queue = await openQueue(flags, {
      changes: true,
      note: (text) => terminal.message(text),
    });
    const where = { out: home.path, remoteSpool, staging };
    const dryRun = flags.boolean("dry-run");
    try {
      const result = isAgain
        ? await exportAgain(queue, {
          ...{ exportId: flags.string("again")!, ...where, dryRun },
          stagingOf: await stagingAgain(flags, stagings),
        })
        : await exportWith(queue, {
          ...{ selection, ...where, dryRun, look: notice },
          progress: progressOf(terminal),
        });
      if (notice.job && !staging) terminal.message(filesStay);
      const hint = result.matched === 0 && !terminal.json && !terminal.quiet
        ? await unknownName(selection, flags)
        : undefined;
      report(result, selection, flags, terminal, hint);
      return exitStatus(result);
    } finally {
      await queue.close();
    }
  },
};

/** SPOOL of the remote schedd; a bundle may be made before that is known. */
function remoteSpoolOf(flags: FlagValues, bundle: string | undefined): string {
  const remoteSpool = bundle === undefined || flags.has("remote-spool")
    ? requireFlag(flags, "remote-spool")
    : unknownSpool;
  if (remoteSpool.startsWith("/")) return remoteSpool;
  throw new UsageError("remote spool is not an absolute path", {
    subject: remoteSpool,
    remedy: "give SPOOL of the schedd that will run the jobs",
  });
}

/** With --again the export says which jobs. */
function noSelection(flags: FlagValues): Selection {
  const flag = ["constraint", "ids", "owner", "engine"].find((name) =>
    flags.has(name)
  );
  if (flag === undefined) return new Selection({});
  throw new UsageError(`--again and --${flag} exclude each other`, {
    remedy: "an export is written again with the jobs that it has",
  });
}

/**
 * Stands for SPOOL of the remote schedd in a bundle, if that folder is not yet
 * known. `remote adopt` puts the real SPOOL in.
 */
const unknownSpool = "/lumberjack-spool";

/**
 * The folder that keeps the export: DIR of --out, or one beside the bundle. The
 * latter is made; if it is empty afterwards, it is removed.
 */
function homeOf(
  flags: FlagValues,
  bundle: string | undefined,
): Disposable & { readonly path: string } {
  if (bundle === undefined) {
    return { path: requireFlag(flags, "out"), [Symbol.dispose]() {} };
  }
  if (flags.has("out")) {
    throw new UsageError("--bundle and --out exclude each other", {
      remedy: "leave out --out: the manifest stays beside the bundle",
    });
  }
  return makeHomeOfBundle(bundle);
}

/** What is said when jobs have files and ads alone leave. */
const filesStay =
  "the jobs' files do not travel: --stage takes them along, --shared-fs if the " +
  "remote side sees the same files";

/** The export that --engine names. */
function engineOf(flags: FlagValues): typeof exportJobs {
  const engine = flags.string("engine") ?? "direct";
  if (engine === "direct") return exportJobs;
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
  return async (queue, request) => {
    const { exportBySchedd } = await import(
      "../lumberjack/export/by_schedd.ts"
    );
    return await exportBySchedd(queue, request);
  };
}

function selectionOf(flags: FlagValues): Selection {
  const selection = new Selection({
    constraint: flags.string("constraint"),
    ids: flags.list("ids"),
    owner: flags.string("owner"),
  });
  if (selection.isEmpty) {
    throw new UsageError("no jobs were named", {
      remedy: "say which with --constraint EXPR or --ids ID...",
    });
  }
  return selection;
}

function exitStatus({ exports, skipped, matched }: ExportResult): number {
  if (skipped.length > 0) {
    return exports.length === 0 && matched === 0
      ? ExitStatus.nothingMatched
      : ExitStatus.partial;
  }
  return exports.length === 0 ? ExitStatus.nothingMatched : ExitStatus.done;
}

/**
 * Says that nothing matched, and what may be wrong with the constraint. `hint` is
 * what the queue's attributes say about it.
 */
function nothingMatched(
  { errors, constraint, isDeep }: Selection,
  hint: string | undefined,
): string {
  if (errors > 0) {
    return "no job matches: the constraint evaluated to error for " +
      `${count(errors, "job")}: ${constraint}: compare values of one type`;
  }
  return isDeep
    ? "no job matches: a schedd of HTCondor 25 finds nothing with so many " +
      "operators in a row: write member(ClusterId, {1, 2, ...}), or use --ids"
    : `no job matches${hint === undefined ? "" : `: ${hint}`}`;
}

/** The part of a report that says what travels with the jobs. */
function withFiles({ files, bytes }: OwnerExport, dryRun: boolean): string {
  if (files === undefined || dryRun) return "";
  return `, with ${count(files, "file")} (${bytes} bytes)`;
}

function report(
  { exports, skipped, matched }: ExportResult,
  selection: Selection,
  flags: FlagValues,
  terminal: Terminal,
  hint: string | undefined,
): void {
  terminal.progress("");
  for (const { warning } of exports) {
    if (warning !== undefined) terminal.message(`warning: ${warning}`);
  }
  if (terminal.json) {
    const stable = exports.map(({ warning: _, ...done }) => done);
    terminal.printJson<Json>({ exports: stable, skipped });
    return;
  }
  const dryRun = flags.boolean("dry-run");
  for (const done of exports) {
    const { exportId, out, owner, clusters, jobs, bundle } = done;
    const verb = dryRun ? "would export" : "exported";
    terminal.line(
      `${verb} ${count(jobs, "job")} of ${owner} in ${
        count(clusters.length, "cluster")
      } to ${bundle ?? out}` +
        (dryRun ? "" : ` as ${exportId}`) + withFiles(done, dryRun),
    );
  }
  if (matched === 0) terminal.message(nothingMatched(selection, hint));
  listSkipped(skipped, terminal);
  if (exports.length > 0) {
    reportQueueOut("the queue with these jobs locked", flags, terminal);
  }
}
