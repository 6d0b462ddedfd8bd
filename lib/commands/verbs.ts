import type { Command } from "./command.ts";

/** A verb of the table. Its file is loaded only when the verb is called. */
export interface Verb {
  /** As typed: `export`, or `log show` for a verb of two words. */
  readonly name: string;
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
  verb("export", () => import("./export.ts")),
  verb("import", () => import("./import.ts")),
  verb("unexport", () => import("./unexport.ts")),
  verb("status", () => import("./status.ts")),
  verb("recover", () => import("./recover.ts")),
  verb("clean", () => import("./clean.ts")),
  verb("doctor", () => import("./doctor.ts")),
  verb("sites", () => import("./sites.ts")),
  verb("report", () => import("./html_report.ts")),
  verb("why", () => import("./why.ts")),
  verb("cron", () => import("./cron.ts")),
  verb("hooks install", () => import("./hooks_install.ts")),
  verb("hooks check", () => import("./hooks_check.ts")),
  verb("log show", () => import("./log_show.ts")),
  verb("log verify", () => import("./log_verify.ts")),
  verb("log compact", () => import("./log_compact.ts")),
  verb("log diff", () => import("./log_diff.ts")),
  verb("log stats", () => import("./log_stats.ts")),
  verb("log salvage", () => import("./log_salvage.ts")),
  verb("log follow", () => import("./log_follow.ts")),
  verb("bundle create", () => import("./bundle_create.ts")),
  verb("bundle extract", () => import("./bundle_extract.ts")),
  verb("bundle verify", () => import("./bundle_verify.ts")),
  verb("remote adopt", () => import("./remote_adopt.ts")),
  verb("remote run", () => import("./remote_run.ts")),
  verb("remote worker", () => import("./remote_worker.ts")),
  verb("remote script", () => import("./remote_script.ts")),
  verb("remote submit", () => import("./remote_submit.ts")),
  verb("remote check", () => import("./remote_check.ts")),
  verb("remote pack", () => import("./remote_pack.ts")),
  verb("remote cancel", () => import("./remote_cancel.ts")),
  verb("remote status", () => import("./remote_status.ts")),
  verb("events check", () => import("./events_check.ts")),
  verb("eval", () => import("./eval.ts")),
  verb("schema", () => import("./schema.ts")),
  verb("completion", () => import("./completion.ts")),
  {
    isHidden: true,
    ...verb("complete", async () => {
      const { completeOf } = await import("./complete.ts");
      return { command: completeOf(shownVerbs()) };
    }),
  },
  { ...verb("hook", () => import("./hook.ts")), isHidden: true },
  { ...verb("as-owner", () => import("./as_owner.ts")), isHidden: true },
];

/** The verbs that help and completion list. */
export function shownVerbs(): readonly Verb[] {
  return verbs.filter(({ isHidden }) => !isHidden);
}

function verb(name: string, file: () => Promise<{ command: Command }>): Verb {
  return { name, load: async () => (await file()).command };
}
