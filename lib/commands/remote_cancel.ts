import { cancelJobs, type CancelResult } from "../lumberjack/remote/cancel.ts";
import {
  type Command,
  ExitStatus,
  type Invocation,
  UsageError,
} from "./command.ts";
import { count } from "./report.ts";
import { rejectArguments, requireFlag } from "./selection_flags.ts";

/** What `--json` prints. */
export type Json = CancelResult;

/** `lumberjack remote cancel` */
export const command: Command = {
  name: "remote cancel",
  usage: [
    "remote cancel --spool DIR --ids ID...",
    "remote cancel --spool DIR --all",
  ],
  description:
    "Adds the jobs to SPOOL/lumberjack/EXPORT-ID/cancel. A remote run that works on the\n" +
    "spool removes them within seconds, and the next one does not start them. They come\n" +
    "home as cancelled: there they are idle again, or what their owner made of them. Jobs\n" +
    "that have ended before are not affected. In the folder of an export that has not\n" +
    "left yet, the list travels with the export.",
  flags: {
    spool: {
      type: "string",
      value: "DIR",
      help: "the spool of the remote run, or the export's folder",
    },
    ids: {
      type: "list",
      value: "ID",
      help: "jobs (CLUSTER.PROC) or whole clusters (CLUSTER)",
    },
    all: { type: "boolean", help: "all jobs of the export" },
  },
  examples: [{
    does: "give up one cluster at the remote site",
    line:
      "ssh site lumberjack remote cancel --spool /scratch/alice/spool --ids 12",
  }],
  run({ flags, args, terminal }: Invocation): number {
    rejectArguments(args);
    const all = flags.boolean("all");
    if (all === flags.has("ids")) {
      throw new UsageError("name the jobs to cancel in one way", {
        remedy: "with --ids ID... or with --all",
      });
    }
    const spool = requireFlag(flags, "spool");
    const result = cancelJobs(spool, all ? undefined : flags.list("ids"));
    if (terminal.json) terminal.printJson<Json>(result);
    else {
      const { exportId, jobs } = result;
      terminal.line(`${count(jobs, "job")} of ${exportId} cancelled`);
    }
    return ExitStatus.done;
  },
};
