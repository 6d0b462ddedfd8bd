/**
 * The event log that came back for one job: input from a stranger.
 *
 * @module
 */
import {
  isTerminal,
  readEvents,
  UserLogError,
  type UserLogEvent,
  utcZone,
  writeEvent,
  type Zone,
} from "../../../user_log/mod.ts";
import type { JobId } from "../../job/id.ts";

/** The most that is read of the log of one job, in bytes. */
export const largestRemoteLog = 16 << 20;

/** The most events, and bytes of them, that one job brings home. */
const MOST_EVENTS = 2000, MOST_BYTES = 1 << 20;

/** What may be trusted of a remote log. */
export interface RemoteEvents {
  /** The events to append, in order. The first terminal event is the last. */
  readonly events: readonly UserLogEvent[];
  /** What was left out, for people: a count for each reason. */
  readonly dropped: ReadonlyMap<string, number>;
}

/** What a remote log is checked against. */
export interface RemoteLogChecks {
  /** The job that the log is for. */
  readonly id: JobId;
  /** The earliest and the latest time that an event may have, in seconds since 1970. */
  readonly earliest: number;
  /** See `earliest`. An event outside of the two gets the nearer one. */
  readonly latest: number;
  /** The zone of times that name none. */
  readonly zone?: Zone;
}

/** Events that only the home schedd and DAGMan may write. */
const NOT_REMOTE: ReadonlySet<number> = new Set([
  // Submit events of jobs and clusters, and what happens to a factory.
  ...[0, 35, 36, 37, 38],
  // DAGMan writes these about its nodes.
  ...[16, 34],
  // NONE, and those that only Globus had.
  ...[17, 18, 19, 20, 39],
]);

/** Events that tell how the job went. The others may be left out if there are too many. */
const IMPORTANT: ReadonlySet<number> = new Set([
  ...[1, 2, 4, 5, 7, 9, 12, 13, 14, 15, 21, 22, 23, 24, 46],
]);

/**
 * Reads the events of a job from its remote log. Leaves out events of other jobs,
 * events that no remote schedd writes, events that HTCondor cannot read, and
 * everything after the first event that ends the job. Never throws.
 */
export function readRemoteEvents(
  log: Uint8Array,
  checks: RemoteLogChecks,
): RemoteEvents {
  const dropped = new Map<string, number>();
  const drop = (reason: string) =>
    dropped.set(reason, (dropped.get(reason) ?? 0) + 1);
  const kept: UserLogEvent[] = [];
  let ended = false;
  const events = readEvents(log, {
    zone: checks.zone,
    onDamage: () => drop("text that is no event"),
  });
  for (const event of events) {
    const reason: string | undefined = ended
      ? "after the end of the job"
      : refusal(event, checks);
    if (reason !== undefined) drop(reason);
    else kept.push(inTime(event, checks));
    ended ||= reason === undefined && isTerminal(event.number);
  }
  return { events: fewer(kept, drop), dropped };
}

function refusal(
  event: UserLogEvent,
  { id }: RemoteLogChecks,
): string | undefined {
  const { number, cluster, proc } = event;
  if (cluster !== id.cluster || proc !== id.proc) return "of another job";
  if (NOT_REMOTE.has(number) || number >= 100) {
    return "of a kind that no remote job has";
  }
  try {
    // What cannot be written in one format must not be in the log in another.
    writeEvent(event, {
      log: "classic",
      isoDate: true,
      utc: true,
      subSecond: false,
    });
    return undefined;
  } catch (error) {
    if (error instanceof UserLogError) return "that HTCondor cannot read";
    throw error;
  }
}

function inTime(
  event: UserLogEvent,
  { earliest, latest }: RemoteLogChecks,
): UserLogEvent {
  const { seconds } = event.time;
  const right = Math.min(Math.max(seconds, earliest), latest);
  // A time that is not a number is not before or after anything.
  if (right === seconds) return event;
  const known = Number.isFinite(right) ? right : latest;
  return event.withTime({ ...event.time, seconds: known, microseconds: 0 });
}

function fewer(
  events: UserLogEvent[],
  drop: (reason: string) => void,
): UserLogEvent[] {
  const tooMany = (list: readonly UserLogEvent[]) =>
    list.length > MOST_EVENTS ||
    list.reduce((sum, { length }) => sum + length, 0) > MOST_BYTES;
  if (!tooMany(events)) return events;
  const important = events.filter(({ number }) => IMPORTANT.has(number));
  let from = Math.max(0, important.length - MOST_EVENTS);
  while (tooMany(important.slice(from))) from++;
  const kept = important.slice(from);
  for (let left = events.length - kept.length; left > 0; left--) {
    drop("more than the limit for one job");
  }
  return kept;
}

/**
 * Returns the zone in which a remote schedd wrote its events, as far as it shows:
 * the time of an event without a zone, against the same moment in the job's ad.
 * Undefined if nothing shows it.
 */
export function zoneOfRemote(
  log: Uint8Array,
  id: JobId,
  moments: ReadonlyMap<number, number | undefined>,
): Zone | undefined {
  const events = readEvents(log, { zone: utcZone }).filter((event) =>
    event.cluster === id.cluster && event.proc === id.proc && !event.time.utc
  );
  for (const event of events.reverse()) {
    const moment = moments.get(event.number);
    if (moment === undefined) continue;
    const quarters = Math.round((event.time.seconds - moment) / 900);
    const left = event.time.seconds - moment - quarters * 900;
    // Zones are whole quarters of an hour, up to 14 hours away.
    if (Math.abs(left) > 120 || Math.abs(quarters) > 56) continue;
    return shiftedZone(quarters * 900);
  }
  return undefined;
}

function shiftedZone(seconds: number): Zone {
  return {
    toSeconds: (fields) => utcZone.toSeconds(fields) - seconds,
    toFields: (time) => utcZone.toFields(time + seconds),
  };
}
