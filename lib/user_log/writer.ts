/**
 * Writes events as HTCondor's `WriteUserLog` does (write_user_log.cpp and
 * condor_event.cpp), byte for byte.
 *
 * @module
 */
import { ClassAd, encodeText, unparse } from "../classad/mod.ts";
import type { UserLogEvent } from "./event.ts";
import { formatEventTime, formatHeaderTime, type Zone } from "./event_time.ts";
import { eventName } from "./event_types.ts";
import { UserLogError } from "./errors.ts";
import type { EventFormat } from "./format.ts";
import { kindOf } from "./kinds/mod.ts";

/** How an event is written. */
export interface WriteOptions {
  /** The zone of times that are written without `Z`; this process's by default. */
  readonly zone?: Zone;
}

/** The line that ends a classic event. */
const END = "...\n";

/**
 * Returns the bytes of an event in the format of a log, with the line that ends
 * the event.
 *
 * If the event was read from a classic log and a classic one is wanted, its body
 * is copied as it is; so events of kinds that this library does not know keep
 * their bodies. In every other case the body is made from the event's ad.
 *
 * Throws {@linkcode UserLogError} for an event that HTCondor's reader would not
 * accept, or that HTCondor would not write: such an event makes DAGMan stop.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { defaultFormat, readEvents, writeEvent } from "./mod.ts";
 *
 * const log = "009 (012.000.000) 2026-11-28 03:12:00Z Job was aborted.\n" +
 *   "\tvia condor_rm\n...\n";
 * const [event] = readEvents(new TextEncoder().encode(log));
 * const json = writeEvent(event, { ...defaultFormat, log: "json", utc: true });
 * assertEquals(JSON.parse(new TextDecoder().decode(json)).Reason, "via condor_rm");
 * ```
 */
export function writeEvent(
  event: UserLogEvent,
  format: EventFormat,
  options: WriteOptions = {},
): Uint8Array<ArrayBuffer> {
  const { problem } = event;
  if (problem !== undefined) throw refused(event, problem);
  if (hasNul(event)) throw refused(event, "it holds a NUL");
  if (format.log !== "classic") return writeAd(event, format, options);
  const header = headerText(event, format, options);
  const body = event.classicBody;
  if (body !== undefined) return join(encodeText(header), body);
  const lines = kindOf(event.number).write(event.ad);
  if (lines === undefined) {
    throw refused(event, "HTCondor does not write it without more attributes");
  }
  const text = lines.map(oneLine).join("\n");
  return join(encodeText(`${header}${text}\n${END}`));
}

function refused(event: UserLogEvent, why: string): UserLogError {
  const { cluster, proc } = event;
  return new UserLogError(`an event of a user log cannot be written: ${why}`, {
    subject: `${eventName(event.number)} of job ${cluster}.${proc}`,
  });
}

/** HTCondor ends a string at a NUL, and would read another event. */
function hasNul({ bytes, ad }: UserLogEvent): boolean {
  if (bytes.includes(0)) return true;
  return [...ad].some(([, value]) => /\0|\\000/.test(unparse(value)));
}

function headerText(
  { number, cluster, proc, subproc, time }: UserLogEvent,
  format: EventFormat,
  { zone }: WriteOptions,
): string {
  const job = [cluster, proc, subproc].map((part) => digits(part)).join(".");
  return `${digits(number)} (${job}) ${formatHeaderTime(time, format, zone)} `;
}

/** `%03d` */
function digits(value: number): string {
  const sign = value < 0 ? "-" : "";
  return sign + String(Math.abs(value)).padStart(3 - sign.length, "0");
}

/**
 * A line must stay one line: a value with a line break, which comes from an ad,
 * could otherwise end the event and begin another one.
 */
function oneLine(line: string): string {
  return line.replace(/[\r\n\0]+/g, " ");
}

function writeAd(
  event: UserLogEvent,
  format: EventFormat,
  { zone }: WriteOptions,
): Uint8Array<ArrayBuffer> {
  const { ad } = event;
  ad.set("EventTime", formatEventTime(event.time, format.utc, zone));
  // HTCondor keeps attributes sorted by the length of their names.
  const sorted = new ClassAd(
    [...ad].sort(([a], [b]) =>
      a.length - b.length || (a.toLowerCase() < b.toLowerCase() ? -1 : 1)
    ),
  );
  const text = format.log === "xml"
    ? sorted.toXml({ pretty: true })
    : sorted.toJson() + "\n";
  return join(encodeText(text));
}

function join(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
