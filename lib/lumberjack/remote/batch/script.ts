/**
 * Prints the batch script of an export. It needs a container image, the batch
 * system, and nothing else: a person can read, change and submit it.
 *
 * @module
 */
import type { AllocationRequest, BatchSystem } from "./batch_system.ts";
import { clockTime } from "./batch_system.ts";
import { shellWord } from "../../shell_word.ts";

/** What a script is for. Paths are absolute. */
export interface ScriptRequest extends AllocationRequest {
  /** The export's id. */
  readonly exportId: string;
  /** The export: its folder, or a bundle. */
  readonly in: string;
  /** The spool. */
  readonly spool: string;
  /** The folder for the bundles with results. */
  readonly results: string;
  /** The image. */
  readonly image: string;
  /** The last part of the time, in which no job starts; in seconds. */
  readonly margin?: number;
}

/** Returns the text of the script. */
export function batchScript(
  system: BatchSystem,
  request: ScriptRequest,
): string {
  const { machine, nodes, exportId } = request;
  const set = (name: string, value: string) => `${name}=${shellWord(value)}`;
  return [
    "#!/bin/bash -l",
    `# Runs the jobs of ${exportId} with HTCondor in a container, on ${
      nodes === 1 ? "1 node" : `${nodes} nodes`
    }.`,
    "# Printed by lumberjack remote script. You may change it.",
    ...system.directives(request),
    "",
    ...machine.modules.map((name) => `module load ${shellWord(name)}`),
    ...machine.lines,
    "set -eu",
    set("in", request.in),
    set("spool", request.spool),
    set("results", request.results),
    set("image", request.image),
    `nodes=${nodes}`,
    `out="$results/${exportId}.${system.id}.tar.gz"`,
    'mkdir -p "$spool" "$results"',
    "",
    `# How long the allocation still is, as ${system.title} says.`,
    ...system.timeLeft.map((line) => `${line} || left=`),
    `case $left in '' | *[!0-9:-]*) left=${
      clockTime(request.walltime)
    } ;; esac`,
    "",
    ...nodeFunction(system, request),
    "export in spool results image nodes out left",
    "export -f node",
    "",
    "# Signals that end the allocation go to the container, which packs the results.",
    "trap : INT TERM USR1",
    `${machine.launcher ?? system.launcher} bash -c node`,
    "",
  ].join("\n");
}

/** The lines that set the arguments of `lumberjack remote`, for head and workers. */
function choiceOfVerb(system: BatchSystem, request: ScriptRequest): string[] {
  const { machine, nodes, margin } = request;
  const flag = (name: string, value: string | number | undefined) =>
    value === undefined ? [] : [`--${name} ${value}`];
  const machineFlags = [
    ...flag("cpus", machine.cpus),
    ...flag("jobs-per-core", machine.jobsPerCore),
    ...flag("memory", machine.memory),
    ...flag("execute", machine.execute && shellWord(machine.execute)),
    ...machine.attributes.map((attribute) => `--attr ${shellWord(attribute)}`),
  ];
  const head = [
    'run --in "$in" --spool "$spool" --out "$out" --walltime "$left"',
    ...flag("margin", margin),
    ...flag("job-time-attribute", machine.jobTimeAttribute),
  ].join(" ");
  // What is said of the machine is on a line of its own, because it is long.
  const withMachine = (verb: string, ...more: string[]) => {
    const flags = [...machineFlags, ...more];
    return `set -- ${verb}` +
      (flags.length === 0 ? "" : ` \\\n      ${flags.join(" ")}`);
  };
  if (nodes === 1) return [`  ${withMachine(head)}`];
  return [
    "  # The first node starts HTCondor. The others help it.",
    `  if [ "${system.rank}" = 0 ]; then`,
    `    ${withMachine(head, ...flag("interface", machine.interface))}`,
    "  else",
    `    ${withMachine('worker --spool "$spool"')}`,
    "  fi",
  ];
}

/** The function that runs on each node. */
function nodeFunction(system: BatchSystem, request: ScriptRequest): string[] {
  const { machine } = request;
  const prefix = machine.container.endsWith("singularity")
    ? "SINGULARITYENV_"
    : "APPTAINERENV_";
  const { execute } = machine;
  const binds = [...machine.binds, ...execute === undefined ? [] : [execute]]
    .map((bind) => `--bind ${shellWord(bind)}`);
  return [
    `# Runs on each node. The container sees ${system.title}'s variables, and the binds.`,
    "node() {",
    "  set -eu",
    "  trap : INT TERM USR1",
    `  for name in "\${!${system.variables}@}" CUDA_VISIBLE_DEVICES; do`,
    `    [ -z "\${!name+x}" ] || export "${prefix}$name=\${!name}"`,
    "  done",
    ...choiceOfVerb(system, request),
    `  work=$(mktemp -d "\${TMPDIR:-/tmp}/lumberjack.XXXXXX")`,
    `  trap 'rm -rf "$work"' EXIT`,
    `  ${machine.container} exec ${machine.containerFlags} --workdir "$work" \\`,
    `    --bind "$in" --bind "$spool" --bind "$results" ${
      binds.map((bind) => `\\\n    ${bind} `).join("")
    }\\`,
    '    "$image" lumberjack remote "$@"',
    "}",
  ];
}
