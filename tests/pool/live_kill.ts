/**
 * Runs inside a pool's machine for live_kill_test.ts. It kills the real program
 * at each of its steps. A step is a system call that touches the export's folder
 * or the network. The kill comes just before the call. Then this program
 * recovers and checks the result. It prints the problems as JSON.
 *
 * strace first lists the system calls of a run without a kill. Then it kills at
 * the n-th call of a name. The first thread writes the files one after the
 * other, so the n-th call is the same in every run.
 *
 * Usage: live_kill.ts USER OPERATION[,OPERATION...] [STEPS]
 *
 * With STEPS, it tries at most that many system calls on the network.
 *
 * @module
 */
import { ExportCheck } from "./live_check.ts";
import {
  readManifest,
  updateManifest,
} from "../../lib/lumberjack/export_dir/manifest.ts";

/**
 * The verb that is killed. `finish` is `recover`, and `undo` is `recover --undo`.
 * `held` is `recover` while the job that names the folder is held.
 */
export type Operation =
  | "export"
  | "import"
  | "finish"
  | "held"
  | "undo"
  | "unexport";

/** What was tried, and the problems that it caused. */
export interface KillReport {
  /** The number of kills, by operation and step. */
  readonly killed: Record<string, number>;
  /** The number of exports that `recover` handled, by its action. */
  readonly actions: Record<string, number>;
  readonly problems: string[];
}

/** The n-th system call of this name that the first thread makes. */
interface Step {
  readonly call: string;
  readonly nth: number;
  /** A description that is the same in each run: `rename manifest.json`. */
  readonly label: string;
  readonly network: boolean;
}

const [user, operations, most = "1000"] = Deno.args;
const check = await ExportCheck.open(user);
const killed: Record<string, number> = {};
const traceFile = `${check.folder}.trace`;
// Calls that change something, or that let another process continue. open and
// write are not in the list, because their number differs between runs. A kill
// at fchmod leaves an empty file, and a kill at fsync leaves a complete file.
const calls = [
  ...["fchmod", "fsync", "rename", "linkat", "unlink", "flock"],
  ...["connect", "sendto", "recvfrom"],
];

/**
 * Returns the steps in strace's output. The last step of a killed run is the
 * kill.
 */
