/**
 * The HTCondor on the first node of a run: it has the queue, and may have slots.
 *
 * @module
 */
import { pause } from "../pause.ts";
import type { Cancelling } from "./cancelling.ts";
import { Daemons } from "./daemons.ts";
import type { Deadline } from "./deadline.ts";
import { RemoteError } from "./error.ts";
import type { HeadNotes } from "./head_note.ts";
import { JobRate } from "./job_rate.ts";
import type { JobCounts } from "./job_states.ts";
import { type Mismatch, slotsOf } from "./mismatch.ts";
import { lastFatalError, ScheddHealth } from "./schedd_health.ts";
import { vacateSeconds } from "./pool_config.ts";
import type { PreparedPool } from "./prepared_pool.ts";
import { UnmatchedJobs } from "./unmatched.ts";
import type { JobWatch } from "./watch.ts";

/** Why a run ended. */
export type RunEnd =
  | "settled"
  | "no slot"
  | "no time"
  | "time"
  | "signal"
  | "daemons"
  | "schedd";

/** What the head works with. */
export interface HeadRequest {
  /** Its HTCondor. */
  readonly pool: PreparedPool;
  /** The jobs. */
  readonly watch: JobWatch;
  /** When the run has to be over. */
  readonly deadline: Deadline | undefined;
  /** The attribute of jobs that says how many minutes they run, if a site has one. */
  readonly jobTimeAttribute: string | undefined;
  /** What it tells the workers. */
  readonly notes: HeadNotes;
  /** Whether workers may come: then a job that matches no slot now may match later. */
  readonly hasWorkers: boolean;
  /** The jobs that the home side no longer wants. */
  readonly cancelling: Cancelling;
  /** Ends the run early. */
  readonly signal: AbortSignal | undefined;
  /** Called with a short progress message. */
  readonly progress: (text: string) => void;
  /** Called with what the user should know. */
  readonly note: (text: string) => void;
}

/** The seconds that workers get to join before jobs are said to match no slot. */
const secondsToJoin = 60;

/** Runs HTCondor until there is nothing more to do, or no time. */
export async function runHead(
  head: HeadRequest,
): Promise<{ end: RunEnd; mismatches: readonly Mismatch[] }> {
  const { pool, watch, deadline, notes } = head;
  if (watch.isSettled()) return { end: "settled", mismatches: [] };
  const stopFollowing = new AbortController();
  await using daemons = Daemons.start(pool.release, pool.config);
  const following = watch.follow(stopFollowing.signal);
  const unmatched = new UnmatchedJobs({
    spool: pool.spool,
    slots: () => slotsOf(pool.config),
    times: deadline,
    timeAttribute: head.jobTimeAttribute,
    wait: head.hasWorkers ? secondsToJoin * 1000 : 0,
    note: head.note,
    signal: stopFollowing.signal,
  });
  const schedd = new ScheddHealth(pool.folder);
  const rate = new JobRate();
  let end: RunEnd | undefined;
  while (end === undefined) {
    await pause(200, head.signal);
    head.progress(progressLine(watch.counts, rate, deadline));
    head.cancelling.look(() => watch.unsettled, pool.config, head.note);
    end = endOf(head, daemons, unmatched);
    if (end === "daemons") end = await causeOfEnd(head);
    if (schedd.isLost()) end ??= "schedd";
  }
  await head.cancelling.finish();
  notes.stopping();
  const seconds = 2 * vacateSeconds(deadline?.margin ?? 60);
  if (watch.counts.running > 0 && !daemons.hasEnded) {
    head.progress("stopping the jobs that still run");
    await vacate(pool, watch, seconds);
  }
  await daemons.stop(seconds);
  stopFollowing.abort();
  await Promise.all([following, unmatched.finish()]);
  return { end, mismatches: unmatched.found };
}

/** The daemons have ended. They may have got the signal before we get it. */
async function causeOfEnd({ signal }: HeadRequest): Promise<RunEnd> {
  await pause(1000, signal);
  return signal?.aborted ? "signal" : "daemons";
}

/**
 * Has the startd stop its jobs, and waits until the queue log says that none
 * runs, at most `seconds`. Workers do the same when they read the head's note.
 * After that the schedd has nothing to stop, and no job's files are lost.
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

function endOf(
  { watch, deadline, signal }: HeadRequest,
  daemons: Daemons,
  unmatched: UnmatchedJobs,
): RunEnd | undefined {
  const { idle, running } = watch.counts;
  if (idle + running === 0 && watch.isSettled()) return "settled";
  // A batch system sends its signal to the daemons as well.
  if (signal?.aborted) return "signal";
  if (daemons.hasEnded) return "daemons";
  // In an idle pool nothing happens any more if no job that is left can start.
  const standstill = unmatched.standstill(watch.counts, watch.changes);
  if (standstill !== undefined) return standstill;
  if (deadline === undefined) return undefined;
  const now = Date.now() / 1000;
  if (now >= deadline.stop) return "time";
  return now >= deadline.lastStart && running === 0 ? "time" : undefined;
}

function progressLine(
  { jobs, completed, removed, held, running, idle }: JobCounts,
  rate: JobRate,
  deadline: Deadline | undefined,
): string {
  const ended = completed + removed;
  const jobsPerMinute = rate.take(ended, performance.now() / 1000);
  const speed = jobsPerMinute === undefined
    ? ""
    : ` (${jobsPerMinute} a minute)`;
  const left = deadline === undefined
    ? ""
    : `, ${Math.max(0, Math.round(deadline.end - Date.now() / 1000))} s left`;
  // Each job that runs has a slot of its own.
  return `${ended} of ${jobs} jobs ended${speed}, ${running} slots busy, ` +
    `${idle} idle, ${held} held${left}`;
}

/** The error of a HTCondor that ended without being told to. */
export function daemonsEnded(folder: string): RemoteError {
  return new RemoteError("HTCondor ended by itself", {
    subject: `${folder}/log/MasterLog says why`,
    remedy:
      "correct the cause and repeat the command: it continues where it stopped",
  });
}

/** The error of a schedd that ends again and again. */
export function scheddEnded(folder: string): RemoteError {
  const log = `${folder}/log/SchedLog`;
  const reason = lastFatalError(log);
  return new RemoteError("the schedd ended again and again", {
    subject: reason === undefined ? `${log} says why` : `${log}: ${reason}`,
    remedy: (reason === undefined
      ? "is the disk full, or the queue log damaged (lumberjack log verify)? "
      : "") +
      "correct the cause and repeat the command: it continues where it stopped",
  });
}
