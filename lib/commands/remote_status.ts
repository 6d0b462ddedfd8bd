import {
  type Allocation,
  allocationName,
} from "../lumberjack/remote/batch/batch_system.ts";
import { batchSystem } from "../lumberjack/remote/batch/systems.ts";
import {
  type RemoteStatus,
  remoteStatus,
} from "../lumberjack/remote/status.ts";
import { type Command, ExitStatus, type Invocation } from "./command.ts";
import { machineFlags, machineOf } from "./batch_flags.ts";
import { stateLine } from "./remote_run.ts";
import { allocationLine } from "./remote_submit.ts";
import { rejectArguments, requireFlag } from "./selection_flags.ts";

/** What `--json` prints. */
export interface Json extends RemoteStatus {
  /** The allocations of the export, if `--batch` says whom to ask. */
  readonly allocations?: readonly Allocation[];
}

/** `lumberjack remote status` */
export const command: Command = {
  name: "remote status",
  usage: ["remote status --spool DIR [--batch slurm|pbs|cobalt]"],
  description:
    "Reads the queue log. If --batch or the machine file names a batch system, it is asked\n" +
    "for the allocations of the export that wait or run.",
  flags: {
    spool: {
      type: "string",
      value: "DIR",
      help: "the folder that remote run or remote adopt filled",
    },
    machine: machineFlags.machine,
    batch: machineFlags.batch,
  },
  examples: [{
    does: "look at a run from the login node",
    line: "lumberjack remote status --spool spool",
  }],
  async run({ flags, args, terminal }: Invocation): Promise<number> {
    rejectArguments(args);
    const status = remoteStatus(requireFlag(flags, "spool"));
    const { batch } = machineOf(flags);
    const allocations = batch === undefined
      ? undefined
      : await batchSystem(batch).ask(allocationName(status.exportId));
    if (terminal.json) terminal.printJson<Json>({ ...status, allocations });
    else {
      const where = status.schedds.length === 0
        ? "no schedd of this host runs on it"
        : `a schedd of this host runs on it (process ${status.schedds[0]})`;
      terminal.line(
        `${status.exportId}: ${stateLine(status.counts)}; ${where}`,
      );
      for (const allocation of allocations ?? []) {
        terminal.line(allocationLine(allocation));
      }
    }
    return ExitStatus.done;
  },
};
