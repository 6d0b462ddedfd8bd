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

/** How the events of a log are written: as text (`classic`), or as ads. */
export type LogFormat = "classic" | "xml" | "json";

/** The part of a log that holds an event. */
export interface EventSource {
  /** The bytes, with the line that ends a classic event. */
  readonly bytes: Uint8Array;
  /** Where the bytes begin, counted from the start of the log. */
  readonly offset: number;
  /** How the log writes its events. */
  readonly format: LogFormat;
}

/** An event of a log. Its body is parsed only when someone asks for it. */
export class UserLogEvent {
  /** The bytes of the event in the log. The event has its own copy. */
  readonly bytes: Uint8Array;
  /** Where the event begins, in bytes from the start of the log. */
  readonly offset: number;
  /** How the log writes its events. */
  readonly format: LogFormat;
  /** HTCondor's number for this kind of event. */
  readonly number: number;
  /** The job's cluster; -1 if the event is not about a job. */
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
   * Reads the event that some bytes of a log hold. Returns undefined if the
   * header does not parse, or if the ad has no `EventTypeNumber`.
   */
  static read(
    source: EventSource,
    options: TimeOptions = {},
  ): UserLogEvent | undefined {
    if (source.format !== "classic") return readAdEvent(source, options);
    const header = parseHeader(firstLine(source.bytes), options);
    return header && new UserLogEvent(source, header);
  }

  /** Makes an event from an ad that has been read already. */
  static ofAd(source: EventSource, header: Header, ad: ClassAd): UserLogEvent {
    return new UserLogEvent(source, header, { ad });
  }

  /**
   * Makes an event that is in no log yet, from the attributes that its kind has in
   * HTCondor's JobEventLog.
   */
  static make(
    event: Pick<
      UserLogEvent,
      "number" | "cluster" | "proc" | "subproc" | "time"
    >,
    ad: ClassAd,
  ): UserLogEvent {
    const source = {
      bytes: new Uint8Array(0),
      offset: 0,
      format: "json",
    } as const;
    return new UserLogEvent(source, { ...event, bodyAt: 0 }, { ad });
  }

  /** Returns the same event at another time. */
  withTime(time: EventTime): UserLogEvent {
    const { number, cluster, proc, subproc } = this;
    const header = { number, cluster, proc, subproc, time, bodyAt: 0 };
    return new UserLogEvent(this, header, this.#read());
  }

  /** The name of this kind of event, such as `ULOG_SUBMIT`. */
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

  /** Whether the job has ended with this event. */
  get isTerminal(): boolean {
    return isTerminal(this.number);
  }

  /**
   * Says why HTCondor's reader would refuse the event although its header is
   * good. Undefined if HTCondor's reader accepts the event. DAGMan stops when it
   * meets an event that it cannot read.
   */
  get problem(): string | undefined {
    return this.#read().problem;
  }

  /**
   * The bytes of a classic event that follow its header, with the line of dots
   * at the end. Undefined if the event was not read from a classic log.
   */
  get classicBody(): Uint8Array | undefined {
    if (this.format !== "classic") return undefined;
    return this.bytes.subarray(parseHeader(firstLine(this.bytes))!.bodyAt);
  }

  /**
   * The event as an ad, with the attributes that HTCondor's JobEventLog gives.
   * If the body cannot be read, the ad holds only what the header says. Each call
   * makes a new ad, which the caller may change.
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

/** HTCondor reads a header into a buffer of this size, and cuts a longer line. */
const LONGEST_HEADER = 1023;

function firstLine(bytes: Uint8Array): string {
  const newline = bytes.subarray(0, LONGEST_HEADER).indexOf(10);
  const end = newline < 0 ? Math.min(bytes.length, LONGEST_HEADER) : newline;
  // Headers are ASCII. Each byte becomes one character, so that offsets stay the
  // same in the text as in the bytes.
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

/** Returns where the line of dots begins. */
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
