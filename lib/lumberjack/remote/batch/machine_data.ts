/**
 * What an administrator writes down about a machine: queues, modules, binds, the
 * launcher. It is a text file of lines `name = value`; the names are those of the
 * flags of `lumberjack remote script`.
 *
 * @module
 */
import { isAbsolute } from "@std/path";
import { isJobsPerCore } from "../allocation.ts";
import { parseDuration } from "../deadline.ts";
import { RemoteError } from "../error.ts";
import { type BatchName, batchNames } from "./batch_name.ts";

/** What is known about a machine. What is undefined is left to the machine. */
export interface MachineData {
  /** The batch system. */
  readonly batch?: BatchName;
  /** The account or project that pays. */
  readonly account?: string;
  /** The queue or partition. */
  readonly queue?: string;
  /** More directives, each as the batch system's program takes it. */
  readonly directives: readonly string[];
  /** In PBS, what stands after `select=NODES:`. */
  readonly nodeRequest?: string;
  /** Cores of a node that jobs may use. */
  readonly cpus?: number;
  /** How many jobs share a core. */
  readonly jobsPerCore?: number;
  /** Memory of a node that jobs may use, in MB. */
  readonly memory?: number;
  /** GPUs of a node. */
  readonly gpus?: number;
  /** How many nodes an allocation may have. */
  readonly maxNodes: number;
  /** How long an allocation may be, in seconds. */
  readonly maxWalltime: number;
  /** How long a job runs that does not say it, in seconds. */
  readonly jobTime?: number;
  /** An attribute of jobs that says how many minutes they run. */
  readonly jobTimeAttribute?: string;
  /** Modules to load. */
  readonly modules: readonly string[];
  /** More lines for the script. */
  readonly lines: readonly string[];
  /** The program that starts containers. */
  readonly container: string;
  /** Its flags. */
  readonly containerFlags: string;
  /** Files and folders that the container sees. */
  readonly binds: readonly string[];
  /** The image. */
  readonly image?: string;
  /** What starts one process on each node; undefined for the batch system's. */
  readonly launcher?: string;
  /** The network interface by which the nodes reach each other. */
  readonly interface?: string;
  /** Where jobs run. */
  readonly execute?: string;
  /** Attributes of the machine that jobs ask for, `NAME=EXPR`. */
  readonly attributes: readonly string[];
}

/** The values of one source: the file, or the command line. */
export type MachineValues = ReadonlyMap<string, readonly string[]>;

/** The name of each value, and whether it may stand there several times. */
const kinds: Readonly<Record<string, "one" | "list">> = {
  "batch": "one",
  "account": "one",
  "queue": "one",
  "directive": "list",
  "node-request": "one",
  "cpus": "one",
  "jobs-per-core": "one",
  "memory": "one",
  "gpus": "one",
  "max-nodes": "one",
  "max-walltime": "one",
  "job-time": "one",
  "job-time-attribute": "one",
  "module": "list",
  "line": "list",
  "container": "one",
  "container-flags": "one",
  "bind": "list",
  "image": "one",
  "launcher": "one",
  "interface": "one",
  "execute": "one",
  "attr": "list",
};

/** The names of all values. */
export const machineValueNames: readonly string[] = Object.keys(kinds);

/**
 * Reads the lines of a machine file. `#` begins a comment. A later line replaces
 * an earlier one, but `module`, `bind`, `line`, `directive` and `attr` add to it.
 * Throws {@linkcode RemoteError}.
 *
 * @example
 * ```ts
 * import { readMachineText } from "./machine_data.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const values = readMachineText("queue = debug\nbind = /cvmfs\n", "m.conf");
 * assertEquals(values.get("queue"), ["debug"]);
 * ```
 */
