/**
 * The folders and the configuration of the HTCondor of one machine.
 *
 * @module
 */
import { join } from "@std/path";
import { syncFolder, writeTextDurably } from "../../queue_log/mod.ts";
import type { Allocation } from "./allocation.ts";
import {
  poolConfig,
  type PoolNetwork,
  type PoolTimes,
  type QueueUser,
  type Release,
} from "./pool_config.ts";
import { secretsFolder } from "./run_token.ts";

/** What the user says about a machine. */
export interface MachineRequest {
  /** Cores for jobs; undefined for those that this process may use. */
  readonly cpus?: number;
  /**
   * How many jobs of one core run at once on a core; undefined for 1. With more,
   * one job runs while HTCondor prepares another.
   */
  readonly jobsPerCore?: number;
  /** Memory for jobs in MB; undefined for what this process may use. */
  readonly memory?: number;
  /** Where jobs run; undefined for a folder in the spool. */
  readonly execute?: string;
  /** Attributes of the machine. */
  readonly attributes?: readonly { readonly name: string; value: string }[];
}

/** What else a pool needs. */
export interface PoolSurroundings {
  /** The spool. */
  readonly spool: string;
  /** The folder of the whole pool, with its secrets. */
  readonly pool: string;
  /** The folder of this machine's HTCondor. */
  readonly folder: string;
  /** Where HTCondor is installed. */
  readonly release: Release;
  /** The network. */
  readonly network: PoolNetwork;
  /** The jobs' `User`. */
  readonly user: QueueUser;
  /** Whether jobs may need file transfer plugins. */
  readonly plugins: boolean;
  /** What this process may use. */
  readonly allocation: Allocation;
  /** When what has to end; undefined if there is no such time. */
  readonly time: PoolTimes | undefined;
  /** The last part of the time, in seconds. */
  readonly margin: number;
}

/** A pool that can be started. Dispose of it when its daemons have ended. */
export interface PreparedPool extends Disposable {
  /** The spool. */
  readonly spool: string;
  /** The folder with logs and configuration. */
  readonly folder: string;
  /** The configuration file. */
  readonly config: string;
  /** Where HTCondor is installed. */
  readonly release: Release;
}

/** Returns the folder of the pool of a spool. */
export function poolFolder(spool: string): string {
  return join(spool, "lumberjack", "pool");
}

/** Returns how many cores the slots have together. */
function slotCores(cores: number, { jobsPerCore = 1 }: MachineRequest): number {
  return Math.round(cores * jobsPerCore);
}

/** Makes the folders, and writes the configuration. */
export function preparePool(
  request: MachineRequest,
  around: PoolSurroundings,
): PreparedPool {
  const { spool, folder, release, network, allocation } = around;
  const { worker } = network;
  // A startd removes what it finds in its folder, so each worker has its own.
  const execute = request.execute === undefined
    ? join(folder, "execute")
    : join(request.execute, worker ?? "");
  for (const path of [folder, `${folder}/log`, `${folder}/credentials`]) {
    Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
  }
  Deno.mkdirSync(execute, { recursive: true, mode: 0o755 });
  const sockets = Deno.makeTempDirSync({ dir: "/tmp", prefix: "lj-" });
  const config = join(folder, "condor_config");
  const text = poolConfig({
    ...{ spool, folder, execute, sockets, release, network },
    user: around.user,
    plugins: around.plugins,
    secrets: secretsFolder(around.pool),
    cpus: slotCores(request.cpus ?? allocation.cpus, request),
    memory: request.memory ?? allocation.memory,
    gpus: allocation.gpus,
    attributes: request.attributes ?? [],
    time: around.time,
  }, around.margin);
  writeTextDurably(config, text, { mode: 0o644 });
  syncFolder(folder);
  return {
    ...{ spool, folder, config, release },
    [Symbol.dispose]: () => {
      Deno.removeSync(sockets, { recursive: true });
      if (worker !== undefined) removeTree(execute);
    },
  };
}

function removeTree(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch {
    // What a job left there may not be ours to remove.
  }
}
