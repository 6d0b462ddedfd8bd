import { isJobsPerCore } from "../lumberjack/remote/allocation.ts";
import type { MachineRequest } from "../lumberjack/remote/prepared_pool.ts";
import { type Flags, type FlagValues, UsageError } from "./command.ts";

/** The flags that say what jobs may use of a machine. */
export const machineFlags: Flags = {
  cpus: {
    type: "number",
    value: "N",
    help: "cores that jobs may use (default: what this process may use)",
  },
  "jobs-per-core": {
    type: "number",
    value: "X",
    help:
      "how many jobs share a core, such as 1.5 for jobs of seconds (default: 1)",
  },
  memory: {
    type: "number",
    value: "MB",
    help: "memory that jobs may use, in MB (default: as --cpus)",
  },
  execute: {
    type: "string",
    value: "DIR",
    help: "where jobs run, on a fast disk (default: in the spool)",
  },
  attr: {
    type: "list",
    value: "NAME=EXPR",
    help: "an attribute of the machine that jobs ask for",
  },
  interface: {
    type: "string",
    value: "IF",
    help: "the network interface that the nodes share, its name or address",
  },
};

/** Reads {@linkcode machineFlags}. Throws {@linkcode UsageError}. */
export function machineRequestOf(
  flags: FlagValues,
): MachineRequest & { readonly interface?: string } {
  return {
    cpus: flags.number("cpus"),
    jobsPerCore: jobsPerCoreOf(flags),
    memory: flags.number("memory"),
    execute: flags.string("execute"),
    attributes: flags.list("attr").map(attributeOf),
    interface: flags.string("interface"),
  };
}

function jobsPerCoreOf(flags: FlagValues): number | undefined {
  const number = flags.number("jobs-per-core");
  if (number === undefined || isJobsPerCore(number)) return number;
  throw new UsageError("--jobs-per-core is out of range", {
    subject: String(number),
    remedy: "write a number from 1 to 10",
  });
}

function attributeOf(text: string): { name: string; value: string } {
  const match = /^([A-Za-z_]\w*)\s*=\s*([^\n]+)$/.exec(text);
  if (match) return { name: match[1], value: match[2] };
  throw new UsageError("--attr has the form NAME=EXPR", {
    subject: text,
    remedy: `write for example --attr 'HasData=true'`,
  });
}
