/**
 * From an export and the data of a machine to the script of an allocation.
 *
 * @module
 */
import { join, resolve } from "@std/path";
import { RemoteError } from "../error.ts";
import { openIncoming } from "../incoming.ts";
import { openSpoolLog } from "../spool.ts";
import { requireExport } from "../pack.ts";
import {
  allocationName,
  type BatchSystem,
  type NodeSize,
} from "./batch_system.ts";
import { type Demand, demandsOf } from "./demand.ts";
import type { MachineData } from "./machine_data.ts";
import { type Proposal, propose } from "./proposal.ts";
import { batchScript, type ScriptRequest } from "./script.ts";
import { batchSystem } from "./systems.ts";

/** What the user asks for. */
export interface PrepareRequest {
  /** The export: its folder, or a bundle. */
  readonly in: string;
  /** The spool; it need not exist. */
  readonly spool: string;
  /** The folder for results; undefined for one in the spool. */
  readonly results?: string;
  /** What is known about the machine. */
  readonly machine: MachineData;
  /** Nodes that the user chose. */
  readonly nodes?: number;
  /** The walltime that the user chose, in seconds. */
  readonly walltime?: number;
  /** The margin that the user chose, in seconds. */
  readonly margin?: number;
  /** Called with a short progress message. */
  readonly progress?: (text: string) => void;
}

/** A script, and why it asks for what it asks. */
export interface Prepared {
  /** The export's id. */
  readonly exportId: string;
  /** The batch system. */
  readonly system: BatchSystem;
  /** What the script is for. */
  readonly request: ScriptRequest;
  /** The text of the script. */
  readonly script: string;
  /** How many jobs have not ended. */
  readonly left: number;
  /** What a node has; undefined if nobody knows, and 1 core is assumed. */
  readonly node: NodeSize | undefined;
  /** Nodes and walltime, and how full they would be. */
  readonly proposal: Proposal;
}

/** Seconds that a job is taken to run if nobody says anything. */
const assumedJobTime = 3600;

/**
 * Checks the export, looks at its jobs, and makes the script. Jobs that have ended
 * in the spool do not count. Throws {@linkcode RemoteError} and the errors of
 * {@linkcode openIncoming}.
 */
export async function prepare(request: PrepareRequest): Promise<Prepared> {
  const { machine } = request;
  if (machine.batch === undefined) {
    throw new RemoteError("the batch system is not known", {
      subject: "neither --batch nor the machine file names it",
      remedy: "add --batch slurm, pbs or cobalt",
    });
  }
  const system = batchSystem(machine.batch);
  const spool = bindable(resolve(request.spool));
  const { exportId, demands } = await jobsOf(request, spool);
  const left = demands.reduce((sum, { jobs }) => sum + jobs, 0);
  const node = await nodeOf(system, machine);
  const proposal = propose(demands, {
    cpus: node?.cpus ?? 1,
    memory: node?.memory,
    gpus: machine.gpus ?? 0,
    maxNodes: machine.maxNodes,
    maxWalltime: machine.maxWalltime,
    jobTime: machine.jobTime ?? assumedJobTime,
  }, request);
  if (proposal.nodes > 1 && machine.interface === undefined) {
    throw new RemoteError("several nodes need a network interface", {
      subject: `${proposal.nodes} nodes`,
      remedy: "name it with --interface, or ask for --nodes 1",
    });
  }
  const script: ScriptRequest = {
    name: allocationName(exportId),
    exportId,
    nodes: proposal.nodes,
    walltime: proposal.walltime,
    machine,
    in: bindable(resolve(request.in)),
    spool,
    results: bindable(
      resolve(request.results ?? join(spool, "lumberjack", "results")),
    ),
    image: imageOf(machine.image),
    margin: request.margin,
  };
  return {
    ...{ exportId, system, request: script, left, proposal, node },
    script: batchScript(system, script),
  };
}

/** What the machine file says about a node, or else the batch system. */
async function nodeOf(
  system: BatchSystem,
  { cpus, memory, queue }: MachineData,
): Promise<NodeSize | undefined> {
  if (cpus !== undefined) return { cpus, memory };
  try {
    const size = await system.nodeSize?.(queue);
    return size && { cpus: size.cpus, memory: memory ?? size.memory };
  } catch (error) {
    // A script may be printed where the batch system is not.
    if (error instanceof RemoteError) return undefined;
    throw error;
  }
}

function imageOf(image: string | undefined): string {
  if (image !== undefined) {
    // A file, or the address of an image such as docker://…
    return /^[a-z-]+:\/\//.test(image) ? image : resolve(image);
  }
  throw new RemoteError("the image is not known", {
    subject: "neither --image nor the machine file names it",
    remedy: "add --image FILE; scripts/image builds one",
  });
}

/** Between the parts of a bind stand colons and commas. */
function bindable(path: string): string {
  if (!/[:,\n]/.test(path)) return path;
  throw new RemoteError("a container cannot see a path of this name", {
    subject: path,
    remedy: "choose a path without colons and commas",
  });
}

async function jobsOf(
  { in: path, machine, progress }: PrepareRequest,
  spool: string,
): Promise<{ exportId: string; demands: Demand[] }> {
  const attribute = machine.jobTimeAttribute;
  const adopted = openSpoolLog(spool);
  if (adopted !== undefined && adopted.jobs > 0) {
    using table = adopted.table;
    const { exportId } = requireExport(spool);
    return { exportId, demands: demandsOf(table, attribute) };
  }
  adopted?.table.close();
  using incoming = await openIncoming(path, progress);
  return {
    exportId: incoming.manifest.exportId,
    demands: demandsOf(incoming.log.table, attribute),
  };
}