function stepsOf(trace: string): Step[] {
  const steps: Step[] = [];
  const counts = new Map<string, number>();
  const first = trace.slice(0, trace.indexOf(" "));
  for (const line of trace.split("\n")) {
    const found = /^(\d+) +(\w+)\((.*)/.exec(line);
    if (!found || found[1] !== first) continue;
    const [, , call, args] = found;
    const nth = (counts.get(call) ?? 0) + 1;
    counts.set(call, nth);
    const network = args.includes("<TCP:[") || args.includes("sin_port");
    if (!network && !args.includes(check.folder)) continue;
    steps.push({ call, nth, network, label: labelOf(call, args, network) });
  }
  return steps;
}

function labelOf(call: string, args: string, network: boolean): string {
  if (network) return `${call} schedd`;
  // If a call has two paths, the second one is its result.
  const paths = [...args.matchAll(/[<"]([^<>"]*)[>"]/g)].map(([, p]) => p)
    .filter((path) => path.startsWith(check.folder));
  const name = (paths.at(-1) ?? "").slice(check.folder.length + 1)
    .replace(/\.[0-9a-f]{8}\.tmp$/, ".tmp")
    .replace(/^\.lumberjack-.*/, "trial");
  return `${call} ${name || "folder"}`;
}

async function trace(args: string[], at?: Step): Promise<Step[]> {
  const inject = at
    ? ["-e", `inject=${at.call}:signal=KILL:when=${at.nth}`]
    : [];
  // --seccomp-bpf cannot be used: with it, strace does not deliver the signal.
  const { signal, stderr } = await new Deno.Command("strace", {
    args: [
      ...["-f", "-qq", "-yy", "-s", "0", "-o", traceFile],
      // With execve, the first line of the output is that of the first thread.
      ...["-e", `trace=execve,${calls.join()}`],
      ...inject,
      "lumberjack",
      ...args,
    ],
    stdout: "null",
    stderr: "piped",
  }).output();
  const said = new TextDecoder().decode(stderr);
  if (!at && said.includes("strace:")) throw new Error(said);
  const steps = stepsOf(Deno.readTextFileSync(traceFile));
  if (at && signal === null) return [];
  return steps;
}

/** Makes an export that was interrupted after it locked its jobs. */
async function exportHalf(): Promise<string> {
  await check.export();
  const { exportId } = readManifest(check.folder)!;
  Deno.removeSync(`${check.folder}/job_queue.log`);
  updateManifest(check.folder, exportId, { state: "planned", sha256: null });
  const mark = await new Deno.Command("condor_qedit", {
    args: [
      ...["-constraint", `LumberjackExportId == "${exportId}"`],
      ...["LumberjackExportPlanned", `"${exportId}"`],
    ],
  }).output();
  if (!mark.success) throw new Error(new TextDecoder().decode(mark.stderr));
  return exportId;
}

const exportArgs = [
  ...["export", "--constraint", `Owner == "${user}"`],
  ...["--out", check.folder, "--remote-spool", "/remote/spool"],
];

/** Prepares an operation, runs and perhaps kills it, and checks the result. */
async function once(
  operation: Operation,
  at?: Step,
  variant = 0,
): Promise<Step[]> {
  const when = `${operation}, killed at ${at?.label} (${at?.nth})`;
  const before = await check.jobs();
  let args = exportArgs;
  let returned = { path: "", time: 0 };
  if (operation === "import") {
    await check.export();
    returned = check.returnedLog();
    args = ["import", "--in", returned.path];
  } else if (operation === "unexport") {
    await check.export();
    const { exportId } = readManifest(check.folder)!;
    args = ["unexport", "--export-id", exportId];
  } else if (operation !== "export") {
    await exportHalf();
    if (operation === "held") await condor("condor_hold", before[0].id);
    args = operation === "undo" ? ["recover", "--undo"] : ["recover"];
  }
  const steps = await trace(args, at);
  if (at) {
    const step = steps.at(-1);
    const key = step
      ? `${operation}: ${step.label}`
      : `${operation} was not killed`;
    killed[key] = (killed[key] ?? 0) + 1;
  }
  await check.answers();
  check.requireWhole(when);
  if (operation === "import") {
    await check.requireAwayOrHome(when, before, returned.time);
    await check.importedAgain(when, returned.path, returned.time);
    const { state } = readManifest(check.folder)!;
    if (state !== "imported") check.wrong(when, `then the manifest: ${state}`);
  } else if (operation === "unexport") {
    await requireTakenBack(when, args);
  } else {
    if (variant === 2) await check.exportedAgain(`${when}, not recovered`);
    await check.recovered(`${when}, recovered ${variant}`, variant === 1);
    await check.exportedAgain(when);
  }
  await check.reset();
  if (operation === "held") await condor("condor_release", before[0].id);
  return steps;
}

async function condor(...command: string[]): Promise<void> {
  const [name, ...args] = command;
  const { success, stderr } = await new Deno.Command(name, { args }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/**
 * Checks after an interrupted `unexport`. Some jobs may be unlocked, if the
 * manifest says so. Then `recover` or another `unexport` unlocks the other jobs.
 */
async function requireTakenBack(when: string, args: string[]): Promise<void> {
  const begun = readManifest(check.folder)!.state === "unexported";
  const some = (await check.locked()).length < (await check.jobs()).length;
  if (some && !begun) {
    check.wrong(when, "jobs are unlocked, but the manifest does not say so");
  }
  if (begun) await check.recover(false);
  else await trace(args);
  const locked = await check.locked();
  if (locked.length > 0) check.wrong(when, `still locked: ${locked.join()}`);
  const { state } = readManifest(check.folder)!;
  if (state !== "unexported") check.wrong(when, `then the manifest: ${state}`);
}

/**
 * Chooses all steps on files, some on the network, and always the last sendto:
 * it ends a connection when everything is committed but not yet reported.
 */
function chosen(steps: readonly Step[]): Step[] {
  const network = steps.filter((step) => step.network);
  const every = Math.max(1, Math.ceil(network.length / Number(most)));
  const last = network.findLast(({ call }) => call === "sendto");
  return steps.filter((step) =>
    !step.network || step === last ||
    network.indexOf(step) % every === every - 1
  );
}

async function main(): Promise<void> {
  for (const operation of operations.split(",") as Operation[]) {
    const steps = await once(operation);
    for (const [index, step] of chosen(steps).entries()) {
      const variants = most === "1000" ? [0, 1, 2] : [index % 3];
      for (const variant of variants) await once(operation, step, variant);
    }
  }
  const { actions, problems } = check;
  const report: KillReport = { killed, actions, problems };
  console.log(JSON.stringify(report));
}

if (import.meta.main) {
  await main();
  Deno.exit(0);
}
