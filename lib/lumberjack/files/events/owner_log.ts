/**
 * What is done to a user log as the owner of the job.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import {
  defaultFormat,
  type EventFormat,
  formatOfEvent,
  formatOfFirstByte,
  LogFile,
  type LogFormat,
  LogLock,
  readEvents,
  UserLogReader,
} from "../../../user_log/mod.ts";
import { LumberjackError } from "../../error.ts";
import type { Service, ServiceCaller } from "../owner/service.ts";
import type { LockPlace } from "./home_logs.ts";
import type { JournalEntry } from "./journal.ts";

/** How much of the end of a log is looked at for its format, in bytes. */
const TAIL = 1 << 18;

/** The most that is written with one write(2), in bytes. */
const PIECE = 1 << 16;

/** A log before events are appended. */
export interface SeenLog {
  /** The device and inode; -1 if the log does not exist. */
  readonly dev: number;
  /** See `dev`. */
  readonly ino: number;
  /** In bytes. */
  readonly size: number;
  /** The format, as the last event shows it; undefined without an event. */
  readonly format: EventFormat | undefined;
}

/** Looks at a log as the owner. Throws what `LogFile.open` throws. */
export async function seeLog(
  owner: ServiceCaller,
  path: string,
): Promise<SeenLog> {
  const { result } = await owner.call("seeUserLog", path);
  const seen = (result ?? {}) as Record<string, unknown>;
  const { dev, ino, size, format } = seen;
  if (![dev, ino, size].every((part) => Number.isSafeInteger(part))) {
    throw malformed(path);
  }
  return {
    dev: dev as number,
    ino: ino as number,
    size: size as number,
    format: format
      ? checkedFormat(format as Record<string, unknown>)
      : undefined,
  };
}

function checkedFormat(found: Record<string, unknown>): EventFormat {
  const log = (["classic", "xml", "json"] as const)
    .find((name) => name === found.log) ?? defaultFormat.log;
  const { isoDate, utc, subSecond } = found;
  return {
    log,
    isoDate: isoDate === true,
    utc: utc === true,
    subSecond: subSecond === true,
  };
}

function malformed(path: string): LumberjackError {
  return new LumberjackError(
    "the process that acts as the owner answers wrongly",
    {
      subject: path,
      remedy: "repeat the command; report this if it happens again",
    },
  );
}

/**
 * Makes sure, as the owner, that the events of a journal's entry are in their log
 * once: looks for them after the entry's offset, appends those that are missing,
 * and makes the log durable. This may be repeated after it was killed at any
 * point. Throws `UserLogError` (or `ServiceError`) if the log cannot be written.
 */
export async function ensureInLog(
  owner: ServiceCaller,
  entry: JournalEntry,
  locking: LockPlace | undefined,
): Promise<void> {
  const { log, dev, ino, offset, lengths, format } = entry;
  const params = {
    ...{ log, dev, ino, offset, lengths, format },
    lock: locking !== undefined,
    lockFolder: locking?.folder ?? null,
  };
  const body = (async function* () {
    yield await Promise.resolve(entry.events);
  })();
  await owner.call("appendToUserLog", params, body);
}

/**
 * Returns which of some jobs have a terminal event in a log. Throws what
 * `LogFile.open` throws.
 */
export async function endedInLog(
  owner: ServiceCaller,
  path: string,
  jobs: readonly string[],
): Promise<ReadonlySet<string>> {
  const { result } = await owner.call("endedInUserLog", { path, jobs });
  if (!Array.isArray(result)) throw malformed(path);
  return new Set(result.filter((job) => typeof job === "string"));
}

/** Does the work of {@linkcode endedInLog} as the owner. */
export const endedInUserLog: Service = (params, { alive }) => {
  const { path, jobs } = params as { path: string; jobs: string[] };
  using log = LogFile.open(path, false);
  if (log === undefined) return { result: [] };
  const asked = new Set(jobs), ended = new Set<string>();
  const reader = new UserLogReader();
  const size = log.size;
  for (let at = 0; at < size; at += SCAN) {
    for (const event of reader.push(log.read(at, SCAN))) {
      const job = `${event.cluster}.${event.proc}`;
      if (event.isTerminal && asked.has(job)) ended.add(job);
    }
    alive();
  }
  return { result: [...ended] };
};

/** How much of a log is read at once, in bytes. */
const SCAN = 1 << 22;

