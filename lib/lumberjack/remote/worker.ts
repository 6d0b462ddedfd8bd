/**
 * The HTCondor of another node of a run: slots for the jobs of the head.
 *
 * Head and workers meet through the spool, on the file system that the nodes
 * share. A worker waits for the note of a head that lives, and ends when that
 * head ends, in whatever way.
 *
 * @module
 */
import { join, resolve } from "@std/path";
import { pause } from "../pause.ts";
import { allocationOf } from "./allocation.ts";
import { Daemons } from "./daemons.ts";
import { RemoteError } from "./error.ts";
import { daemonsEnded } from "./head.ts";
import { batchJob, type HeadNote, Pulse, readHeadNote } from "./head_note.ts";
import {
  addressOf,
  addressTowards,
  freePort,
  listens,
  loopback,
} from "./interface.ts";
import { vacateSeconds } from "./pool_config.ts";
import {
  type MachineRequest,
  poolFolder,
  type PreparedPool,
  preparePool,
} from "./prepared_pool.ts";
import { findRelease } from "./release.ts";
import { batchLimits } from "./time_left.ts";

/** What a worker needs to know. */
export interface WorkerRequest extends MachineRequest {
  /** The spool of the head. */
  readonly spool: string;
  /** The network interface to use; undefined for the one that leads to the head. */
  readonly interface?: string;
  /** How long to wait for a head, in seconds. */
  readonly wait: number;
  /** Ends the worker early. */
  readonly signal?: AbortSignal;
  /** Called with a short progress message. */
  readonly progress?: (text: string) => void;
}

/** Why a worker ended: the run is over, or it was told to. */
export type WorkerEnd = "run" | "signal";

/** After this many seconds without a sign of life a head is dead for sure. */
const longestSilence = 60;
/** After this many seconds it is dead if nothing listens at its port. */
const silenceOfTheDead = 10;

/**
 * Waits for a head, and works for it until it ends. Throws
 * {@linkcode RemoteError} if no head comes, or if the head dies.
 */
export async function work(request: WorkerRequest): Promise<WorkerEnd> {
  const { signal } = request;
  const spool = resolve(request.spool);
  const release = findRelease();
  if (request.interface !== undefined) addressOf(request.interface);
  request.progress?.("waiting for the head of the run");
  const found = await awaitHead(spool, request);
  if (typeof found === "string") return found;
  if (found.note.host === loopback) throw noInterface(spool);
  using pool = await prepareWorker(request, found.note, { spool, release });
  await using daemons = Daemons.start(release, pool.config);
  request.progress?.(`working for ${found.note.host}`);
  const watch = { spool, pulse: found.pulse, daemons, signal };
  const { end, phase } = await watchHead(found.note, watch);
  const { margin } = found.note;
  // If the head is gone, nobody takes what the jobs leave.
  const isGone = end === "dead" || phase === "ended";
  await daemons.stop(isGone ? 0 : 2 * vacateSeconds(margin));
  if (end === "daemons") throw daemonsEnded(pool.folder);
  if (end === "dead") throw headDied(found.note, found.pulse);
  return end;
}

/** Waits until the note of a head changes before our eyes. */
async function awaitHead(
  spool: string,
  { wait, signal }: WorkerRequest,
): Promise<{ note: HeadNote; pulse: Pulse } | WorkerEnd> {
  const pulse = new Pulse();
  const late = performance.now() + wait * 1000;
  const mine = batchJob();
  while (!signal?.aborted) {
    const note = readNote(spool);
    pulse.take(note);
    if (note && pulse.changes > 0 && note.phase === "running") {
      return { note, pulse };
    }
    // The run of this batch job was over before this worker began.
    if (note?.phase === "ended" && mine !== null && note.batchJob === mine) {
      return "run";
    }
    if (performance.now() > late) throw noHead(spool, wait);
    await pause(500, signal);
  }
  return "signal";
}

function readNote(spool: string): HeadNote | undefined {
  try {
    return readHeadNote(spool);
  } catch (cause) {
    throw new RemoteError("cannot read the note of the head", {
      cause,
      subject: spool,
      remedy: "start the workers as the same user as remote run",
    });
  }
}

async function prepareWorker(
  request: WorkerRequest,
  note: HeadNote,
  { spool, release }: {
    spool: string;
    release: ReturnType<typeof findRelease>;
  },
): Promise<PreparedPool> {
  const { host, port, user, plugins, margin } = note;
  const towards = await addressTowards(host, port);
  const address = request.interface === undefined
    ? towards
    : addressOf(request.interface);
  // Not the process id: in containers two workers of one host may share it.
  const worker = `${Deno.hostname().split(".")[0]}-${
    crypto.randomUUID().slice(0, 8)
  }`;
  const pool = poolFolder(spool);
  // The head's clock may differ from ours.
  const ahead = Date.now() / 1000 - note.now;
  const { lastStart, end, jobTime } = note;
  return preparePool(request, {
    ...{ spool, pool, release, user, plugins, margin },
    folder: join(pool, "workers", worker),
    network: {
      ...{ address, port: freePort(address), worker },
      collector: `${host}:${port}`,
    },
    allocation: allocationOf({
      env: Deno.env,
      root: "/",
      cores: navigator.hardwareConcurrency,
      memory: (await batchLimits()).memory,
    }),
    time: lastStart === null || end === null ? undefined : {
      lastStart: Math.floor(lastStart + ahead),
      end: Math.floor(end + ahead),
      attribute: jobTime ?? undefined,
    },
  });
}

/** Returns when there is nothing more to do here. */
async function watchHead(
  { run, host, port }: HeadNote,
  { spool, pulse, daemons, signal }: {
    readonly spool: string;
    readonly pulse: Pulse;
    readonly daemons: Daemons;
    readonly signal: AbortSignal | undefined;
  },
): Promise<{ end: WorkerEnd | "daemons" | "dead"; phase?: HeadNote["phase"] }> {
  for (;;) {
    await pause(500, signal);
    if (signal?.aborted) return { end: "signal" };
    if (daemons.hasEnded) return { end: "daemons" };
    const note = readNote(spool);
    // Another head has taken over: ours is dead.
    if (note && note.run !== run) return { end: "dead" };
    pulse.take(note);
    if (note && note.phase !== "running") {
      return { end: "run", phase: note.phase };
    }
    const { silence } = pulse;
    if (silence > longestSilence) return { end: "dead" };
    if (silence > silenceOfTheDead && !await listens(host, port)) {
      return { end: "dead" };
    }
  }
}

function noHead(spool: string, wait: number): RemoteError {
  return new RemoteError("no head of a run has come", {
    subject: `${spool} (waited ${wait} s)`,
    remedy: "start lumberjack remote run on this spool, with --interface",
  });
}

function noInterface(spool: string): RemoteError {
  return new RemoteError(
    "the head of the run can be reached on its own node only",
    {
      subject: spool,
      remedy: "start remote run with --interface",
    },
  );
}

function headDied({ host }: HeadNote, { silence }: Pulse): RemoteError {
  return new RemoteError("the head of the run died", {
    subject: `${host} (silent for ${Math.round(silence)} s)`,
    remedy:
      "its jobs here were stopped; repeat remote run on the spool, and it goes on",
  });
}
