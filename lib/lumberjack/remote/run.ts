/**
 * Runs the jobs of an export within an allocation: adopts the export, starts
 * HTCondor on it, ends when every job has ended or the time is up, and packs the
 * results.
 *
 * @module
 */
import { userInfo } from "node:os";
import { join } from "@std/path";
import { syncFolder, writeTextDurably } from "../../queue_log/mod.ts";
import { openReturnedLog } from "../export_dir/returned_log.ts";
import { compressionOf } from "../files/tree/compression.ts";
import { stringOf } from "../job/attribute_values.ts";
import { type Adoption, adoptLocked } from "./adopt.ts";
import { Daemons } from "./daemons.ts";
import { batchEnd, type Deadline, deadlineOf } from "./deadline.ts";
import { endLeases } from "./end_leases.ts";
import { RemoteError } from "./error.ts";
import { countJobs, type JobCounts } from "./job_states.ts";
import { awaitMismatches, type Mismatch } from "./mismatch.ts";
import { pack, type Packed } from "./pack.ts";
import { poolConfig, type Release, vacateSeconds } from "./pool_config.ts";
import { findRelease } from "./release.ts";
import { lockSpool, requireNoSchedd } from "./spool.ts";
import { JobWatch } from "./watch.ts";

/** What to run. */
export interface RunRequest {
  /** The export: its folder, or a bundle. */
  readonly in: string;
  /** The spool; made if it is missing. */
  readonly spool: string;
  /** The bundle for the results; undefined if somebody packs later. */
  readonly out?: string;
  /** How long the run may take, in seconds. */
  readonly walltime?: number;
  /** The last part of the time, in which no job is started; in seconds. */
  readonly margin?: number;
  /** Cores for jobs; undefined for those that this process may use. */
  readonly cpus?: number;
  /** Memory for jobs in MB; undefined for what HTCondor finds. */
  readonly memory?: number;
  /** Where jobs run; undefined for a folder in the spool. */
  readonly execute?: string;
  /** Attributes of the machine. */
  readonly attributes?: readonly { readonly name: string; value: string }[];
  /** Ends the run early, as if the time was up. */
  readonly signal?: AbortSignal;
  /** Called with a short progress message. */
  readonly progress?: (text: string) => void;
  /** Called with what the user should know. */
  readonly note?: (text: string) => void;
}

/** Why a run ended. */
export type RunEnd = "settled" | "no slot" | "time" | "signal" | "daemons";

/** What a run did. */
export interface RunResult {
  /** The export. */
  readonly adoption: Adoption;
  /** Why it ended. */
  readonly end: RunEnd;
  /** The jobs by state, at the end. */
  readonly counts: JobCounts;
  /** Jobs that no slot of this machine can take. */
  readonly mismatches: readonly Mismatch[];
  /** The bundle; undefined if there is none. */
  readonly packed: Packed | undefined;
}

/**
 * Runs the jobs of an export. Throws {@linkcode RemoteError} if HTCondor is
 * missing, does not start, or stops by itself, and the errors of adopting and
 * packing. After an error the jobs' state is still in the spool.
 */
export async function run(request: RunRequest): Promise<RunResult> {
  const { progress = () => {}, note = () => {} } = request;
  const deadline = deadlineOf(
    { ...request, batchEnd: batchEnd() },
    Date.now() / 1000,
  );
  requireFreeOut(request.out);
  const release = findRelease();
  const { path: spool, lock } = lockSpool(request.spool);
  using _ = lock;
  const adoption = await adoptLocked({ in: request.in, spool, progress });
  requireNoSchedd(spool);
  endLeases(spool);
  const pool = preparePool(request, { spool, release, deadline });
  try {
    const watch = new JobWatch(spool);
    const ended = await runDaemons(pool, { watch, request, deadline });
    const counts = countsOf(spool);
    if (ended.end === "daemons") throw daemonsEnded(pool.folder);
    const packed = request.out === undefined ||
        counts.completed + counts.removed + counts.held === 0
      ? undefined
      : await pack({ spool, out: request.out, progress });
    if (packed && packed.left > 0) {
      note(`${packed.left} links and special files of jobs were left out`);
    }
    return { adoption, ...ended, counts, packed };
  } finally {
    Deno.removeSync(pool.sockets, { recursive: true });
  }
}

/** Fails early: a bundle is never overwritten. */
function requireFreeOut(out: string | undefined): void {
  if (out === undefined) return;
  compressionOf(out);
  try {
    Deno.lstatSync(out);
  } catch {
    return;
  }
  throw new RemoteError("the bundle exists already", {
    subject: out,
    remedy: "name another file with --out",
  });
}

/** The folders and the configuration of a run. */
interface PreparedPool {
  readonly spool: string;
  readonly folder: string;
  readonly sockets: string;
  readonly config: string;
  readonly release: Release;
}

