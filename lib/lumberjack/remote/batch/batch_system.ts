/**
 * What Lumberjack needs from a batch system. Each batch system is one file that
 * implements this interface.
 *
 * @module
 */
import type { BatchName } from "./batch_name.ts";
import type { MachineData } from "./machine_data.ts";

/** What one allocation is asked for. */
export interface AllocationRequest {
  /** The name of the batch job; see {@linkcode allocationName}. */
  readonly name: string;
  /** How many nodes. */
  readonly nodes: number;
  /** For how long, in seconds. */
  readonly walltime: number;
  /** What the administrator and the user say about the machine. */
  readonly machine: MachineData;
}

/** An allocation that waits or runs. */
export interface Allocation {
  /** The batch system's id of it. */
  readonly id: string;
  /** `queued`: it waits. `running`: it has its nodes. */
  readonly state: "queued" | "running";
  /** What the batch system itself calls the state, and why it waits. */
  readonly detail: string;
  /** How many seconds are left of it, if it runs and the batch system says so. */
  readonly secondsLeft?: number;
}

/** What a node has. */
export interface NodeSize {
  /** Its cores. */
  readonly cpus: number;
  /** Its memory in MB, if the batch system knows it. */
  readonly memory: number | undefined;
}

/** A batch system. */
export interface BatchSystem {
  /** Its name on the command line. */
  readonly name: BatchName;
  /** Its name for people. */
  readonly title: string;
  /** What starts one process on each node, unless the machine's data name it. */
  readonly launcher: string;
  /** A shell word: the id of the allocation. */
  readonly id: string;
  /** The variables that it sets in an allocation begin with this. */
  readonly variables: string;
  /** A shell word: 0 on one node of the allocation, another number elsewhere. */
  readonly rank: string;
  /** Lines of bash that set `left` to the time that is left of the allocation. */
  readonly timeLeft: readonly string[];

  /** Returns the lines for the head of the script. */
  directives(request: AllocationRequest): string[];

  /**
   * Hands over a script, and returns the id of the allocation. It starts only
   * after the allocation `after` has ended. Throws {@linkcode RemoteError}.
   */
  submit(script: string, after?: string): Promise<string>;

  /**
   * Returns the user's allocations of that name, the oldest first. Throws
   * {@linkcode RemoteError}.
   */
  ask(name: string): Promise<Allocation[]>;

  /** Gives up an allocation. Throws {@linkcode RemoteError}. */
  cancel(id: string): Promise<void>;

  /**
   * Returns the smallest node of a queue, if the batch system can be asked for it.
   * Throws {@linkcode RemoteError}.
   */
  nodeSize?(queue: string | undefined): Promise<NodeSize | undefined>;
}

/**
 * Returns the name of the batch jobs of an export. Older batch systems allow 15
 * characters, so it has only the random part of the id.
 */
export function allocationName(exportId: string): string {
  return `lj-${exportId.slice(-8)}`;
}

/** Writes a time as `HOURS:MINUTES:SECONDS`, which all batch systems read. */
export function clockTime(seconds: number): string {
  const two = (number: number) => String(number).padStart(2, "0");
  const whole = Math.max(0, Math.round(seconds));
  return [
    two(Math.floor(whole / 3600)),
    two(Math.floor(whole / 60) % 60),
    two(whole % 60),
  ].join(":");
}
