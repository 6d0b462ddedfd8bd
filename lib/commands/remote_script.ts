import type { Proposal } from "../lumberjack/remote/batch/proposal.ts";
import { type Command, ExitStatus, type Invocation } from "./command.ts";
import {
  allocationFlags,
  machineFlags,
  prepareFrom,
  tellProposal,
} from "./batch_flags.ts";
import { rejectArguments } from "./selection_flags.ts";

/** What `--json` prints. */
export interface Json {
  /** The export's id. */
  readonly exportId: string;
  /** The name of the allocation. */
  readonly name: string;
  /** How many nodes it asks for. */
  readonly nodes: number;
  /** How long it may run, in seconds. */
  readonly walltime: number;
  /** The folder in which the bundles of results will be. */
  readonly results: string;
  /** Nodes and walltime, and how full they would be. */
  readonly proposal: Proposal;
  /** The text of the script. */
  readonly script: string;
}

/** `lumberjack remote script` */
export const command: Command = {
  name: "remote script",
  usage: [
    "remote script --batch slurm|pbs|cobalt --in DIR|BUNDLE --spool DIR --image FILE",
  ],
  description:
    "Proposes nodes and a walltime from what the jobs ask for, and says on stderr how full\n" +
    "the allocation would be. The script needs the batch system, the image, and nothing\n" +
    "else. Each flag from --batch on can stand in a machine file: NAME = VALUE, with\n" +
    "module, bind, line, directive and attr as often as needed.",
  isForOutput: true,
  flags: { ...allocationFlags, ...machineFlags },
  examples: [{
    does: "make a script for Slurm, and submit it",
    line:
      "lumberjack remote script --batch slurm --in export.tar.gz --spool spool --image lumberjack.sif --cpus 64 >run.sh; sbatch run.sh",
  }],
  async run({ flags, args, terminal }: Invocation): Promise<number> {
    rejectArguments(args);
    const prepared = await prepareFrom(flags, terminal);
    const { exportId, script, proposal, request } = prepared;
    tellProposal(prepared, terminal);
    if (terminal.json) {
      const { nodes, walltime, name, results } = request;
      terminal.printJson<Json>({
        ...{ exportId, name, nodes, walltime, results, proposal, script },
      });
    } else terminal.write(script);
    return proposal.misfits.length > 0 ? ExitStatus.partial : ExitStatus.done;
  },
};
