import { parseDuration } from "../deadline.ts";
import type { Allocation, BatchSystem, NodeSize } from "./batch_system.ts";
import { clockTime } from "./batch_system.ts";
import { ask, strangeAnswer } from "./program.ts";

/** Slurm. The tests run it for real (26.05). */
export const slurm: BatchSystem = {
  name: "slurm",
  title: "Slurm",
  launcher:
    'srun --ntasks-per-node=1 --cpus-per-task="$SLURM_CPUS_ON_NODE" --kill-on-bad-exit=0',
  id: "$SLURM_JOB_ID",
  variables: "SLURM_",
  rank: "${SLURM_PROCID:-0}",
  timeLeft: ['left=$(squeue --noheader --jobs="$SLURM_JOB_ID" --format=%L)'],

  directives({ name, nodes, walltime, machine }) {
    const { cpus, memory, gpus, account, queue } = machine;
    return [
      `--job-name=${name}`,
      `--nodes=${nodes}`,
      "--ntasks-per-node=1",
      ...(cpus === undefined
        ? ["--exclusive", "--mem=0"]
        : [`--cpus-per-task=${cpus}`]),
      ...(memory === undefined ? [] : [`--mem=${memory}M`]),
      ...(gpus === undefined ? [] : [`--gpus-per-node=${gpus}`]),
      `--time=${clockTime(walltime)}`,
      ...(account === undefined ? [] : [`--account=${account}`]),
      ...(queue === undefined ? [] : [`--partition=${queue}`]),
      "--output=%x-%j.log",
      "--no-requeue",
      ...machine.directives,
    ].map((option) => `#SBATCH ${option}`);
  },

  async submit(script, after) {
    const wait = after === undefined ? [] : [`--dependency=afterany:${after}`];
    const answer = await ask("sbatch", ["--parsable", ...wait, script]);
    const [id] = answer.trim().split(";");
    if (/^\d+$/.test(id)) return id;
    throw strangeAnswer("sbatch", answer);
  },

  async ask(name) {
    const answer = await ask("squeue", [
      ...["--me", "--noheader", "--sort=i", `--name=${name}`],
      "--format=%i|%T|%L|%r",
    ]);
    const lines = answer.split("\n").filter((line) => line.trim() !== "");
    return lines.map(allocationOf);
  },

  async cancel(id) {
    await ask("scancel", [id]);
  },

  async nodeSize(queue) {
    const partition = queue === undefined ? [] : [`--partition=${queue}`];
    const answer = await ask("sinfo", [
      ...["--noheader", ...partition, "--format=%P|%c|%m"],
    ]);
    return smallestNode(answer, queue);
  },
};

/**
 * Returns the smallest node of a partition, or of the default partition, which
 * sinfo marks with `*`.
 */
function smallestNode(
  answer: string,
  queue: string | undefined,
): NodeSize | undefined {
  const rows = answer.split("\n").map((line) => line.trim().split("|"));
  const sizes = rows.filter(([partition, cpus]) =>
    /^\d+\+?$/.test(cpus ?? "") &&
    (queue !== undefined || partition.endsWith("*"))
  ).map(([, cpus, memory]) => ({
    cpus: parseInt(cpus),
    // 1 is Slurm's word for not configured.
    memory: parseInt(memory) > 1 ? parseInt(memory) : undefined,
  }));
  return sizes.sort((a, b) => a.cpus - b.cpus)[0];
}

function allocationOf(line: string): Allocation {
  const [id, state, left, reason] = line.trim().split("|");
  if (reason === undefined) throw strangeAnswer("squeue", line);
  const waits = /^(PENDING|CONFIGURING|REQUEUE)/.test(state);
  if (waits) return { id, state: "queued", detail: `${state} (${reason})` };
  const isTime = /^[\d:-]*\d:\d\d$/.test(left);
  return {
    ...{ id, state: "running", detail: state },
    ...(isTime ? { secondsLeft: parseDuration(left) } : {}),
  };
}
