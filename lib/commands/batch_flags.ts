import { batchNames } from "../lumberjack/remote/batch/batch_name.ts";
import {
  type MachineData,
  machineData,
  machineValueNames,
  readMachineFile,
} from "../lumberjack/remote/batch/machine_data.ts";
import { prepare, type Prepared } from "../lumberjack/remote/batch/prepare.ts";
import { clockTime } from "../lumberjack/remote/batch/batch_system.ts";
import { parseDuration } from "../lumberjack/remote/deadline.ts";
import type { Terminal } from "../terminal/mod.ts";
import { type Flags, type FlagValues, UsageError } from "./command.ts";
import { count, progressOf } from "./report.ts";
import { exportFlag, requireFlag } from "./selection_flags.ts";

/** The flags that describe a machine. A machine file can have each of them. */
export const machineFlags: Flags = {
  machine: {
    type: "string",
    value: "FILE",
    help:
      "what an administrator wrote down about this machine (default: ~/.config/lumberjack/machine.conf, /etc/lumberjack/machine.conf)",
  },
  batch: {
    type: "string",
    value: "NAME",
    help: "the batch system: slurm, pbs or cobalt",
    choices: batchNames,
  },
  account: { type: "string", value: "NAME", help: "the account that pays" },
  queue: { type: "string", value: "NAME", help: "the queue or partition" },
  directive: {
    type: "list",
    value: "TEXT",
    help: "one more directive for the batch system",
  },
  "node-request": {
    type: "string",
    value: "TEXT",
    help: "for PBS: what stands after select=NODES:",
  },
  cpus: { type: "string", value: "N", help: "cores of a node for jobs" },
  "jobs-per-core": {
    type: "string",
    value: "X",
    help:
      "how many jobs share a core, such as 1.5 for jobs of seconds (default: 1)",
  },
  memory: {
    type: "string",
    value: "MB",
    help: "memory of a node for jobs, in MB",
  },
  gpus: { type: "string", value: "N", help: "GPUs of a node" },
  "max-nodes": {
    type: "string",
    value: "N",
    help: "the largest allocation that is proposed (default: 1 node)",
  },
  "max-walltime": {
    type: "string",
    value: "T",
    help: "the longest allocation that is proposed (default: 1d)",
  },
  "job-time": {
    type: "string",
    value: "T",
    help: "how long a job runs that does not say it (default: 1h)",
  },
  "job-time-attribute": {
    type: "string",
    value: "NAME",
    help: "the attribute of jobs that says how many minutes they run",
  },
  module: { type: "list", value: "NAME", help: "a module to load" },
  line: { type: "list", value: "TEXT", help: "one more line of the script" },
  container: {
    type: "string",
    value: "PROGRAM",
    help: "the program that starts containers (default: apptainer)",
  },
  "container-flags": {
    type: "string",
    value: "TEXT",
    help: "its flags (default: --containall)",
  },
  bind: {
    type: "list",
    value: "PATH",
    help: "a file or folder that jobs see, besides the spool",
  },
  image: { type: "string", value: "FILE", help: "the container image" },
  launcher: {
    type: "string",
    value: "TEXT",
    help: "what starts one process on each node",
  },
  interface: {
    type: "string",
    value: "NAME",
    help: "the network interface by which nodes reach each other",
  },
  execute: {
    type: "string",
    value: "DIR",
    help: "where jobs run, on a fast disk of the node (default: in the spool)",
  },
  attr: {
    type: "list",
    value: "NAME=EXPR",
    help: "an attribute of the machine that jobs ask for",
  },
};

/** The flags that say which jobs, and how much to ask for. */
export const allocationFlags: Flags = {
  ...exportFlag,
  spool: {
    type: "string",
    value: "DIR",
    help: "the folder for the queue and the jobs' files, on a shared disk",
  },
  results: {
    type: "string",
    value: "DIR",
    help:
      "the folder for the bundles with results (default: SPOOL/lumberjack/results)",
  },
  nodes: {
    type: "number",
    value: "N",
    help: "nodes; without it what the jobs fill",
  },
  walltime: {
    type: "string",
    value: "T",
    help: "how long; without it what the jobs need",
  },
  margin: {
    type: "string",
    value: "T",
    help: "start no job in this last part of the time",
  },
};

/** Reads the machine file, and the flags that win over it. */
export function machineOf(flags: FlagValues): MachineData {
  const values = new Map<string, readonly string[]>();
  for (const name of machineValueNames) {
    const single = flags.string(name);
    if (single !== undefined) values.set(name, [single]);
    else if (flags.list(name).length > 0) values.set(name, flags.list(name));
  }
  return machineData(readMachineFile(flags.string("machine")), values);
}

/** Prepares the allocation that the flags describe. */
export async function prepareFrom(
  flags: FlagValues,
  terminal: Terminal,
): Promise<Prepared> {
  const nodes = flags.number("nodes");
  if (nodes !== undefined && (!Number.isInteger(nodes) || nodes < 1)) {
    throw new UsageError("--nodes is not a number of nodes", {
      subject: String(nodes),
      remedy: "write a whole number above 0",
    });
  }
  const durationOf = (name: string) => {
    const text = flags.string(name);
    return text === undefined ? undefined : parseDuration(text);
  };
  const prepared = await prepare({
    in: requireFlag(flags, "in"),
    spool: requireFlag(flags, "spool"),
    results: flags.string("results"),
    machine: machineOf(flags),
    nodes,
    walltime: durationOf("walltime"),
    margin: durationOf("margin"),
    progress: progressOf(terminal),
  });
  terminal.progress("");
  return prepared;
}

/** Says what is asked for, how full it would be, and which jobs do not fit. */
export function tellProposal(
  { proposal, left, node }: Prepared,
  terminal: Terminal,
): void {
  if (node === undefined) {
    terminal.message("a node is taken to have 1 core; --cpus says how many");
  }
  const { nodes, walltime, fullness, jobs, jobsInOne } = proposal;
  if (jobs > 0) {
    const rest = jobsInOne < jobs
      ? `; ${jobsInOne} of them end in one allocation, all of them in about ${proposal.allocations}`
      : "";
    terminal.message(
      `${count(nodes, "node")} for ${clockTime(walltime)}, ` +
        `${Math.round(100 * fullness)} % full: ${count(jobs, "job")}${rest}`,
    );
  }
  for (const { jobs, reason } of proposal.misfits) {
    terminal.message(`${count(jobs, "job")} fit no allocation: ${reason}`);
  }
  if (proposal.untimed > 0) {
    terminal.message(
      `${count(proposal.untimed, "job")} of ${left} do not say how long they ` +
        "run; --job-time says it",
    );
  }
}
