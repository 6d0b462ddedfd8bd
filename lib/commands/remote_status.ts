import { remoteStatus } from "../lumberjack/remote/status.ts";
import { type Command, ExitStatus, type Invocation } from "./command.ts";
import { stateLine } from "./remote_run.ts";
import { rejectArguments, requireFlag } from "./selection_flags.ts";

/** `lumberjack remote status` */
export const command: Command = {
  name: "remote status",
  summary: "show how far the jobs in a spool are",
  usage: ["remote status --spool DIR"],
  flags: {
    spool: {
      type: "string",
      value: "DIR",
      help: "the folder that remote run or remote adopt filled",
    },
  },
  examples: [{
    does: "look at a run from the login node",
    line: "lumberjack remote status --spool spool",
  }],
  run({ flags, args, terminal }: Invocation): number {
    rejectArguments(args);
    const status = remoteStatus(requireFlag(flags, "spool"));
    if (terminal.json) terminal.printJson(status);
    else {
      const where = status.schedds.length === 0
        ? "no schedd of this host runs on it"
        : `a schedd of this host runs on it (process ${status.schedds[0]})`;
      terminal.line(
        `${status.exportId}: ${stateLine(status.counts)}; ${where}`,
      );
    }
    return ExitStatus.done;
  },
};