function preparePool(
  request: RunRequest,
  { spool, release, deadline }: {
    spool: string;
    release: Release;
    deadline: Deadline | undefined;
  },
): PreparedPool {
  const folder = join(spool, "lumberjack", "pool");
  const execute = request.execute ?? join(folder, "execute");
  for (const path of [folder, `${folder}/log`, `${folder}/credentials`]) {
    Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
  }
  Deno.mkdirSync(execute, { recursive: true, mode: 0o755 });
  const sockets = Deno.makeTempDirSync({ dir: "/tmp", prefix: "lj-" });
  const config = join(folder, "condor_config");
  const text = poolConfig({
    ...{ spool, folder, execute, sockets, release },
    user: userInfo().username ?? String(Deno.uid()),
    domain: domainOf(spool),
    port: freePort(),
    cpus: request.cpus ?? navigator.hardwareConcurrency,
    memory: request.memory,
    attributes: request.attributes ?? [],
    time: deadline && {
      lastStart: Math.floor(deadline.lastStart),
      end: Math.floor(deadline.stop),
    },
  }, deadline?.margin ?? 60);
  writeTextDurably(config, text, { mode: 0o644 });
  syncFolder(folder);
  return { spool, folder, sockets, config, release };
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}

/** The domain of the jobs' User, which has to be that of the daemons. */
function domainOf(spool: string): string {
  const log = openReturnedLog(spool);
  using _ = log.table;
  for (const ad of log.table.procs()) {
    const domain = stringOf(ad, "User")?.split("@")[1];
    if (domain !== undefined && /^[\w.-]+$/.test(domain)) return domain;
  }
  return "lumberjack.invalid";
}

function countsOf(spool: string): JobCounts {
  // Every problem of the log comes to light here.
  const log = openReturnedLog(spool);
  using _ = log.table;
  return countJobs(log.table);
}

function daemonsEnded(folder: string): RemoteError {
  return new RemoteError("HTCondor ended by itself", {
    subject: `${folder}/log/MasterLog says why`,
    remedy:
      "correct the cause and repeat the command: it continues where it stopped",
  });
}

async function runDaemons(
  pool: PreparedPool,
  { watch, request, deadline }: {
    watch: JobWatch;
    request: RunRequest;
    deadline: Deadline | undefined;
  },
): Promise<{ end: RunEnd; mismatches: readonly Mismatch[] }> {
  if (watch.isSettled()) return { end: "settled", mismatches: [] };
  const { progress = () => {}, note = () => {} } = request;
  const stopFollowing = new AbortController();
  await using daemons = Daemons.start(pool.release, pool.config);
  const following = watch.follow(stopFollowing.signal);
  let found: readonly Mismatch[] = [];
  const looking = awaitMismatches(pool, stopFollowing.signal).then((answer) => {
    found = answer;
    for (const { jobs, clause, first } of answer) {
      note(
        `${jobs} idle jobs match no slot (${clause}): the first is ${first}`,
      );
    }
  });
  let end: RunEnd | undefined;
  while (end === undefined) {
    await pause(200, request.signal);
    progress(progressLine(watch.counts, deadline));
    const unmatched = found.reduce((sum, { jobs }) => sum + jobs, 0);
    end = endOf({ watch, request, deadline, daemons, unmatched });
  }
  const seconds = 2 * vacateSeconds(deadline?.margin ?? 60);
  if (watch.counts.running > 0 && !daemons.hasEnded) {
    progress("stopping the jobs that still run");
    await vacate(pool, watch, seconds);
  }
  await daemons.stop(seconds);
  stopFollowing.abort();
  await Promise.all([following, looking]);
  return { end, mismatches: found };
}

/**
 * Has the startd stop its jobs, and waits until the queue log says that none
 * runs, at most `seconds`.
 *
 * A schedd that shuts down does not do this: it kills the shadows of jobs with a
 * lease at once, because it means to come back to these jobs (`Scheduler::preempt`
 * in condor_schedd.V6/schedd.cpp). The jobs' files would be lost.
 */
async function vacate(
  pool: PreparedPool,
  watch: JobWatch,
  seconds: number,
): Promise<void> {
  await new Deno.Command("condor_off", {
    args: ["-graceful", "-daemon", "startd"],
    env: { CONDOR_CONFIG: pool.config },
    ...{ stdin: "null", stdout: "null", stderr: "null" },
  }).output();
  const late = Date.now() + seconds * 1000;
  while (watch.counts.running > 0 && Date.now() < late) await pause(200);
}

function endOf({ watch, request, deadline, daemons, unmatched }: {
  watch: JobWatch;
  request: RunRequest;
  deadline: Deadline | undefined;
  daemons: Daemons;
  unmatched: number;
}): RunEnd | undefined {
  const { idle, running } = watch.counts;
  if (daemons.hasEnded) return "daemons";
  if (idle + running === 0 && watch.isSettled()) return "settled";
  if (request.signal?.aborted) return "signal";
  // In an idle pool nothing happens any more if no slot fits what is left.
  if (running === 0 && idle > 0 && idle <= unmatched) return "no slot";
  if (deadline === undefined) return undefined;
  const now = Date.now() / 1000;
  if (now >= deadline.stop) return "time";
  return now >= deadline.lastStart && running === 0 ? "time" : undefined;
}

function progressLine(
  { jobs, completed, removed, held, running, idle }: JobCounts,
  deadline: Deadline | undefined,
): string {
  const ended = completed + removed;
  const left = deadline === undefined
    ? ""
    : `, ${Math.max(0, Math.round(deadline.end - Date.now() / 1000))} s left`;
  return `${ended} of ${jobs} jobs ended, ${running} running, ${idle} idle, ` +
    `${held} held${left}`;
}

function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, signal?.aborted ? 0 : milliseconds);
    signal?.addEventListener("abort", done, { once: true });
  });
}
