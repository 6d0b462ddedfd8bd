/**
 * Looks for logs with which the reader or the writer breaks the rules in
 * {@linkcode checkLog}. It prints the seed of a log that breaks a rule. The
 * same seed makes the same log again.
 *
 *     scripts/deno task fuzz:user-log [--seed N] [--count N] [--minutes N]
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { Choices } from "../queue_log/mutations.ts";
import {
  type Damage,
  defaultFormat,
  type EventFormat,
  readEvents,
  UserLogError,
  type UserLogEvent,
  UserLogReader,
  writeEvent,
} from "../../lib/user_log/mod.ts";
import { realLogs } from "./real_logs.ts";

/** Which logs to try, and how long. */
export interface FuzzOptions {
  /** The seed of the first log. Each later log has the next seed. */
  readonly seed: number;
  /** The number of logs. */
  readonly count: number;
  /** The longest time to run, in milliseconds. */
  readonly milliseconds: number;
}

const encode = (text: string) => new TextEncoder().encode(text);

/** Pieces to insert into a log, chosen to confuse the reader. */
const pieces = [
  ...["...\n", "\n...\n", "...\r\n", "\r\n", "\0", "\n", "....\n", "..."],
  ...["{", "}", '"', "\\", "<c>", "</c>", "<", "\u00e4", "\t", " - ", ":"],
  "005 (1.0.0) 2026-11-28 03:12:00 Job terminated.\n",
  "009 (012.000.000) 11/28 03:12:00 Job was aborted.\n",
  "077 (012.000.000) 2026-11-28 03:12:00.5Z What is this\n",
  '{"EventTypeNumber": 9, "EventTime": "2026-11-28T03:12:00"}\n',
  '<c>\n<a n="EventTypeNumber"><i>12</i></a>\n</c>\n',
  "99999999999999999999999",
  "-1",
].map(encode);

function splice(
  log: Uint8Array,
  at: number,
  drop: number,
  put: Uint8Array,
): Uint8Array {
  const rest = log.subarray(at + drop);
  const result = new Uint8Array(at + put.length + rest.length);
  result.set(log.subarray(0, at));
  result.set(put, at);
  result.set(rest, at + put.length);
  return result;
}

function mutate(log: Uint8Array, choices: Choices): Uint8Array {
  const at = choices.below(log.length + 1);
  const nothing = new Uint8Array(0);
  switch (choices.below(6)) {
    case 0:
      return log.slice(0, at);
    case 1:
      return splice(log, at, 1, Uint8Array.of(choices.below(256)));
    case 2:
      return splice(log, at, choices.below(30), nothing);
    case 3: {
      const from = choices.below(log.length + 1);
      return splice(log, at, 0, log.slice(from, from + choices.below(500)));
    }
    default:
      return splice(log, at, 0, choices.of(pieces));
  }
}

const formats: readonly EventFormat[] = [
  defaultFormat,
  { log: "classic", isoDate: true, utc: true, subSecond: true },
  { log: "json", isoDate: true, utc: true, subSecond: true },
  { log: "xml", isoDate: true, utc: false, subSecond: true },
];

const place = ({ offset, number, cluster, proc, length }: UserLogEvent) =>
  [offset, length, number, cluster, proc].join(" ");

/**
 * Checks rules that hold for every log, also for a damaged one. Throws an error
 * if a rule is broken.
 */
export function checkLog(log: Uint8Array, choices: Choices): void {
  const damage: Damage[] = [];
  const events = readEvents(log, { onDamage: (found) => damage.push(found) });
  checkPlaces(log, events, damage);
  // The events do not depend on how the bytes are cut into pieces.
  const reader = new UserLogReader();
  const again: UserLogEvent[] = [];
  for (let at = 0; at < log.length;) {
    const size = 1 + choices.below(choices.of([3, 100, 5000]));
    again.push(...reader.push(log.slice(at, at + size)));
    at += size;
  }
  assertEquals(again.map(place), events.map(place));
  // A reader can continue after each event.
  if (events.length > 0) {
    const { end, format } = choices.of(events);
    const later = readEvents(log.subarray(end), { offset: end, format });
    const expected = events.filter(({ offset }) => offset >= end);
    assertEquals(later.map(place), expected.map(place));
  }
  for (const event of events) checkWriting(event, choices);
}

function checkPlaces(
  log: Uint8Array,
  events: readonly UserLogEvent[],
  damage: readonly Damage[],
): void {
  const parts = [
    ...events.map(({ offset, length }) => ({ offset, length })),
    ...damage,
  ].sort((a, b) => a.offset - b.offset);
  let at = 0;
  for (const { offset, length } of parts) {
    assert(offset >= at, `two parts at ${offset}`);
    at = offset + length;
  }
  assert(at <= log.length);
}

/** Checks that a written event is read as the same single event. */
function checkWriting(event: UserLogEvent, choices: Choices): void {
  const format = choices.of(formats);
  let bytes: Uint8Array;
  try {
    bytes = writeEvent(event, format);
  } catch (error) {
    if (error instanceof UserLogError) return;
    throw error;
  }
  const damage: Damage[] = [];
  const found = readEvents(bytes, { onDamage: (part) => damage.push(part) });
  const id = ({ number, cluster, proc, subproc, time }: UserLogEvent) => [
    number,
    // An ad has no attribute for a number below zero.
    ...[cluster, proc, subproc].map((part) => Math.max(part, -1)),
    time.seconds,
  ];
  assertEquals(
    [found.map(id), damage],
    [[id(event)], []],
    new TextDecoder().decode(bytes),
  );
}

/**
 * Returns the number of logs tried. Throws an error for the first log that
 * breaks a rule.
 */
export function fuzz(options: FuzzOptions): number {
  const end = performance.now() + options.milliseconds;
  let done = 0;
  for (; done < options.count && performance.now() < end; done++) {
    const seed = options.seed + done;
    const choices = new Choices(seed);
    let log = choices.of(realLogs).bytes;
    // Most of the time use the last events only, because that is fast.
    const start = choices.below(log.length);
    if (choices.below(4) > 0) log = splice(log, 0, start, new Uint8Array(0));
    for (let i = choices.below(5); i >= 0; i--) log = mutate(log, choices);
    try {
      checkLog(log, choices);
    } catch (cause) {
      throw new Error(`--seed ${seed} --count 1`, { cause });
    }
  }
  return done;
}

if (import.meta.main) {
  const value = (name: string, otherwise: number): number => {
    const at = Deno.args.indexOf(`--${name}`);
    return at < 0 ? otherwise : Number(Deno.args[at + 1]);
  };
  const seed = value("seed", Date.now() % 1_000_000_000);
  console.log(`seed ${seed}`);
  const done = fuzz({
    seed,
    count: value("count", Number.MAX_SAFE_INTEGER),
    milliseconds: value("minutes", 1) * 60_000,
  });
  console.log(`${done} logs, nothing found`);
}
