/**
 * How many nodes to ask for, and for how long.
 *
 * @module
 */
import type { Demand } from "./demand.ts";

/** A node, and the limits of an allocation. */
export interface NodeLimits {
  /** Cores of a node. */
  readonly cpus: number;
  /** Memory of a node in MB; undefined if memory does not limit. */
  readonly memory: number | undefined;
  /** GPUs of a node. */
  readonly gpus: number;
  /** How many nodes an allocation may have. */
  readonly maxNodes: number;
  /** How long an allocation may be, in seconds. */
  readonly maxWalltime: number;
  /** How long a job runs that does not say it, in seconds. */
  readonly jobTime: number;
}

/** What to ask for. */
export interface Proposal {
  /** How many nodes. */
  readonly nodes: number;
  /** For how long, in seconds. */
  readonly walltime: number;
  /** The part of the node time in which jobs run, from 0 to 1. */
  readonly fullness: number;
  /** How many jobs it is for: those that fit. */
  readonly jobs: number;
  /** How many of them can end in one such allocation. */
  readonly jobsInOne: number;
  /** How many allocations, one after the other, run all of them. */
  readonly allocations: number;
  /** How many jobs do not say how long they run. */
  readonly untimed: number;
  /** Jobs that no allocation here can run. */
  readonly misfits: readonly Misfit[];
}

/** Jobs that no allocation can run, and why. */
export interface Misfit {
  /** How many jobs. */
  readonly jobs: number;
  /** What is too much, for people. */
  readonly reason: string;
}

/** Seconds from the start of a script to the first job, measured, and some more. */
const startSeconds = 30;

/** An allocation that is this full is full enough: more nodes finish earlier. */
const fullEnough = 0.8;

/**
 * Proposes nodes and a walltime. Among the numbers of nodes that run all jobs
 * within the limits, it takes the largest one that is at least four fifths full,
 * else the one that is fullest. If no number runs all jobs within the limits, it
 * proposes the largest allocation, and says how many of them it takes. Values that
 * the user chose (`chosen`) stay.
 */
export function propose(
  demands: readonly Demand[],
  limits: NodeLimits,
  chosen: { readonly nodes?: number; readonly walltime?: number } = {},
): Proposal {
  const walltimeLimit = chosen.walltime ?? limits.maxWalltime;
  const longest = usableSeconds(walltimeLimit);
  const { fitting, misfits } = sort(demands, limits, longest);
  const jobs = sum(fitting.map(({ jobs }) => jobs));
  const untimed = sum(
    demands.filter(({ seconds }) => seconds === undefined)
      .map(({ jobs }) => jobs),
  );
  const base = { jobs, untimed, misfits };
  if (jobs === 0) {
    return {
      ...base,
      nodes: chosen.nodes ?? 1,
      walltime: walltimeLimit,
      ...{ fullness: 0, jobsInOne: 0, allocations: 0 },
    };
  }
  const candidates = chosen.nodes === undefined
    ? nodeCounts(limits.maxNodes)
    : [chosen.nodes];
  const plans = candidates.map((nodes) =>
    planFor(nodes, { fitting, limits, longest, walltime: chosen.walltime })
  );
  const whole = plans.filter(({ allocations }) => allocations === 1);
  const best = whole.length > 0
    ? whole.filter(({ fullness }) => fullness >= fullEnough).at(-1) ??
      fullest(whole)
    : plans.reduce((a, b) => b.jobsInOne > a.jobsInOne ? b : a);
  return { ...base, ...best };
}

type Plan = Pick<
  Proposal,
  "nodes" | "walltime" | "fullness" | "jobsInOne" | "allocations"
>;

function fullest(plans: readonly Plan[]): Plan {
  return plans.reduce((a, b) => b.fullness > a.fullness ? b : a);
}

/** A demand whose time is known or assumed, as one shape to be packed. */
interface Shape {
  readonly jobs: number;
  readonly cpus: number;
  readonly memory: number;
  readonly gpus: number;
  readonly seconds: number;
  /** The largest part of a node that one job takes. */
  readonly share: number;
}

function planFor(
  nodes: number,
  { fitting, limits, longest, walltime }: {
    readonly fitting: readonly Shape[];
    readonly limits: NodeLimits;
    readonly longest: number;
    readonly walltime: number | undefined;
  },
): Plan {
  const { makespan, started, work } = pack(fitting, nodes, limits, longest);
  const total = sum(fitting.map(({ jobs }) => jobs));
  const asked = walltime ??
    Math.min(limits.maxWalltime, roundUp(walltimeFor(makespan)));
  return {
    ...{ nodes, walltime: asked, jobsInOne: started },
    allocations: Math.ceil(total / Math.max(1, started)),
    fullness: Math.min(1, work / (nodes * asked)),
  };
}

