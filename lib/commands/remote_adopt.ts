import { adopt, type Adoption } from "../lumberjack/remote/adopt.ts";
import { type Command, ExitStatus, type Invocation } from "./command.ts";
import { count, progressOf } from "./report.ts";
import { exportFlag, rejectArguments, requireFlag } from "./selection_flags.ts";

/** What `--json` prints. */
export type Json = Adoption;

/** `lumberjack remote adopt` */
export const command: Command = {
  name: "remote adopt",
  usage: ["remote adopt --in DIR|BUNDLE --spool DIR"],
  description:
    "Checks the export, places its files, and places job_queue.log last. If the spool is\n" +
    "elsewhere than the export was written for, the paths in the log are changed. A spool\n" +
    "that has other jobs is refused, and so is one on which a schedd runs. An adoption that\n" +
    "was interrupted can be repeated. Root gives the queue log to condor and the jobs'\n" +
    "folders to their owner.",
  flags: {
    ...exportFlag,
    spool: {
      type: "string",
      value: "DIR",
      help: "SPOOL of the schedd that will run the jobs; made if it is missing",
    },
  },
  examples: [{
    does: "give the jobs to the schedd of this machine",
    line:
      "lumberjack remote adopt --in export.tar.zst --spool /var/spool/condor",
  }],
  async run({ flags, args, terminal }: Invocation): Promise<number> {
    rejectArguments(args);
    const adoption = await adopt({
      in: requireFlag(flags, "in"),
      spool: requireFlag(flags, "spool"),
      progress: progressOf(terminal),
    });
    terminal.progress("");
    if (terminal.json) terminal.printJson<Json>(adoption);
    else terminal.line(adoptionLine(adoption));
    return ExitStatus.done;
  },
};

/** Says in one line what was adopted. */
export function adoptionLine(adoption: Adoption): string {
  const { exportId, spool, jobs, already, movedFrom } = adoption;
  if (already) return `${spool} holds ${exportId} already`;
  const moved = movedFrom === undefined
    ? ""
    : `; paths below ${movedFrom} changed`;
  return `${spool} holds ${count(jobs, "job")} of ${exportId}${moved}`;
}
