import { parseDuration } from "../deadline.ts";
import type { Allocation, BatchSystem } from "./batch_system.ts";
import { clockTime } from "./batch_system.ts";
import { ask, strangeAnswer, thisUser } from "./program.ts";

/** PBS Professional and OpenPBS. Written from their manuals, not tried. */
export const pbs: BatchSystem = {
  name: "pbs",
  title: "PBS",
  launcher: 'mpiexec -n "$nodes" --ppn 1',
  id: "${PBS_JOBID%%.*}",
  variables: "PBS_",
  // Of mpiexec: that of HPE, MPICH and Open MPI.
  rank: "${PALS_RANKID:-${PMI_RANK:-${OMPI_COMM_WORLD_RANK:-0}}}",
  timeLeft: [
    'left=$(qstat -f "$PBS_JOBID" | sed -n "s/.*Resource_List.walltime = //p")',
  ],

  directives({ name, nodes, walltime, machine }) {
    const { cpus, memory, gpus, account, queue, nodeRequest } = machine;
    const chunk = nodeRequest ?? [
      ...(cpus === undefined ? [] : [`ncpus=${cpus}`]),
      ...(gpus === undefined ? [] : [`ngpus=${gpus}`]),
      ...(memory === undefined ? [] : [`mem=${memory}mb`]),
    ].join(":");
    return [
      `-N ${name}`,
      `-l select=${nodes}${chunk === "" ? "" : `:${chunk}`}`,
      "-l place=scatter",
      `-l walltime=${clockTime(walltime)}`,
      ...(account === undefined ? [] : [`-A ${account}`]),
      ...(queue === undefined ? [] : [`-q ${queue}`]),
      "-j oe",
      "-r n",
      ...machine.directives,
    ].map((option) => `#PBS ${option}`);
  },

  async submit(script, after) {
    const wait = after === undefined ? [] : ["-W", `depend=afterany:${after}`];
    const answer = (await ask("qsub", [...wait, script])).trim();
    if (/^\d+[\w.[\]-]*$/.test(answer)) return answer;
    throw strangeAnswer("qsub", answer);
  },

  async ask(name) {
    const ids = (await ask("qselect", ["-N", name, "-u", thisUser()]))
      .split("\n").map((id) => id.trim()).filter((id) => id !== "");
    if (ids.length === 0) return [];
    const answer = await ask("qstat", ["-f", "-F", "json", ...ids]);
    return allocationsOf(answer);
  },

  async cancel(id) {
    await ask("qdel", [id]);
  },
};

/** Reads what `qstat -f -F json` prints. */
export function allocationsOf(answer: string): Allocation[] {
  let jobs: unknown;
  try {
    jobs = (JSON.parse(answer) as { Jobs?: unknown }).Jobs;
  } catch {
    throw strangeAnswer("qstat", answer);
  }
  if (typeof jobs !== "object" || jobs === null) {
    throw strangeAnswer("qstat", answer);
  }
  return Object.entries(jobs).flatMap(([id, job]) => {
    const state: unknown = job?.job_state;
    if (typeof state !== "string") throw strangeAnswer("qstat", answer);
    // F: finished. X: a part of an array has finished.
    if (state === "F" || state === "X") return [];
    const isRunning = state === "R" || state === "E";
    const comment: unknown = job.comment;
    const detail = typeof comment === "string"
      ? `${state} (${comment})`
      : state;
    const left = isRunning ? secondsLeft(job) : undefined;
    return [{
      ...{ id, state: isRunning ? "running" as const : "queued" as const },
      detail,
      ...(left === undefined ? {} : { secondsLeft: left }),
    }];
  });
}

function secondsLeft(job: {
  Resource_List?: { walltime?: unknown };
  resources_used?: { walltime?: unknown };
}): number | undefined {
  const whole = job.Resource_List?.walltime;
  const used = job.resources_used?.walltime ?? "00:00:00";
  const isTime = (text: unknown): text is string =>
    typeof text === "string" && /^\d+:\d+:\d+$/.test(text);
  if (!isTime(whole) || !isTime(used)) return undefined;
  return Math.max(0, parseDuration(whole) - parseDuration(used));
}
