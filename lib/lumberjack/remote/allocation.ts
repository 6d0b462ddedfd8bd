/**
 * What this process may use of its machine: the limits of the kernel and of the
 * batch system.
 *
 * @module
 */

/** What jobs may use. */
export interface Allocation {
  /** Cores. */
  readonly cpus: number;
  /** Memory in MB; undefined if nobody limits it. */
  readonly memory: number | undefined;
  /** GPUs, by their index or their UUID. */
  readonly gpus: readonly string[];
}

/** Whether so many jobs may share a core. More than ten are a slip. */
export function isJobsPerCore(number: number): boolean {
  return number >= 1 && number <= 10;
}

/** Where limits are found. */
export interface Surroundings {
  /** The environment variables. */
  readonly env: { get(name: string): string | undefined };
  /** The folder in which `proc` and `sys` are. */
  readonly root: string;
  /** Cores of the machine. */
  readonly cores: number;
  /** Memory that the batch system grants on this node, in MB, if it was asked. */
  readonly memory?: number;
}

/** Reads the limits. The smallest one of each kind counts. */
export function allocationOf(
  around: Surroundings = {
    env: Deno.env,
    root: "/",
    cores: navigator.hardwareConcurrency,
  },
): Allocation {
  const cgroup = cgroupLimits(around.root);
  const batch = batchLimits(around.env);
  const cpus = [around.cores, affinity(around.root), cgroup.cpus, batch.cpus];
  const memory = [cgroup.memory, batch.memory, around.memory];
  return {
    cpus: Math.max(1, smallest(cpus) ?? 1),
    memory: smallest(memory),
    gpus: gpusOf(around.env),
  };
}

function smallest(limits: readonly (number | undefined)[]): number | undefined {
  const known = limits.filter((limit) => limit !== undefined && limit > 0);
  return known.length === 0 ? undefined : Math.min(...known as number[]);
}

function readText(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path).trim();
  } catch {
    // A container may not show it. Then it is no limit.
    return undefined;
  }
}

/** Returns how many cores this process may be scheduled on. */
function affinity(root: string): number | undefined {
  const status = readText(`${root}/proc/self/status`);
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(status ?? "")?.[1];
  return list === undefined ? undefined : listed(list).length;
}

/** Reads a list such as `0-3,8`. */
function listed(text: string): number[] {
  return text.split(",").flatMap((part) => {
    const range = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part.trim());
    if (range === null) return [];
    const first = Number(range[1]), last = Number(range[2] ?? first);
    return Array.from({ length: last - first + 1 }, (_, at) => first + at);
  });
}

interface Limits {
  readonly cpus: number | undefined;
  readonly memory: number | undefined;
}

/**
 * Reads the limits of this process's control groups, version 2 and 1, and of all
 * groups above them.
 */
function cgroupLimits(root: string): Limits {
  const cpus: (number | undefined)[] = [], memory: (number | undefined)[] = [];
  const groups = readText(`${root}/proc/self/cgroup`) ?? "";
  for (const line of groups.split("\n")) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (path === undefined) continue;
    const names = controllers.split(",");
    for (const folder of withParents(path)) {
      if (controllers === "") {
        for (const mount of ["", "/unified"]) {
          const group = `${root}/sys/fs/cgroup${mount}${folder}`;
          cpus.push(quotaOf(readText(`${group}/cpu.max`)));
          memory.push(megabytes(readText(`${group}/memory.max`)));
        }
      }
      const group = `${root}/sys/fs/cgroup/${controllers}${folder}`;
      if (names.includes("cpu")) {
        const quota = readText(`${group}/cpu.cfs_quota_us`);
        const period = readText(`${group}/cpu.cfs_period_us`);
        cpus.push(quotaOf(`${quota} ${period}`));
      }
      if (names.includes("memory")) {
        memory.push(megabytes(readText(`${group}/memory.limit_in_bytes`)));
      }
    }
  }
  return { cpus: smallest(cpus), memory: smallest(memory) };
}

function withParents(path: string): string[] {
  const parts = path.split("/").filter((part) => part !== "");
  return [...parts.keys(), parts.length].map((count) =>
    parts.slice(0, count).map((part) => `/${part}`).join("")
  );
}

/** Reads `QUOTA PERIOD` as whole cores; undefined if there is no quota. */
function quotaOf(text: string | undefined): number | undefined {
  const [, quota, period] = /^(\d+) (\d+)$/.exec(text ?? "") ?? [];
  if (quota === undefined || Number(period) === 0) return undefined;
  return Math.max(1, Math.floor(Number(quota) / Number(period)));
}

/** Version 1 writes a number near 2^63 for no limit. */
function megabytes(bytes: string | undefined): number | undefined {
  const number = /^\d+$/.test(bytes ?? "") ? Number(bytes) : Infinity;
  return number < 2 ** 60 ? Math.floor(number / 2 ** 20) : undefined;
}

/** What Slurm and PBS say in the environment of a batch job. */
function batchLimits(env: Surroundings["env"]): Limits {
  const number = (name: string): number | undefined => {
    const text = env.get(name);
    return text !== undefined && /^\d{1,9}$/.test(text)
      ? Number(text)
      : undefined;
  };
  if (env.get("SLURM_JOB_ID")) {
    const cpus = number("SLURM_CPUS_ON_NODE");
    const perCpu = number("SLURM_MEM_PER_CPU");
    const each = perCpu !== undefined && cpus !== undefined
      ? perCpu * cpus
      : undefined;
    return { cpus, memory: smallest([number("SLURM_MEM_PER_NODE"), each]) };
  }
  if (env.get("PBS_JOBID")) {
    const cpus = smallest([number("NCPUS"), number("PBS_NUM_PPN")]);
    return { cpus, memory: undefined };
  }
  return { cpus: undefined, memory: undefined };
}

/** The GPUs of this process, by what the batch system says. */
function gpusOf(env: Surroundings["env"]): string[] {
  const visible = env.get("CUDA_VISIBLE_DEVICES");
  if (visible !== undefined) {
    const names = visible.split(",").map((name) => name.trim());
    // CUDA itself ends at the first name that it does not know.
    const end = names.findIndex((name) =>
      !/^(\d+|(GPU|MIG)-[\w/-]+)$/.test(name)
    );
    return end < 0 ? names : names.slice(0, end);
  }
  const slurm = env.get("SLURM_STEP_GPUS") ?? env.get("SLURM_JOB_GPUS") ?? "";
  return listed(slurm).map(String);
}
