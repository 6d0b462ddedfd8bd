import type { Command } from "./command.ts";

/**
 * A verb of the table. Its file is loaded only when the verb is called, or for
 * its own help.
 */
export interface Verb {
  /** As typed: `export`, or `log show` for a verb of two words. */
  readonly name: string;
  /** One line, for the list of verbs. */
  readonly summary: string;
  /** Whether help and completion pass it over: a verb that nobody types. */
  readonly isHidden?: boolean;
  /** Loads the verb's file. */
  load(): Promise<Command>;
}

/**
 * Every verb, in the order in which `lumberjack --help` lists them. A new verb
 * is a file that exports `command`, and a line here. Help, completion and, for a
 * name of one word, the prototype's spelling (`--VERB`) follow from these two.
 */
export const verbs: readonly Verb[] = [
  verb(
    "export",
    "let idle jobs leave: a queue log for another schedd, locked here",
    () => import("./export.ts"),
  ),
  verb(
    "import",
    "bring results home from a returned queue log",
    () => import("./import.ts"),
  ),
  verb(
    "unexport",
    "take exported jobs back without results; they are idle here again",
    () => import("./unexport.ts"),
  ),
  verb(
    "status",
    "list the exports whose jobs are away, and what is stuck",
    () => import("./status.ts"),
  ),
  verb(
    "recover",
    "finish or undo exports that were interrupted",
    () => import("./recover.ts"),
  ),
  verb(
    "clean",
    "remove the files of staged exports that are home",
    () => import("./clean.ts"),
  ),
  verb(
    "doctor",
    "say what would stop an export here, and which knob to change",
    () => import("./doctor.ts"),
  ),
  verb(
    "sites",
    "show the sites of LUMBERJACK_SITES, and how many jobs go to each",
    () => import("./sites.ts"),
  ),
  verb(
    "report",
    "write a page about exports, sites and what is stuck",
    () => import("./html_report.ts"),
  ),
  verb(
    "why",
    "say why a job does not leave, or where it is",
    () => import("./why.ts"),
  ),
  verb(
    "cron",
    "one pass over all sites: results come home, matching jobs leave",
    () => import("./cron.ts"),
  ),
  verb(
    "hooks install",
    "write Lumberjack's part of HTCondor's configuration",
    () => import("./hooks_install.ts"),
  ),
  verb(
    "hooks check",
    "say what is wrong with the configuration of automatic passes",
    () => import("./hooks_check.ts"),
  ),
  verb(
    "log show",
    "show the ads of a queue log: as a table, ClassAd text or JSON",
    () => import("./log_show.ts"),
  ),
  verb(
    "log verify",
    "list every problem of a queue log, and what a schedd would do with it",
    () => import("./log_verify.ts"),
  ),
  verb(
    "log compact",
    "write a small log with the same queue, as a rotation would",
    () => import("./log_compact.ts"),
  ),
  verb(
    "log diff",
    "show what differs between two queue logs, ad by ad",
    () => import("./log_diff.ts"),
  ),
  verb(
    "log stats",
    "say what fills a queue log, and how large a compacted log would be",
    () => import("./log_stats.ts"),
  ),
  verb(
    "log salvage",
    "make a log that a schedd can load from a damaged log",
    () => import("./log_salvage.ts"),
  ),
  verb(
    "log follow",
    "print transactions as the schedd commits them, also across rotations",
    () => import("./log_follow.ts"),
  ),
  verb(
    "bundle create",
    "pack a folder into one file, with checksums",
    () => import("./bundle_create.ts"),
  ),
  verb(
    "bundle extract",
    "unpack a bundle into a folder, and check every file",
    () => import("./bundle_extract.ts"),
  ),
  verb(
    "bundle verify",
    "check every file of a bundle",
    () => import("./bundle_verify.ts"),
  ),
  verb(
    "remote adopt",
    "place an export in the spool of a schedd that is not running",
    () => import("./remote_adopt.ts"),
  ),
  verb(
    "remote run",
    "run the jobs of an export here, with an HTCondor of its own",
    () => import("./remote_run.ts"),
  ),
  verb(
    "remote worker",
    "give the slots of another node of the allocation to a remote run",
    () => import("./remote_worker.ts"),
  ),
  verb(
    "remote script",
    "print the batch script that runs an export in a container",
    () => import("./remote_script.ts"),
  ),
  verb(
    "remote submit",
    "hand the script of an export to the batch system",
    () => import("./remote_submit.ts"),
  ),
  verb(
    "remote check",
    "try the image, the binds and one job before real jobs are sent",
    () => import("./remote_check.ts"),
  ),
  verb(
    "remote pack",
    "pack the results of the jobs that have ended",
    () => import("./remote_pack.ts"),
  ),
  verb(
    "remote carry",
    "carry bundles from this side, where home cannot connect to it",
    () => import("./remote_carry.ts"),
  ),
  verb(
    "remote cancel",
    "say that jobs of an export are no longer wanted",
    () => import("./remote_cancel.ts"),
  ),
  verb(
    "remote status",
    "show how far the jobs in a spool are",
    () => import("./remote_status.ts"),
  ),
  verb(
    "events check",
    "compare the ends of jobs in a user log with queue and history",
    () => import("./events_check.ts"),
  ),
  verb(
    "eval",
    "evaluate ClassAd expressions as HTCondor does",
    () => import("./eval.ts"),
  ),
  verb(
    "schema",
    "print the JSON schema of what a verb prints with --json",
    () => import("./schema.ts"),
  ),
  verb(
    "completion",
    "print a script that completes what one types in the shell",
    () => import("./completion.ts"),
  ),
  {
    isHidden: true,
    ...verb(
      "complete",
      "what the completion of a shell runs for itself",
      async () => {
        const { completeOf } = await import("./complete.ts");
        return { command: completeOf(shownVerbs()) };
      },
    ),
  },
  {
    ...verb(
      "hook",
      "a hook of the Job Router; the router's scripts call this",
      () => import("./hook.ts"),
    ),
    isHidden: true,
  },
  {
    ...verb(
      "as-owner",
      "do a job owner's part of an export or import; Lumberjack runs this itself",
      () => import("./as_owner.ts"),
    ),
    isHidden: true,
  },
];

/** A verb with everything that its manual page says. */
export type DescribedVerb = Command & Pick<Verb, "summary">;

/** Loads all verbs that help lists, for their manual pages. */
export async function describedVerbs(): Promise<readonly DescribedVerb[]> {
  return await Promise.all(
    shownVerbs().map(async ({ summary, load }) => ({
      ...await load(),
      summary,
    })),
  );
}

/** The verbs that help and completion list. */
export function shownVerbs(): readonly Verb[] {
  return verbs.filter(({ isHidden }) => !isHidden);
}

function verb(
  name: string,
  summary: string,
  file: () => Promise<{ command: Command }>,
): Verb {
  return { name, summary, load: async () => (await file()).command };
}
