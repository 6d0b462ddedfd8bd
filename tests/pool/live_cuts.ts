/**
 * Runs inside a pool's machine for live_cuts_test.ts. It exports and imports
 * through a proxy. At a given frame, the proxy closes the connection, makes the
 * schedd unreachable, or kills the schedd. Then this program recovers and checks
 * the result. It prints the problems as JSON.
 *
 * Usage: live_cuts.ts cut|schedd USER [STRIKES]
 *
 * @module
 */
import { ExportCheck } from "./live_check.ts";
import { type Blow, Proxy } from "./live_cuts_proxy.ts";

/** What was tried, and the problems that it caused. */
export interface CutReport {
  /** The number of frames of an export and an import without interruption. */
  readonly exportFrames: number;
  readonly importFrames: number;
  /** How often an operation was interrupted. */
  readonly blows: number;
  /** The number of exports that `recover` handled, by its action. */
  readonly actions: Record<string, number>;
  readonly problems: string[];
}

const [mode, user, strikes] = Deno.args;
const check = await ExportCheck.open(user);
const port = Number(/^<[\d.]+:(\d+)/.exec(check.location.address)![1]);
const proxy = new Proxy({ hostname: "127.0.0.1", port });
let blows = 0;

/**
 * Returns the proxy's address for the schedd. An address has the port twice.
 */
function proxied(): string {
  return check.location.address.replace(
    new RegExp(`([:-])${port}\\b`, "g"),
    `$1${proxy.port}`,
  );
}

/** Kills the schedd. The master starts another. */
function killSchedd(): void {
  new Deno.Command("pkill", { args: ["-KILL", "-x", "condor_schedd"] })
    .outputSync();
}

/**
 * Runs an operation through the proxy, which strikes at a frame. Returns if it
 * failed.
 */
async function struck(
  at: number,
  kind: Blow,
  operation: (address: string) => Promise<unknown>,
): Promise<boolean> {
  await check.answers();
  const address = proxied();
  proxy.arm(at, kind, killSchedd);
  const failed = await operation(address).then(() => false, () => true);
  blows++;
  if (failed && at === Infinity) {
    check.wrong("without interruption", "it fails");
  }
  return failed;
}

async function exportOnce(
  at: number,
  kind: Blow,
  undo: boolean,
): Promise<void> {
  const when = `export, ${kind} at ${at}`;
  const failed = await struck(at, kind, (address) => check.export(address));
  // If the connection is closed after the last answer, the export succeeds.
  if (failed && kind === "cut") {
    await check.requireConsistent(`${when}, undone`);
  }
  await check.recovered(`${when}, recovered`, undo);
  await check.exportedAgain(when);
  await check.reset();
}

async function importOnce(at: number, kind: Blow): Promise<void> {
  const when = `import, ${kind} at ${at}`;
  await check.answers();
  const before = await check.jobs();
  await check.export();
  const { path, time } = check.returnedLog();
  await struck(at, kind, (address) => check.import(path, address));
  await check.answers();
  await check.requireAwayOrHome(when, before, time);
  await check.importedAgain(when, path, time);
  await check.reset();
}

type Operation = (at: number, kind: Blow, undo: boolean) => Promise<void>;

/**
 * Runs an operation many times and strikes at many frames. Returns its frame
 * count.
 */
async function strike(operation: Operation): Promise<number> {
  await operation(Infinity, "cut", true);
  const frames = proxy.frames;
  const schedd = mode === "schedd";
  const step = schedd && strikes ? Math.ceil(frames / Number(strikes)) : 1;
  for (let at = 1; at <= frames; at++) {
    // The commit is among the last frames. So strike at each of them, and
    // recover both with and without --undo.
    const last = at > frames - 4;
    if (!last && at % step !== 0) continue;
    const kind = schedd ? "schedd" : last || at % 3 === 0 ? "down" : "cut";
    await operation(at, kind, at % 2 === 0);
    if (last && !schedd && operation === exportOnce) {
      await operation(at, kind, at % 2 !== 0);
    }
  }
  return frames;
}

async function main(): Promise<void> {
  const exportFrames = await strike(exportOnce);
  const importFrames = await strike(importOnce);
  const report: CutReport = {
    exportFrames,
    importFrames,
    blows,
    actions: check.actions,
    problems: check.problems,
  };
  console.log(JSON.stringify(report));
  proxy.close();
}

if (import.meta.main) {
  await main();
  Deno.exit(0);
}
