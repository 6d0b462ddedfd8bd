/**
 * Runs inside a pool's machine for live_kill_test.ts: kills the real program at
 * each of its steps, that is when it is about to make a system call that
 * touches the export's folder or the network; then recovers and looks at what
 * is left. Prints what was wrong as JSON.
 *
 * strace first lists the system calls of a run that nothing disturbs, then
 * kills at the n-th of a name. The files are written by the first thread, one
 * after the other, so n means the same in every run.
 *
 * Usage: live_kill.ts USER OPERATION[,OPERATION...] [STEPS]
 *
 * With STEPS, of the network's system calls no more than that are tried.
 *
 * @module
 */
import { ExportCheck } from "./live_check.ts";
import {
  readManifest,
  updateManifest,
} from "../../lib/lumberjack/export_dir/manifest.ts";

/**
 * What is killed: a verb, on an export that is ready for it. `held`: `recover`,
 * the job that names the folder being held.
 */
export type Operation =
  | "export"
  | "import"
  | "finish"
  | "held"
  | "undo"
  | "unexport";

/** What was tried and what was wrong with what it left. */
export interface KillReport {
  /** At which steps of which operation it was killed, how often. */
  readonly killed: Record<string, number>;
  /** What `recover` did, counted. */
  readonly actions: Record<string, number>;
  readonly problems: string[];
}

/** The n-th system call of this name that the first thread makes. */
interface Step {
  readonly call: string;
  readonly nth: number;
  /** What it is for, the same in each run: `rename manifest.json`. */
  readonly label: string;
  readonly network: boolean;
}

const [user, operations, most = "1000"] = Deno.args;
const check = await ExportCheck.open(user);
const killed: Record<string, number> = {};
const traceFile = `${check.folder}.trace`;
// What changes something, or lets another process go on. Files are opened and
// written for other reasons too, a different number of times in each run: a
// kill at fchmod finds a file that is empty, one at fsync a file that is whole.
const calls = [
  ...["fchmod", "fsync", "rename", "linkat", "unlink", "flock"],
  ...["connect", "sendto", "recvfrom"],
];

/** The steps in strace's output; a killed run ends with the one it died at. */
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
  // Of two names the last is what the call is for.
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
  // Not with --seccomp-bpf: signals of its stops are not delivered.
  const { signal, stderr } = await new Deno.Command("strace", {
    args: [
      ...["-f", "-qq", "-yy", "-s", "0", "-o", traceFile],
      // The first line is the first thread's, which starts the program.
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

/** An export that was interrupted after its locks. */
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

/** Makes ready, runs the verb, which may be killed, and looks. */
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
    const key = step ? `${operation}: ${step.label}` : `${operation} outlived`;
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
 * An export that is being taken back runs nowhere, says its user: some jobs
 * may be unlocked. `recover`, or the same again, unlocks the others.
 */
async function requireTakenBack(when: string, args: string[]): Promise<void> {
  const begun = readManifest(check.folder)!.state === "unexported";
  const some = (await check.locked()).length < (await check.jobs()).length;
  if (some && !begun) check.wrong(when, "jobs are back, and nothing says so");
  if (begun) await check.recover(false);
  else await trace(args);
  const locked = await check.locked();
  if (locked.length > 0) check.wrong(when, `still locked: ${locked.join()}`);
  const { state } = readManifest(check.folder)!;
  if (state !== "unexported") check.wrong(when, `then the manifest: ${state}`);
}

/**
 * Of the system calls on the network some, all others. The last that is sent
 * ends a connection: everything is committed then, and nothing said of it.
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
