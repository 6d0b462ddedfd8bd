/**
 * When the batch system ends the allocation that this process runs in.
 *
 * @module
 */
import { parseDuration } from "./deadline.ts";

/** What a batch system says about the allocation. */
export interface BatchLimits {
  /** When it ends, in seconds since 1970; undefined if nobody says so. */
  readonly end: number | undefined;
  /** Memory of each node, in MB; undefined if nobody says so. */
  readonly memory: number | undefined;
}

/** Runs a program and returns what it prints; undefined if it fails. */
export type Ask = (
  program: string,
  args: readonly string[],
) => Promise<string | undefined>;

const nothing: BatchLimits = { end: undefined, memory: undefined };

/**
 * Asks the batch system: Slurm by `SLURM_JOB_END_TIME` or `scontrol`, PBS by
 * `qstat`. Inside a container these programs may be missing; then nothing is
 * known.
 */
export async function batchLimits(
  env: { get(name: string): string | undefined } = Deno.env,
  ask: Ask = askProgram,
): Promise<BatchLimits> {
  const endTime = env.get("SLURM_JOB_END_TIME");
  if (endTime !== undefined && /^\d{9,11}$/.test(endTime)) {
    return { ...nothing, end: Number(endTime) };
  }
  const slurm = env.get("SLURM_JOB_ID");
  if (slurm !== undefined && /^\d+$/.test(slurm)) {
    const text = await ask("scontrol", ["show", "job", "-o", slurm]);
    return { ...nothing, end: slurmEnd(text ?? "") };
  }
  const pbs = env.get("PBS_JOBID");
  if (pbs !== undefined && /^[\w.[\]-]+$/.test(pbs)) {
    const text = await ask("qstat", ["-f", pbs]);
    return pbsLimits(text ?? "", Date.now() / 1000);
  }
  return nothing;
}

/** `scontrol` prints local time, without a zone. */
function slurmEnd(text: string): number | undefined {
  const time = /(?:^|\s)EndTime=(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)/.exec(text)
    ?.[1];
  return time === undefined ? undefined : new Date(time).getTime() / 1000;
}

/** Reads what `qstat -f` prints, of OpenPBS and of Torque. */
export function pbsLimits(text: string, now: number): BatchLimits {
  // A long value goes on in the next line, after a tab.
  const lines = text.replaceAll("\n\t", "").split("\n");
  const values = new Map<string, string>();
  for (const line of lines) {
    const [, name, value] = /^\s+(\S+) = (.*)$/.exec(line) ?? [];
    if (name !== undefined) values.set(name.toLowerCase(), value.trim());
  }
  const remaining = values.get("walltime.remaining");
  const walltime = values.get("resource_list.walltime");
  const used = values.get("resources_used.walltime") ?? "00:00:00";
  let left: number | undefined;
  if (remaining !== undefined && /^\d+$/.test(remaining)) {
    left = Number(remaining);
  } else if (
    walltime !== undefined && isDuration(walltime) && isDuration(used)
  ) {
    left = parseDuration(walltime) - parseDuration(used);
  }
  return {
    end: left === undefined ? undefined : now + left,
    memory: memoryOf(values),
  };
}

function isDuration(text: string): boolean {
  return /^(\d+|\d+(:\d+){1,2})$/.test(text);
}

/** `Resource_List.mem` is the memory of all nodes together. */
function memoryOf(values: ReadonlyMap<string, string>): number | undefined {
  const [, number, unit] =
    /^(\d+)([kmgt]?)b$/i.exec(values.get("resource_list.mem") ?? "") ?? [];
  if (number === undefined) return undefined;
  const power = ["", "k", "m", "g", "t"].indexOf(unit.toLowerCase());
  const nodes = Number(values.get("resource_list.nodect") ?? 1);
  return Math.floor(Number(number) * 1024 ** power / 2 ** 20 / (nodes || 1));
}

async function askProgram(
  program: string,
  args: readonly string[],
): Promise<string | undefined> {
  try {
    const { success, stdout } = await new Deno.Command(program, {
      args: [...args],
      ...{ stdin: "null", stderr: "null" },
      // A batch system that does not answer must not use up the time it sells.
      signal: AbortSignal.timeout(15_000),
    }).output();
    return success ? new TextDecoder().decode(stdout) : undefined;
  } catch {
    return undefined;
  }
}
