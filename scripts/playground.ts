/**
 * The pools of scripts/pool. A process in the background holds the machine with
 * the pools. Each other call of scripts/pool enters that machine.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { fromFileUrl, join } from "@std/path";
import { cacheFolder } from "../tests/pool/harness/host.ts";
import {
  Machine,
  Pool,
  type Root,
  roots,
  until,
  wordsInside,
} from "../tests/pool/harness/mod.ts";

/** What a call needs to know about the running pools. */
interface State {
  /** The pid of the process that holds the machine, which ends with it. */
  readonly holder: number;
  /** The pid of the machine's first process. */
  readonly machine: number;
  readonly root: Root;
  /** Environments that point at the pool of root and at alice's pool. */
  readonly local: Record<string, string>;
  readonly remote: Record<string, string>;
}

const name = Deno.env.get("LUMBERJACK_POOL") ?? "playground";
const stateFile = join(await cacheFolder(), `${name}.json`);
const logFile = join(await cacheFolder(), `${name}.log`);

function fail(text: string): never {
  console.error(`scripts/pool: ${text}`);
  Deno.exit(1);
}

function alive(pid: number): boolean {
  try {
    const line = Deno.readTextFileSync(`/proc/${pid}/cmdline`);
    return line.includes("playground.ts");
  } catch {
    return false;
  }
}

function readState(): State | undefined {
  try {
    const state: State = JSON.parse(Deno.readTextFileSync(stateFile));
    return alive(state.holder) ? state : undefined;
  } catch {
    return undefined;
  }
}

async function hold(root: Root): Promise<void> {
  await using machine = await Machine.boot({ root, hostname: "submit.test" });
  const local = await Pool.start({ root, machine });
  const remote = await Pool.start({ root, machine, user: "alice", slots: 4 });
  const state: State = {
    holder: Deno.pid,
    machine: machine.pid,
    root,
    local: local.env,
    remote: remote.env,
  };
  await Deno.writeTextFile(stateFile, JSON.stringify(state));
  await new Promise<void>((resolve) => {
    Deno.addSignalListener("SIGTERM", () => resolve());
  });
  await Deno.remove(stateFile);
}

async function up(root: Root): Promise<void> {
  const running = readState();
  if (running) {
    return console.error(`scripts/pool: up already (${running.root})`);
  }
  if (Deno.uid() !== 0) fail("needs root");
  const script = fromFileUrl(import.meta.url);
  // Start the holder in its own session, so that it does not end with this call
  // or the terminal.
  const holder = new Deno.Command("setsid", {
    args: [
      ...["sh", "-c", 'log=$1; shift; exec "$@" >"$log" 2>&1 </dev/null', "-"],
      logFile,
      ...[Deno.execPath(), "run", "--quiet", "--allow-all", script],
      ...["hold", "--root", root],
    ],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  holder.unref();
  let ended = false;
  holder.status.then(() => ended = true);
  await until("the pools are up", () => {
    if (ended) fail(`did not start: see ${logFile}`);
    return Promise.resolve(readState() !== undefined);
  }, 60);
  console.error(
    `scripts/pool: up (${root}); try: scripts/pool run condor_status`,
  );
}

async function down(): Promise<void> {
  const state = readState();
  if (!state) return console.error("scripts/pool: no pool runs");
  Deno.kill(state.holder, "SIGTERM");
  await until(
    "the pools are gone",
    () => Promise.resolve(!alive(state.holder)),
  );
  await Deno.remove(logFile);
}

async function enter(
  command: string[],
  user: string,
  remote: boolean,
): Promise<number> {
  const state = readState() ?? fail("no pool runs: scripts/pool up");
  const [name, ...args] = wordsInside(state.machine, command, {
    user,
    env: {
      TERM: Deno.env.get("TERM") ?? "dumb",
      ...(remote ? state.remote : state.local),
    },
  });
  const { code } = await new Deno.Command(name, {
    args,
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn().status;
  return code;
}

const [verb, ...words] = Deno.args;
const flags = parseArgs(words, {
  string: ["root", "user"],
  boolean: ["remote"],
  default: { root: "trixie", user: "alice" },
  // Flags after the command's name belong to the command.
  stopEarly: true,
});
const root = roots.find((name) => name === flags.root) ??
  fail(`no such root: ${flags.root}: trixie or sid`);
const command: string[] = flags._.map(String);

if (verb === "hold") await hold(root);
else if (verb === "up") await up(root);
else if (verb === "down") await down();
else {
  if (verb === "run" && command.length === 0) fail("run what?");
  const line = verb === "shell" ? ["bash", "-l"] : command;
  Deno.exit(await enter(line, flags.user, flags.remote));
}
