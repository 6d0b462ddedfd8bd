/**
 * Runs inside a pool's machine for live_cuts_test.ts: exports and imports
 * through a proxy that cuts the connection, takes the schedd away, or kills
 * Lumberjack at a frame; then recovers and looks at what is left. Prints what
 * was wrong as JSON.
 *
 * @module
 */
import { QueueTable } from "../../lib/queue_log/mod.ts";
import {
  loadConfig,
  readAddressFile,
  Schedd,
  securityOf,
} from "../../lib/condor/mod.ts";
import { exportJobs } from "../../lib/lumberjack/export.ts";
import { importJobs } from "../../lib/lumberjack/import.ts";
import { recover } from "../../lib/lumberjack/recover.ts";
import { readableLog } from "../../lib/lumberjack/schedd_open.ts";
import { ScheddJobQueue } from "../../lib/lumberjack/schedd_job_queue.ts";
import { Selection } from "../../lib/lumberjack/selection.ts";
import { unexportJobs } from "../../lib/lumberjack/unexport.ts";

/** What happens at the frame: one connection ends, all do, or the program. */
export type Blow = "cut" | "down" | "kill";

/** What was tried and what was wrong with what it left. */
export interface CutReport {
  /** How many frames an export and an import take when nothing happens. */
  readonly exportFrames: number;
  readonly importFrames: number;
  /** How often an operation was interrupted. */
  readonly blows: number;
  /** What `recover` did, counted. */
  readonly actions: Record<string, number>;
  readonly problems: string[];
}

/** Counts the CEDAR frames of a stream: 5 bytes of header tell the length. */
class FrameCounter {
  #missing = 0;
  #header: number[] = [];

