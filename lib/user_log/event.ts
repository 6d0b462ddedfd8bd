/**
 * An event of a user log.
 *
 * @module
 */
import { ClassAd, ClassAdError, decodeText } from "../classad/mod.ts";
import { BodyLines } from "./body.ts";
import {
  type EventTime,
  formatEventTime,
  parseEventTime,
  type TimeOptions,
} from "./event_time.ts";
import { eventName, eventType, isTerminal } from "./event_types.ts";
import { integerOf, textOf } from "./fields.ts";
import { type Header, parseHeader } from "./header.ts";
import { kindOf } from "./kinds/mod.ts";

/** How the events of a log are written: as text, or as ads. */
export type LogFormat = "classic" | "xml" | "json";

/** The part of a log that holds an event. */
export interface EventSource {
  /** The bytes, with the line that ends a classic event. */
  readonly bytes: Uint8Array;
  /** Where they begin, counted from the start of the log. */
  readonly offset: number;
  /** How they are to be read. */
  readonly format: LogFormat;
}

/** An event, as it stands in a log. Its body is read when it is asked for. */
export class UserLogEvent {
  /** The bytes of the event in the log; a copy that belongs to the event. */
  readonly bytes: Uint8Array;
  /** Where the event begins, in bytes from the start of the log. */
  readonly offset: number;
  /** How the log writes its events. */
  readonly format: LogFormat;
  /** The kind of event, by HTCondor's number. */
  readonly number: number;
  /** The job; -1 where the event is not about one. */
  readonly cluster: number;
  /** The job's number within the cluster; -1 if the event is about the cluster. */
  readonly proc: number;
  /** 0, or the node of a parallel job. */
  readonly subproc: number;
  /** When it happened. */
  readonly time: EventTime;
  #body: Body | undefined;

  private constructor(source: EventSource, header: Header, body?: Body) {
    this.bytes = source.bytes;
    this.offset = source.offset;
    this.format = source.format;
    this.number = header.number;
    this.cluster = header.cluster;
    this.proc = header.proc;
    this.subproc = header.subproc;
    this.time = header.time;
    this.#body = body;
  }

  /**
   * Reads the event that some bytes of a log hold. Undefined if they hold none:
   * a header that does not parse, an ad without `EventTypeNumber`.
   */
  static read(
    source: EventSource,
    options: TimeOptions = {},
  ): UserLogEvent | undefined {
    if (source.format !== "classic") return readAdEvent(source, options);
    const header = parseHeader(firstLine(source.bytes), options);
    return header && new UserLogEvent(source, header);
  }

  /** An event whose ad has been read already. */
  static ofAd(source: EventSource, header: Header, ad: ClassAd): UserLogEvent {
    return new UserLogEvent(source, header, { ad });
  }

  /** The name of the kind: `ULOG_SUBMIT`. */
  get name(): string {
    return eventName(this.number);
  }

  /** How many bytes of the log the event takes. */
  get length(): number {
    return this.bytes.length;
  }

  /** Where the log goes on after the event. */
  get end(): number {
    return this.offset + this.bytes.length;
  }

  /** Whether the job is over with this event. */
  get isTerminal(): boolean {
    return isTerminal(this.number);
  }

  /**
   * Why HTCondor's reader would refuse the event, although its header is good;
   * undefined if it takes it. DAGMan and condor_wait never see such an event.
   */
  get problem(): string | undefined {
    return this.#read().problem;
  }

  /**
   * The event as an ad, with the attributes that HTCondor's JobEventLog gives;
   * what the header says is there even if the body is refused. The caller may
   * change the ad.
   */
  get ad(): ClassAd {
    const ad = headerAd(this);
    const { ad: read } = this.#read();
    if (read === undefined) return ad;
    for (const attribute of kindOf(this.number).attributes) attribute(read, ad);
    return ad;
  }

  #read(): Body {
    return this.#body ??= readBody(this.number, this.bytes);
  }
}

interface Body {
  readonly ad?: ClassAd;
  readonly problem?: string;
}

/** The attributes that every event has. */
export function headerAd(
  event: Pick<UserLogEvent, "number" | "cluster" | "proc" | "subproc" | "time">,
): ClassAd {
  const { number, cluster, proc, subproc, time } = event;
  const ad = new ClassAd([
    ["EventTypeNumber", BigInt(number)],
    ["MyType", eventType(number)],
    ["EventTime", formatEventTime(time, false)],
  ]);
  if (cluster >= 0) ad.set("Cluster", BigInt(cluster));
  if (proc >= 0) ad.set("Proc", BigInt(proc));
  if (subproc >= 0) ad.set("Subproc", BigInt(subproc));
  return ad;
}

/** A longer line than HTCondor reads a header from is cut there. */
const LONGEST_HEADER = 1023;

function firstLine(bytes: Uint8Array): string {
  const newline = bytes.subarray(0, LONGEST_HEADER).indexOf(10);
  const end = newline < 0 ? Math.min(bytes.length, LONGEST_HEADER) : newline;
  // Headers are ASCII; each byte becomes a character, so places stay the same.
  return String.fromCharCode(...bytes.subarray(0, end)) + "\n";
}

function readBody(number: number, bytes: Uint8Array): Body {
  const line = firstLine(bytes);
  const at = parseHeader(line)!.bodyAt;
  const body = new BodyLines(decodeText(bytes.subarray(at, endOfBody(bytes))));
  const ad = new ClassAd();
  if (kindOf(number).read(body, ad)) return { ad };
  return { problem: `this is no ${eventType(number)}` };
}

/** Where the line that ends the event begins. */
function endOfBody(bytes: Uint8Array): number {
  const newline = bytes.lastIndexOf(10, bytes.length - 2);
  return newline < 0 ? bytes.length : newline + 1;
}

function readAdEvent(
  source: EventSource,
  options: TimeOptions,
): UserLogEvent | undefined {
  const ad = parseAd(source);
  if (ad === undefined) return undefined;
  const number = integerOf(ad, "EventTypeNumber");
  if (number === undefined || number < 0n || number > 9999n) return undefined;
  const part = (name: string) => Number(integerOf(ad, name) ?? -1n) | 0;
  const time = parseEventTime(textOf(ad, "EventTime") ?? "", options);
  const header: Header = {
    number: Number(number),
    cluster: part("Cluster"),
    proc: part("Proc"),
    subproc: part("Subproc"),
    time: time ??
      { seconds: 0, microseconds: 0, utc: false, hasYear: false },
    bodyAt: 0,
  };
  return UserLogEvent.ofAd(source, header, ad);
}

function parseAd({ bytes, format }: EventSource): ClassAd | undefined {
  const text = decodeText(bytes);
  try {
    return format === "json" ? ClassAd.parseJson(text) : ClassAd.parseXml(text);
  } catch (error) {
    if (error instanceof ClassAdError) return undefined;
    throw error;
  }
}
