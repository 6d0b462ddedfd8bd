import { checkHooks } from "../lumberjack/report/hooks_check.ts";
import type { Command, Invocation } from "./command.ts";
import { type FindingsJson, printFindings } from "./findings.ts";
import { rejectArguments } from "./selection_flags.ts";

/** What `--json` prints. */
export type Json = FindingsJson;

/** `lumberjack hooks check` */
export const command: Command = {
  name: "hooks check",
  usage: ["hooks check"],
  description:
    "Looks at the knobs of the sites, who runs the passes, the files of hooks install,\n" +
    "rights, the Job Router's routes, versions, and whether the running daemons have read\n" +
    "the configuration. Changes nothing. Run it as the user who administers HTCondor. The\n" +
    "exit status is 1 if something is wrong.",
  flags: {},
  examples: [
    { does: "check everything", line: "lumberjack hooks check" },
    { does: "for a program", line: "lumberjack hooks check --json" },
  ],
  isForOutput: true,
  async run({ args, terminal }: Invocation): Promise<number> {
    rejectArguments(args);
    return await printFindings(terminal, checkHooks);
  },
};