/** Does the work of {@linkcode seeLog} as the owner. */
export const seeUserLog: Service = (params) => {
  using log = LogFile.open(params as string, false);
  if (log === undefined) return { result: { dev: -1, ino: -1, size: 0 } };
  const { size } = log;
  const format = formatOf(log, size);
  const seen = { ...log.identity, size };
  return { result: format ? { ...seen, format: { ...format } } : seen };
};

/** The format that the last readable event near the end of a log shows. */
function formatOf(log: LogFile, size: number): EventFormat | undefined {
  const kind = [...log.read(0, 64)].map(formatOfFirstByte).find((found) =>
    found !== undefined
  );
  if (kind === undefined) return undefined;
  for (let length = TAIL;; length *= 16) {
    const from = Math.max(0, size - length);
    const tail = log.read(from, size - from);
    const last = readEvents(wholeLines(tail, from), { format: kind }).at(-1);
    if (last !== undefined) return formatOfEvent(last);
    if (from === 0 || length > TAIL) return { ...defaultFormat, log: kind };
  }
}

function wholeLines(tail: Uint8Array, from: number): Uint8Array {
  return from === 0 ? tail : tail.subarray(tail.indexOf(10) + 1);
}

interface AppendParams {
  readonly log: string;
  readonly dev: number;
  readonly ino: number;
  readonly offset: number;
  readonly lengths: readonly number[];
  readonly format: LogFormat;
  readonly lock: boolean;
  readonly lockFolder: string | null;
}

/** Does the work of {@linkcode ensureInLog} as the owner. */
export const appendToUserLog: Service = async (given, { body, alive }) => {
  const params = given as unknown as AppendParams;
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece.slice());
  const all = Buffer.concat(pieces);
  let at = 0;
  const events = params.lengths.map((length) => all.subarray(at, at += length));
  using log = LogFile.open(params.log, true);
  const signs = setInterval(alive, 10_000);
  try {
    await using _lock = params.lock
      ? await LogLock.take(params.log, {
        folder: params.lockFolder ?? undefined,
      })
      : undefined;
    await append(log, events, params);
  } finally {
    clearInterval(signs);
  }
  return { result: null };
};

async function append(
  log: LogFile,
  events: readonly Uint8Array[],
  { dev, ino, offset, format }: AppendParams,
): Promise<void> {
  // Another file has taken the name since: nobody knows where it begins to differ.
  const { dev: nowDev, ino: nowIno } = log.identity;
  const same = dev === nowDev && ino === nowIno && offset <= log.size;
  const { offsets, torn } = log.find(events, same ? offset : 0);
  const missing = events.filter((_, index) => offsets[index] === undefined);
  if (missing.length > 0) {
    const rest = [...missing];
    if (torn === 0) log.append(await beginning(log, format));
    // What a killed writer left is completed, and nothing comes in between.
    for (let left = torn; left > 0;) {
      const [first] = rest;
      rest[0] = first.subarray(Math.min(left, first.length));
      left -= first.length - rest[0].length;
      if (rest[0].length === 0) rest.shift();
    }
    for (const piece of inPieces(rest)) log.append(piece);
  }
  log.sync();
}

/**
 * What has to be written before the next event. If the last event has no end,
 * another writer is at work, or was killed. HTCondor's reader would take our event
 * for a part of that one.
 */
async function beginning(
  log: LogFile,
  format: LogFormat,
): Promise<Uint8Array> {
  const end = format === "classic" ? "\n...\n" : "\n";
  for (let tries = 0; tries < 5; tries++) {
    const { size } = log;
    const tail = new TextDecoder().decode(
      log.read(Math.max(0, size - end.length), end.length),
    );
    if (size === 0 || tail.endsWith(end)) return new Uint8Array(0);
    if (tries === 4) {
      const missing = tail.endsWith("\n") ? end.slice(1) : end;
      return new TextEncoder().encode(missing);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return new Uint8Array(0);
}

/** As many events at a time as one write(2) should have. */
function* inPieces(events: readonly Uint8Array[]): Generator<Uint8Array> {
  let some: Uint8Array[] = [], length = 0;
  for (const event of events) {
    if (some.length > 0 && length + event.length > PIECE) {
      yield Buffer.concat(some);
      [some, length] = [[], 0];
    }
    some.push(event);
    length += event.length;
  }
  if (some.length > 0) yield Buffer.concat(some);
}