/** Sorts out the jobs that fit no node, or no walltime. */
function sort(
  demands: readonly Demand[],
  limits: NodeLimits,
  longest: number,
): { fitting: Shape[]; misfits: Misfit[] } {
  const misfits = new Map<string, number>();
  const fitting: Shape[] = [];
  for (const { jobs, cpus, memory, gpus, seconds } of demands) {
    const time = seconds ?? Math.min(limits.jobTime, longest);
    const reason = misfitOf(
      { cpus, memory, gpus, seconds: time },
      limits,
      longest,
    );
    if (reason !== undefined) {
      misfits.set(reason, (misfits.get(reason) ?? 0) + jobs);
      continue;
    }
    const share = Math.max(
      cpus / limits.cpus,
      limits.memory === undefined ? 0 : memory / limits.memory,
      limits.gpus === 0 ? 0 : gpus / limits.gpus,
    );
    fitting.push({ jobs, cpus, memory, gpus, seconds: time, share });
  }
  fitting.sort((a, b) => b.seconds - a.seconds || b.share - a.share);
  return {
    fitting,
    misfits: [...misfits].map(([reason, jobs]) => ({ jobs, reason })),
  };
}

function misfitOf(
  job: Pick<Shape, "cpus" | "memory" | "gpus" | "seconds">,
  limits: NodeLimits,
  longest: number,
): string | undefined {
  const { cpus, memory, gpus, seconds } = job;
  if (cpus > limits.cpus) {
    return `${cpus} cores, and a node has ${limits.cpus}`;
  }
  if (limits.memory !== undefined && memory > limits.memory) {
    return `${memory} MB of memory, and a node has ${limits.memory}`;
  }
  if (gpus > limits.gpus) {
    return `${gpus} GPUs, and a node has ${limits.gpus}`;
  }
  if (seconds > longest) {
    return `${seconds} s of time, and an allocation leaves ${longest} s`;
  }
  return undefined;
}

/**
 * Starts the longest jobs first, each on the first node that has room, as a
 * negotiator would. Returns when the last one ends, how many could start, and the
 * node seconds that they use.
 */
function pack(
  shapes: readonly Shape[],
  nodes: number,
  limits: NodeLimits,
  longest: number,
): { makespan: number; started: number; work: number } {
  const waiting = shapes.map(({ jobs }) => jobs);
  const ends = new EndQueue();
  for (let node = 0; node < nodes; node++) {
    const { cpus, gpus, memory = Infinity } = limits;
    ends.add({
      time: 0,
      node: { cpus, gpus, memory },
      shape: undefined,
      jobs: 0,
    });
  }
  let makespan = 0, started = 0, work = 0;
  for (let end = ends.next(); end !== undefined; end = ends.next()) {
    const { time, node, shape, jobs } = end;
    if (shape !== undefined) {
      node.cpus += jobs * shape.cpus;
      node.memory += jobs * shape.memory;
      node.gpus += jobs * shape.gpus;
    }
    for (const [index, next] of shapes.entries()) {
      if (waiting[index] === 0 || time + next.seconds > longest) continue;
      const fits = Math.min(waiting[index], roomFor(next, node));
      if (fits === 0) continue;
      waiting[index] -= fits;
      node.cpus -= fits * next.cpus;
      node.memory -= fits * next.memory;
      node.gpus -= fits * next.gpus;
      started += fits;
      work += fits * next.seconds * next.share;
      makespan = Math.max(makespan, time + next.seconds);
      ends.add({ time: time + next.seconds, node, shape: next, jobs: fits });
    }
  }
  return { makespan, started, work };
}

interface Room {
  cpus: number;
  memory: number;
  gpus: number;
}

function roomFor(shape: Shape, node: Room): number {
  return Math.min(
    Math.floor(node.cpus / shape.cpus),
    shape.memory === 0 ? Infinity : Math.floor(node.memory / shape.memory),
    shape.gpus === 0 ? Infinity : Math.floor(node.gpus / shape.gpus),
  );
}

interface End {
  readonly time: number;
  readonly node: Room;
  readonly shape: Shape | undefined;
  readonly jobs: number;
}

/** The ends of jobs, the earliest first: a binary heap. */
class EndQueue {
  readonly #heap: End[] = [];

  add(end: End): void {
    const heap = this.#heap;
    let at = heap.push(end) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent].time <= end.time) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = end;
  }

  next(): End | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1].time < heap[child].time) {
        child++;
      }
      if (last.time <= heap[child].time) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

/** 1, 2, 4, 8 … and the largest number itself. */
function nodeCounts(most: number): number[] {
  const counts: number[] = [];
  for (let nodes = 1; nodes < most; nodes *= 2) counts.push(nodes);
  return [...counts, most];
}

/** The margin that `remote run` keeps, and the time to start. */
function usableSeconds(walltime: number): number {
  const margin = Math.max(2, Math.min(300, Math.floor(walltime / 10)));
  return Math.max(0, walltime - margin - startSeconds);
}

function walltimeFor(makespan: number): number {
  const needed = makespan + startSeconds;
  return Math.ceil(Math.min(needed / 0.9, needed + 300)) + 1;
}

/** To 5 minutes, above 2 hours to 15. */
function roundUp(seconds: number): number {
  const step = seconds > 7200 ? 900 : 300;
  return Math.ceil(seconds / step) * step;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
