import { parseDuration } from "../deadline.ts";
import type { Allocation, BatchSystem } from "./batch_system.ts";
import { ask, strangeAnswer, thisUser } from "./program.ts";

/**
 * Cobalt, of Argonne's older machines. Written from its manual, not tried. The
 * script runs on a service node; aprun starts programs on the compute nodes.
 */
export const cobalt: BatchSystem = {
  name: "cobalt",
  title: "Cobalt",
  launcher: 'aprun -n "$nodes" -N 1 -cc none',
  id: "$COBALT_JOBID",
  variables: "COBALT_",
  rank: "${ALPS_APP_PE:-0}",
  timeLeft: ["left=$((COBALT_ENDTIME - $(date +%s)))"],

  directives({ name, nodes, walltime, machine }) {
    const { account, queue } = machine;
    return [
      `--jobname ${name}`,
      `-n ${nodes}`,
      // In minutes.
      `-t ${Math.max(1, Math.ceil(walltime / 60))}`,
      ...(account === undefined ? [] : [`-A ${account}`]),
      ...(queue === undefined ? [] : [`-q ${queue}`]),
      ...machine.directives,
    ].map((option) => `#COBALT ${option}`);
  },

  async submit(script, after) {
    const wait = after === undefined ? [] : ["--dependencies", after];
    const answer = await ask("qsub", [...wait, "--mode", "script", script]);
    const id = answer.trim().split("\n").at(-1) ?? "";
    if (/^\d+$/.test(id)) return id;
    throw strangeAnswer("qsub", answer);
  },

  async ask(name) {
    const answer = await ask("qstat", [
      ...["-u", thisUser()],
      ...["--header", "JobID:JobName:State:TimeRemaining"],
    ]);
    return allocationsOf(answer).filter((job) => job.name === name)
      .map(({ name: _, ...allocation }) => allocation);
  },

  async cancel(id) {
    await ask("qdel", [id]);
  },
};

/** Reads the table that `qstat --header` prints. */
export function allocationsOf(
  answer: string,
): (Allocation & { readonly name: string })[] {
  const rows = answer.split("\n").map((line) => line.trim().split(/\s+/));
  return rows.filter(([id]) => /^\d+$/.test(id)).map((row) => {
    const [id, name, state, left] = row;
    if (state === undefined) throw strangeAnswer("qstat", row.join(" "));
    const isRunning = /^(running|starting|exiting|killing)/.test(state);
    const isTime = left !== undefined && /^\d+:\d+:\d+$/.test(left);
    return {
      ...{ id, name, detail: state },
      state: isRunning ? "running" : "queued",
      ...(isRunning && isTime ? { secondsLeft: parseDuration(left) } : {}),
    };
  });
}
