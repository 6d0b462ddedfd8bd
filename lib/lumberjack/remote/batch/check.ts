/**
 * Tries a machine before real jobs are sent: the batch system, the binds, the
 * interface, the image, and one trivial job in it.
 *
 * @module
 */
import { dirname, join, resolve } from "@std/path";
import { LumberjackError } from "../../error.ts";
import { openReturnedLog } from "../../export_dir/returned_log.ts";
import { RemoteError } from "../error.ts";
import { addressOf } from "../interface.ts";
import { countJobs } from "../job_states.ts";
import type { BatchSystem } from "./batch_system.ts";
import type { MachineData } from "./machine_data.ts";
import { prepare, type Prepared } from "./prepare.ts";
import { batchScript } from "./script.ts";
import { follow, submit } from "./submit.ts";
import { writeTrialExport } from "./trial_export.ts";

/** What to check. */
export interface CheckRequest {
  /** The folder that will be the spool; it need not exist. */
  readonly spool: string;
  /** What is known about the machine. */
  readonly machine: MachineData;
  /** Whether the job runs in an allocation, and not on this node. */
  readonly submit: boolean;
  /** Nodes of the allocation. */
  readonly nodes?: number;
  /** How long the allocation is, in seconds. */
  readonly walltime?: number;
  /** Called with each answer. */
  readonly tell: (finding: Finding) => void;
  /** Called with a short progress message. */
  readonly progress?: (text: string) => void;
}

/** One answer. */
export interface Finding {
  /** What was tried. */
  readonly what: string;
  /** Whether it works. */
  readonly ok: boolean;
  /** What was found, in one line. */
  readonly message: string;
}

/** Seconds that the trial may take. */
const trialTime = 600;

/** Checks all. Returns the findings; each is also told when it is known. */
export async function check(request: CheckRequest): Promise<Finding[]> {
  const { machine } = request;
  const findings: Finding[] = [];
  const attempt = async (
    what: string,
    work: () => Promise<string> | string,
  ): Promise<boolean> => {
    let finding: Finding;
    try {
      finding = { what, ok: true, message: await work() };
    } catch (error) {
      if (!(error instanceof LumberjackError)) throw error;
      const { message, subject, remedy } = error;
      const text = [message, subject, remedy].filter((part) => part).join(": ");
      finding = { what, ok: false, message: text };
    }
    findings.push(finding);
    request.tell(finding);
    return finding.ok;
  };
  const folder = trialFolder(request.spool);
  try {
    const paths = {
      in: join(folder, "export"),
      spool: join(folder, "spool"),
      results: join(folder, "results"),
    };
    Deno.mkdirSync(paths.in, { recursive: true });
    writeTrialExport(paths.in, paths.spool);
    const prepared = await prepare({
      ...{ ...paths, machine, nodes: request.nodes ?? 1 },
      walltime: request.walltime ?? trialTime,
    });
    const asks = () => askBatch(prepared.system, prepared.request.name);
    await attempt("batch system", asks);
    for (const bind of machine.binds) {
      await attempt("bind", () => requireBind(bind));
    }
    const { interface: network } = machine;
    if (network !== undefined && !request.submit) {
      await attempt("interface", () => `${network} is ${addressOf(network)}`);
    }
    request.progress?.("running a job in the container");
    await attempt(
      request.submit ? "job in an allocation" : "job on this node",
      () => request.submit ? runThere(prepared) : runHere(prepared, folder),
    );
  } finally {
    if (findings.every(({ ok }) => ok)) {
      Deno.removeSync(folder, { recursive: true });
    }
  }
  return findings;
}

function trialFolder(spool: string): string {
  const parent = join(resolve(spool), "lumberjack");
  try {
    Deno.mkdirSync(parent, { recursive: true });
    return Deno.makeTempDirSync({ dir: parent, prefix: "check-" });
  } catch (cause) {
    throw new RemoteError("cannot write to the spool", {
      cause,
      subject: `${parent} (${cause instanceof Error ? cause.message : cause})`,
      remedy: "name a folder that you may write to with --spool",
    });
  }
}

async function askBatch(system: BatchSystem, name: string): Promise<string> {
  await system.ask(name);
  return `${system.title} answers`;
}

/** A bind is `SOURCE`, or `SOURCE:PLACE`, or `SOURCE:PLACE:OPTIONS`. */
function requireBind(bind: string): string {
  const [source] = bind.split(":");
  try {
    Deno.statSync(source);
    return `${source} is here`;
  } catch (cause) {
    throw new RemoteError("a bind is not on this machine", {
      cause,
      subject: bind,
      remedy: "correct the bind; a container does not start without it",
    });
  }
}

/** A stand-in for a batch system: this node is the allocation. */
function thisNode(system: BatchSystem): BatchSystem {
  return {
    ...system,
    ...{ id: "check", rank: "0", launcher: "env", timeLeft: ["left="] },
    directives: () => [],
  };
}

async function runHere(
  { system, request }: Prepared,
  folder: string,
): Promise<string> {
  const path = join(folder, "check.sh");
  const machine = { ...request.machine, launcher: undefined };
  const text = batchScript(thisNode(system), { ...request, machine });
  Deno.writeTextFileSync(path, text, { mode: 0o755 });
  const { stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", 'exec bash -l "$1" </dev/null', "sh", path],
  }).output();
  const said = [stderr, stdout].map((bytes) => new TextDecoder().decode(bytes));
  return requireCompleted(request.spool, () => said.join("").trim());
}

async function runThere(prepared: Prepared): Promise<string> {
  const { system, request } = prepared;
  const { id, reason } = await submit(prepared, 1);
  if (id === undefined) {
    throw new RemoteError("no allocation was submitted", {
      subject: reason,
      remedy: "correct the machine file or the flags",
    });
  }
  await follow(system, request.name, { tell: () => {}, seconds: 3 });
  return requireCompleted(
    request.spool,
    () => `see what the batch system wrote for ${id}`,
  );
}

/** The job's own result decides. `said` is what there is to read if it failed. */
function requireCompleted(spool: string, said: () => string): string {
  let ended = false;
  try {
    const log = openReturnedLog(spool);
    using _ = log.table;
    ended = countJobs(log.table).completed === 1;
  } catch (error) {
    if (!(error instanceof LumberjackError)) throw error;
  }
  if (ended) return "the job ran in the container";
  const lines = said().split("\n").filter((line) => !/^INFO:/.test(line));
  throw new RemoteError("the trial job did not run", {
    subject: lines.slice(-3).join(" | ").slice(0, 500),
    remedy: `everything is in ${dirname(spool)}`,
  });
}
