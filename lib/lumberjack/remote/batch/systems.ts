import type { BatchName } from "./batch_name.ts";
import type { BatchSystem } from "./batch_system.ts";
import { cobalt } from "./cobalt.ts";
import { pbs } from "./pbs.ts";
import { slurm } from "./slurm.ts";

const systems: Readonly<Record<BatchName, BatchSystem>> = {
  slurm,
  pbs,
  cobalt,
};

/** Returns the batch system of that name. */
export function batchSystem(name: BatchName): BatchSystem {
  return systems[name];
}
