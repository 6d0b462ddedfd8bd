import { check, type Finding } from "../lumberjack/remote/batch/check.ts";
import { parseDuration } from "../lumberjack/remote/deadline.ts";
import { type Command, ExitStatus, type Invocation } from "./command.ts";
import { allocationFlags, machineFlags, machineOf } from "./batch_flags.ts";
import { progressOf } from "./report.ts";
import { rejectArguments, requireFlag } from "./selection_flags.ts";

/** What `--json` prints. */
export interface Json {
  /** What was tried, in this order. */
  readonly findings: readonly Finding[];
}

/** `lumberjack remote check` */
export const command: Command = {
  name: "remote check",
  usage: [
    "remote check --batch slurm|pbs|cobalt --spool DIR --image FILE [--submit]",
  ],
  description:
    "Asks the batch system, looks for the binds and the interface, starts the image as the\n" +
    "batch script does, and runs one trivial job in it: on this node, or with --submit in\n" +
    "an allocation (add --queue for a debug queue). What it writes is removed if all is\n" +
    "well. The exit status is 1 if something does not work.",
  flags: {
    spool: allocationFlags.spool,
    submit: {
      type: "boolean",
      help: "run the job in an allocation, not on this node",
    },
    nodes: allocationFlags.nodes,
    walltime: {
      type: "string",
      value: "T",
      help: "how long the allocation is (default: 10m)",
    },
    ...machineFlags,
  },
  examples: [{
    does: "try everything in a debug queue",
    line:
      "lumberjack remote check --batch slurm --spool spool --image lumberjack.sif --submit --queue debug",
  }],
  async run({ flags, args, terminal }: Invocation): Promise<number> {
    rejectArguments(args);
    const walltime = flags.string("walltime");
    const tell = ({ what, ok, message }: Finding) => {
      terminal.progress("");
      if (!terminal.json) {
        terminal.line(`${ok ? "ok" : "failed"}  ${what}: ${message}`);
      }
    };
    const findings = await check({
      spool: requireFlag(flags, "spool"),
      machine: machineOf(flags),
      submit: flags.boolean("submit"),
      nodes: flags.number("nodes"),
      walltime: walltime === undefined ? undefined : parseDuration(walltime),
      tell,
      progress: progressOf(terminal),
    });
    terminal.progress("");
    if (terminal.json) terminal.printJson<Json>({ findings });
    return findings.every(({ ok }) => ok) ? ExitStatus.done : ExitStatus.failed;
  },
};