export function readMachineText(text: string, path: string): MachineValues {
  const values = new Map<string, string[]>();
  for (const [index, line] of text.split("\n").entries()) {
    if (/^\s*(#.*)?$/.test(line)) continue;
    const match = /^\s*([A-Za-z][\w-]*)\s*=\s*(.*?)\s*$/.exec(line);
    const name = match?.[1].toLowerCase().replaceAll("_", "-") ?? "";
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (match === null || kind === undefined) {
      throw new RemoteError("a line of the machine file has no known name", {
        subject: `${path}, line ${index + 1}: ${line.trim()}`,
        remedy: `write NAME = VALUE; the names are ${
          machineValueNames.join(", ")
        }`,
      });
    }
    if (match[2] === "") continue;
    const earlier = kind === "list" ? values.get(name) ?? [] : [];
    values.set(name, [...earlier, match[2]]);
  }
  return values;
}

/** Where the machine file is, unless the user names one. */
function machineFiles(
  env: { get(name: string): string | undefined } = Deno.env,
): string[] {
  const home = env.get("HOME");
  const config = env.get("XDG_CONFIG_HOME") ??
    (home === undefined ? undefined : `${home}/.config`);
  return [
    ...(config === undefined ? [] : [`${config}/lumberjack/machine.conf`]),
    "/etc/lumberjack/machine.conf",
  ];
}

/**
 * Reads the machine file that `path` names, or the first of
 * {@linkcode machineFiles} that exists. Throws {@linkcode RemoteError}.
 */
export function readMachineFile(path?: string): MachineValues {
  for (const file of path === undefined ? machineFiles() : [path]) {
    let text: string;
    try {
      text = Deno.readTextFileSync(file);
    } catch (cause) {
      if (path === undefined && cause instanceof Deno.errors.NotFound) continue;
      throw new RemoteError("cannot read the machine file", {
        cause,
        subject: `${file} (${cause instanceof Error ? cause.message : cause})`,
        remedy: "name a file that exists with --machine",
      });
    }
    return readMachineText(text, file);
  }
  return new Map();
}

/**
 * Returns what is known about the machine. Values of the command line win over
 * those of the file; lists add up. Throws {@linkcode RemoteError} for a value that
 * cannot be.
 */
export function machineData(
  file: MachineValues,
  flags: MachineValues = new Map(),
): MachineData {
  const list = (name: string) =>
    [...file.get(name) ?? [], ...flags.get(name) ?? []].map((value) =>
      oneLine(name, value)
    );
  const one = (name: string): string | undefined => {
    const value = flags.get(name)?.at(-1) ?? file.get(name)?.at(-1);
    return value === undefined ? undefined : oneLine(name, value);
  };
  const word = (name: string) => checked(name, one(name), /^[\w.,:+@%/=-]+$/);
  const path = (name: string) => {
    const value = one(name);
    if (value === undefined || isAbsolute(value)) return value;
    throw wrongValue(name, value, "write a path that begins with /");
  };
  return {
    batch: batchOf(one("batch")),
    account: word("account"),
    queue: word("queue"),
    directives: list("directive"),
    nodeRequest: word("node-request"),
    cpus: countOf("cpus", one("cpus")),
    jobsPerCore: jobsPerCoreOf(one("jobs-per-core")),
    memory: countOf("memory", one("memory")),
    gpus: countOf("gpus", one("gpus")),
    maxNodes: countOf("max-nodes", one("max-nodes")) ?? 1,
    maxWalltime: parseDuration(one("max-walltime") ?? "1d"),
    jobTime: durationOf(one("job-time")),
    jobTimeAttribute: checked(
      "job-time-attribute",
      one("job-time-attribute"),
      /^[A-Za-z_]\w*$/,
    ),
    modules: list("module"),
    lines: list("line"),
    container: one("container") ?? "apptainer",
    containerFlags: one("container-flags") ?? "--containall",
    binds: list("bind"),
    image: one("image"),
    launcher: one("launcher"),
    interface: word("interface"),
    execute: path("execute"),
    attributes: list("attr"),
  };
}

function oneLine(name: string, value: string): string {
  // deno-lint-ignore no-control-regex
  if (!/[\x00-\x1f\x7f]/.test(value)) return value;
  throw wrongValue(name, JSON.stringify(value), "write it in one line");
}

function checked(
  name: string,
  value: string | undefined,
  form: RegExp,
): string | undefined {
  if (value === undefined || form.test(value)) return value;
  throw wrongValue(name, value, "write one word");
}

function countOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const count = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(count) && count > 0) {
    return count;
  }
  throw wrongValue(name, text, "write a whole number above 0");
}

function jobsPerCoreOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && isJobsPerCore(number)) return number;
  throw wrongValue("jobs-per-core", text, "write a number from 1 to 10");
}

function durationOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseDuration(text);
}

function batchOf(text: string | undefined): BatchName | undefined {
  if (text === undefined) return undefined;
  const name = batchNames.find((name) => name === text.toLowerCase());
  if (name !== undefined) return name;
  throw wrongValue("batch", text, `write one of ${batchNames.join(", ")}`);
}

function wrongValue(name: string, value: string, remedy: string): RemoteError {
  return new RemoteError("a value for the machine is wrong", {
    subject: `${name} = ${value}`,
    remedy,
  });
}
