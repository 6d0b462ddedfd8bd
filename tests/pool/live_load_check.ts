/**
 * Checks that every job was started exactly once, here or at the site. It uses
 * what the jobs wrote themselves, the user logs and the history.
 *
 * @module
 */
import type { Pool } from "./harness/mod.ts";

/** The file to which each job appends a line when it starts: `ID SECONDS`. */
export const startsFile = "/home/alice/starts";
/** The user log of all jobs. */
export const userLog = "/home/alice/jobs.log";

/**
 * A killed schedd forgets changes that it did not sync. If it forgets the start
 * of a job, it starts the job again, with or without Lumberjack. So a job that
 * started at most so many seconds before the kill may start once more after it.
 */
const forgetful = 30;

/** A time in which a job was away, in seconds since 1970. */
export interface Absence {
  readonly id: string;
  readonly from: number;
  /** Infinity if the job never came home. */
  to: number;
}

/** How many jobs there were, and what happened to them. */
export interface LoadCounts {
  /** Submitted jobs. */
  readonly jobs: number;
  /** Jobs that ran only here, and jobs that ran only at the site. */
  readonly ranHere: number;
  readonly ranAway: number;
  /** Jobs that their owner removed before they ran. */
  readonly neverRan: number;
  /** Jobs that started twice here, because the schedd was killed in between. */
  readonly restarted: number;
  /** Restarted jobs that were also in an export that was taken back. */
  readonly restartedAndAway: number;
  /**
   * Jobs that started here and were then exported, because a killed schedd
   * forgot it.
   */
  readonly forgotten: number;
}

/** Returns the times at which each job started, in seconds since 1970. */
async function startsOn(pool: Pool): Promise<Map<string, number[]>> {
  const text = await pool.machine.read(startsFile).catch(() => "");
  const starts = new Map<string, number[]>();
  for (const line of text.trim().split("\n")) {
    const [id, time] = line.split(" ");
    if (!time) continue;
    const times = starts.get(id) ?? [];
    times.push(Number(time));
    starts.set(id, times);
  }
  return starts;
}

/** Counts, for each job, the events of this number in its user log. */
async function eventsOn(
  pool: Pool,
  number: string,
): Promise<Map<string, number>> {
  const log = await pool.machine.read(userLog).catch(() => "");
  const counts = new Map<string, number>();
  const events = new RegExp(`^${number} \\((\\d+)\\.(\\d+)\\.\\d+\\)`, "gm");
  for (const [, cluster, proc] of log.matchAll(events)) {
    const id = `${Number(cluster)}.${Number(proc)}`;
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

/**
 * What the load knows about the jobs, besides their own output and the pools.
 */
export interface LoadHistory {
  readonly submitted: readonly string[];
  /** The times at which the schedd at home was killed and was back. */
  readonly blows: readonly number[];
  readonly absences: readonly Absence[];
}

/**
 * Checks every job, after all jobs have left the queues. Adds what is wrong to
 * `problems`.
 */
export async function checkStarts(
  home: Pool,
  away: Pool,
  { submitted, blows, absences }: LoadHistory,
  problems: string[],
): Promise<LoadCounts> {
  const here = await startsOn(home), there = await startsOn(away);
  const logged = await eventsOn(home, "001");
  const loggedAway = await eventsOn(away, "001");
  const ended = new Map<string, number>();
  for (const event of ["005", "009"]) {
    for (const [id] of await eventsOn(home, event)) ended.set(id, 1);
  }
  const status = new Map<string, number>();
  const held = new Set<string>();
  for (const ad of await home.history()) {
    const id = `${ad.ClusterId}.${ad.ProcId}`;
    status.set(id, Number(ad.JobStatus));
    if (Number(ad.NumHolds ?? 0) > 0) held.add(id);
  }
  /** Whether the schedd may have forgotten a start before the next one. */
  const forgot = (start: number, next: number) =>
    blows.some((blow) =>
      blow >= start && blow <= next && blow - start < forgetful
    );
  /**
   * Whether all starts here were before an export, and the schedd forgot them.
   */
  const forgotBefore = (times: readonly number[], gone: readonly Absence[]) =>
    gone.some(({ from }) =>
      times.every((time) => time < from) && forgot(times.at(-1)!, from)
    );
  const absent = Map.groupBy(absences, ({ id }) => id);
  const counts = {
    jobs: submitted.length,
    ranHere: 0,
    ranAway: 0,
    neverRan: 0,
    restarted: 0,
    restartedAndAway: 0,
    forgotten: 0,
  };
  for (const id of submitted) {
    const times = (here.get(id) ?? []).sort((a, b) => a - b);
    const gone = absent.get(id) ?? [];
    const restarted = times.every((time, i) =>
      i + 1 === times.length || forgot(time, times[i + 1])
    );
    const ranHere = times.length, ranAway = there.get(id)?.length ?? 0;
    const wrong = (what: string) =>
      problems.push(
        `${id} ${what}: ${ranHere} starts here, ${ranAway} away; by the user ` +
          `logs ${logged.get(id) ?? 0} and ${loggedAway.get(id) ?? 0}; ` +
          `status ${status.get(id)}, held: ${held.has(id)}, ` +
          `here at ${times.join()}, away ${JSON.stringify(gone)}, ` +
          `blows at ${blows.join()}`,
      );
    for (const { from, to } of gone) {
      if (times.some((time) => time > from && time < to)) {
        wrong("started here while it was away");
      }
    }
    // A killed schedd may have forgotten the history, but then the user log has
    // the end of the job.
    if (!status.has(id) && !ended.has(id)) wrong("is lost");
    if (status.get(id) === 4 && ranHere + ranAway === 0) wrong("never ran");
    if (ranHere + ranAway === 0) {
      counts.neverRan++;
    } else if (ranHere + ranAway === 1) {
      if (ranHere) counts.ranHere++;
      else counts.ranAway++;
    } else if (ranAway === 0 && restarted) {
      counts.restarted++;
      if (gone.length > 0) counts.restartedAndAway++;
    } else if (ranAway === 1 && restarted && forgotBefore(times, gone)) {
      counts.forgotten++;
    } else {
      wrong("started twice");
    }
    // If no daemon was killed, the user logs have each start of a job.
    const said = (logged.get(id) ?? 0) + (loggedAway.get(id) ?? 0);
    if (blows.length === 0 && said !== ranHere + ranAway) {
      wrong("has another number of starts in the user logs");
    }
  }
  return counts;
}
