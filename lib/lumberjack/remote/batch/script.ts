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

/** The function that runs on each node. */
function nodeFunction(system: BatchSystem, request: ScriptRequest): string[] {
  const { machine, nodes, margin } = request;
  const prefix = machine.container.endsWith("singularity")
    ? "SINGULARITYENV_"
    : "APPTAINERENV_";
  const slots = [
    ...(machine.cpus === undefined ? [] : [`--cpus ${machine.cpus}`]),
    ...(machine.jobsPerCore === undefined
      ? []
      : [`--jobs-per-core ${machine.jobsPerCore}`]),
    ...(machine.memory === undefined ? [] : [`--memory ${machine.memory}`]),
  ];
  const where = machine.execute === undefined
    ? []
    : [`--execute ${shellWord(machine.execute)}`];
  const attributes = machine.attributes.map((attribute) =>
    `--attr ${shellWord(attribute)}`
  );
  const network = nodes > 1 && machine.interface !== undefined
    ? [`--interface ${machine.interface}`]
    : [];
  const head = [
    'run --in "$in" --spool "$spool" --out "$out" --walltime "$left"',
    ...(margin === undefined ? [] : [`--margin ${margin}`]),
    ...(machine.jobTimeAttribute === undefined
      ? []
      : [`--job-time-attribute ${machine.jobTimeAttribute}`]),
    ...[...slots, ...where, ...attributes, ...network],
  ].join(" ");
  const worker = ['worker --spool "$spool"', ...slots, ...where, ...attributes]
    .join(" ");
  const binds = [...machine.binds, ...where.length ? [machine.execute!] : []]
    .map((bind) => `--bind ${shellWord(bind)}`);
  const choice = nodes === 1 ? [`  set -- ${head}`] : [
    "  # The first node starts HTCondor. The others help it.",
    `  if [ "${system.rank}" = 0 ]; then`,
    `    set -- ${head}`,
    "  else",
    `    set -- ${worker}`,
    "  fi",
  ];
  return [
    `# Runs on each node. The container sees ${system.title}'s variables, and the binds.`,
    "node() {",
    "  set -eu",
    "  trap : INT TERM USR1",
    `  for name in "\${!${system.variables}@}" CUDA_VISIBLE_DEVICES; do`,
    `    [ -z "\${!name+x}" ] || export "${prefix}$name=\${!name}"`,
    "  done",
    ...choice,
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