  /** How many frames end in these bytes. */
  push(bytes: Uint8Array): number {
    let ended = 0;
    for (let at = 0; at < bytes.length;) {
      if (this.#missing > 0) {
        const taken = Math.min(this.#missing, bytes.length - at);
        this.#missing -= taken;
        at += taken;
        if (this.#missing === 0) ended++;
        continue;
      }
      this.#header.push(bytes[at++]);
      if (this.#header.length < 5) continue;
      const [, a, b, c, d] = this.#header;
      this.#missing = ((a * 256 + b) * 256 + c) * 256 + d;
      this.#header = [];
    }
    return ended;
  }
}

/** Stands between Lumberjack and the schedd. */
class Proxy {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #open = new Set<Deno.TcpConn>();
  readonly #target: { hostname: string; port: number };
  readonly port = this.#listener.addr.port;
  frames = 0;
  #at = Infinity;
  #blow: () => void = () => {};
  #refuses = false;

  constructor(target: { hostname: string; port: number }) {
    this.#target = target;
    this.#accept();
  }

  /** From now on: count anew, and strike at this frame. */
  arm(at: number, kind: Blow, kill: () => void = () => {}): void {
    this.frames = 0;
    this.#at = at;
    this.#refuses = false;
    this.#blow = () => {
      if (kind === "kill") kill();
      if (kind === "down") this.#refuses = true;
      for (const connection of this.#open) close(connection);
      this.#open.clear();
    };
  }

  close(): void {
    this.#listener.close();
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) {
      if (this.#refuses) {
        close(client);
        continue;
      }
      const server = await Deno.connect(this.#target);
      this.#open.add(client).add(server);
      this.#pump(client, server);
      this.#pump(server, client);
    }
  }

  async #pump(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
    const counter = new FrameCounter();
    const buffer = new Uint8Array(16 * 1024);
    try {
      for (;;) {
        const count = await from.read(buffer);
        if (count === null) break;
        const before = this.frames;
        this.frames += counter.push(buffer.subarray(0, count));
        if (before < this.#at && this.frames >= this.#at) return this.#blow();
        for (let sent = 0; sent < count;) {
          sent += await to.write(buffer.subarray(sent, count));
        }
      }
    } catch {
      // The other direction has ended.
    }
    close(from);
    close(to);
    this.#open.delete(from);
    this.#open.delete(to);
  }
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // Closed already.
  }
}

const config = await loadConfig();
const location = readAddressFile(config)!;
const [, hostname, port] = /^<([\d.]+):(\d+)/.exec(location.address)!;
const proxy = new Proxy({ hostname, port: Number(port) });
// The port stands in the primary address and in addrs.
const proxied = location.address.replace(
  new RegExp(`([:-])${port}\\b`, "g"),
  `$1${proxy.port}`,
);
const [mode, user] = Deno.args;
const folder = Deno.makeTempDirSync();
const selection = new Selection({ constraint: `Owner == "${user}"` });
const problems: string[] = [];
const actions: Record<string, number> = {};
let blows = 0;

function queueAt(address: string): ScheddJobQueue {
  const schedd = new Schedd({ ...location, address }, securityOf(config));
  return new ScheddJobQueue(schedd, readableLog(config.get("JOB_QUEUE_LOG")));
}

async function withQueue<T>(
  address: string,
  work: (queue: ScheddJobQueue) => Promise<T>,
): Promise<T> {
  const queue = queueAt(address);
  try {
    return await work(queue);
  } finally {
    await queue.close();
  }
}

const request = { selection, out: folder, remoteSpool: "/remote/spool" };

interface Job {
  readonly id: string;
  readonly locked: boolean;
  readonly time: number | undefined;
}

async function jobs(): Promise<Job[]> {
  const schedd = new Schedd(location, securityOf(config));
  const found: Job[] = [];
  for await (
    const ad of schedd.queryJobs({
      constraint: `Owner == "${user}"`,
      projection: ["ClusterId", "ProcId", "Managed", "CommittedTime"],
    })
  ) {
    found.push({
      id: `${ad.integer("ClusterId")}.${ad.integer("ProcId")}`,
      locked: ad.string("Managed") === "External",
      time: ad.integer("CommittedTime"),
    });
  }
  return found;
}

function exported(): string[] | undefined {
  try {
    using table = QueueTable.open(`${folder}/job_queue.log`);
    return [...table.procs()].map((ad) => `${ad.cluster}.${ad.proc}`).sort();
  } catch {
    return undefined;
  }
}

/** A job is locked if and only if it is in an export. */
async function requireConsistent(when: string): Promise<void> {
  const locked = (await jobs()).filter((j) => j.locked).map((j) => j.id).sort();
  const away = exported() ?? [];
  if (locked.join() !== away.join()) {
    problems.push(`${when}: locked ${locked.join()}, exported ${away.join()}`);
  }
}

async function reset(): Promise<void> {
  await withQueue(location.address, async (queue) => {
    await unexportJobs(queue, { selection });
  });
  for (const entry of Deno.readDirSync(folder)) {
    Deno.removeSync(`${folder}/${entry.name}`);
  }
}

async function recovered(when: string, undo: boolean): Promise<void> {
  // As the verb does when it opens the queue: the schedd answers once it is
  // through with the connection before, a commit in flight included.
  await new Schedd(location, securityOf(config)).hello("WRITE");
  await withQueue(location.address, async (queue) => {
    for (const { action } of await recover(queue, { undo })) {
      actions[action] = (actions[action] ?? 0) + 1;
    }
  });
  await requireConsistent(when);
}

/** Runs the real program, which dies at the frame. */
async function killed(args: string[], at: number): Promise<boolean> {
  const file = `${folder}/../address-${Deno.pid}`;
  Deno.writeTextFileSync(file, `${proxied}\n`);
  const child = new Deno.Command("lumberjack", {
    args,
    env: { _CONDOR_SCHEDD_ADDRESS_FILE: file },
    stdout: "null",
    stderr: "null",
  }).spawn();
  proxy.arm(at, "kill", () => child.kill("SIGKILL"));
  const { signal } = await child.status;
  return signal !== null;
}

async function exportOnce(
  at: number,
  kind: Blow,
  undo: boolean,
): Promise<void> {
  const when = `export, ${kind} at ${at}`;
  if (kind === "kill") {
    const dead = await killed([
      "export",
      ...["--constraint", `Owner == "${user}"`],
      ...["--out", folder, "--remote-spool", "/remote/spool"],
    ], at);
    // A run may need a frame fewer than the one that was counted.
    const struck = at !== Infinity && proxy.frames >= at;
    if (struck && !dead) problems.push(`${when}: outlived it`);
  } else {
    proxy.arm(at, kind);
    const failed = await withQueue(
      proxied,
      (queue) => exportJobs(queue, request).then(() => false, () => true),
    );
    // A connection cut behind the last answer goes unnoticed.
    if (failed && kind === "cut") await requireConsistent(`${when}, undone`);
    if (failed && at === Infinity) problems.push("fails undisturbed");
  }
  blows++;
  await recovered(`${when}, recovered`, undo);
  await reset();
}

let rounds = 0;

/** Everything comes back idle, with another CommittedTime each time. */
function returnedLog(time: number): string {
  const path = `${folder}/returned.log`;
  const log = Deno.readTextFileSync(`${folder}/job_queue.log`);
  Deno.writeTextFileSync(
    path,
    log.replace(/^103 [1-9]\d*\.\d+ CommittedTime .*\n/gm, "")
      .replace(
        /^(103 [1-9]\d*\.\d+) ProcId .*$/gm,
        `$&\n$1 CommittedTime ${time}`,
      ),
  );
  return path;
}

async function importOnce(at: number, kind: Blow): Promise<void> {
  const when = `import, ${kind} at ${at}`;
  const before = await jobs();
  await withQueue(location.address, (queue) => exportJobs(queue, request));
  const newTime = 5000 + rounds++;
  const path = returnedLog(newTime);
  if (kind === "kill") await killed(["import", "--in", path], at);
  else {
    proxy.arm(at, kind);
    await withQueue(
      proxied,
      (queue) => importJobs(queue, { in: path }).catch(() => {}),
    );
  }
  blows++;
  for (const { id, locked, time } of await jobs()) {
    const old = before.find((job) => job.id === id)!.time;
    if (time !== (locked ? old : newTime)) {
      problems.push(`${when}: ${id} locked ${locked}, CommittedTime ${time}`);
    }
  }
  const again = () =>
    withQueue(location.address, (queue) => importJobs(queue, { in: path }));
  await again();
  for (const { id, locked, time } of await jobs()) {
    if (locked || time !== newTime) problems.push(`${when}: ${id} not home`);
  }
  if ((await again()).merged !== 0) problems.push(`${when}: merged twice`);
  await reset();
}

type Operation = (at: number, kind: Blow, undo: boolean) => Promise<void>;

/** Strikes at many frames; answers with how many there are. */
async function strike(operation: Operation): Promise<number> {
  const kill = mode === "kill";
  await operation(Infinity, kill ? "kill" : "cut", true);
  const frames = proxy.frames;
  const step = kill ? Math.ceil(frames / 6) : 1;
  for (let at = 1; at <= frames; at++) {
    // The commit is among the last frames: each of them, and both ways on.
    const last = at > frames - 4;
    if (!last && at % step !== 0) continue;
    const kind = kill ? "kill" : last || at % 3 === 0 ? "down" : "cut";
    await operation(at, kind, at % 2 === 0);
    if (last && operation === exportOnce) {
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
    actions,
    problems,
  };
  console.log(JSON.stringify(report));
  proxy.close();
}

if (import.meta.main) {
  await main();
  Deno.exit(0);
}
