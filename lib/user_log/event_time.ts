/**
 * Times of events. The classic formats write local time without a zone, and
 * the oldest even without the year.
 *
 * @module
 */

/** When an event happened, with what its text says about year and zone. */
export interface EventTime {
  /** Seconds since 1970, UTC. */
  readonly seconds: number;
  /** The fraction of the second, in microseconds. */
  readonly microseconds: number;
  /**
   * Whether the text says UTC. Otherwise it is the local time of whoever wrote
   * the log, and `seconds` holds only if that zone is ours.
   */
  readonly utc: boolean;
  /** Whether the text has the year; the oldest format has month and day only. */
  readonly hasYear: boolean;
}

/** The fields of a time, as people write them: months from 1, whole years. */
export interface TimeFields {
  /** With the century. */
  readonly year: number;
  /** From 1. */
  readonly month: number;
  /** From 1. */
  readonly day: number;
  /** From 0 to 23. */
  readonly hour: number;
  /** From 0. */
  readonly minute: number;
  /** From 0, whole. */
  readonly second: number;
}

/** A zone: turns fields into seconds since 1970, and back. */
export interface Zone {
  /** Seconds since 1970. Fields out of range count on, as in mktime(). */
  toSeconds(fields: TimeFields): number;
  /** The fields of a moment. */
  toFields(seconds: number): TimeFields;
}

/** The zone of this process. */
export const localZone: Zone = {
  toSeconds({ year, month, day, hour, minute, second }) {
    const date = new Date(2000, 0, 1);
    date.setFullYear(year, month - 1, day);
    date.setHours(hour, minute, second, 0);
    return Math.floor(date.getTime() / 1000);
  },
  toFields(seconds) {
    const date = new Date(seconds * 1000);
    return {
      year: date.getFullYear(),
      month: date.getMonth() + 1,
      day: date.getDate(),
      hour: date.getHours(),
      minute: date.getMinutes(),
      second: date.getSeconds(),
    };
  },
};

/** Universal time. */
export const utcZone: Zone = {
  toSeconds({ year, month, day, hour, minute, second }) {
    const date = new Date(0);
    date.setUTCFullYear(year, month - 1, day);
    date.setUTCHours(hour, minute, second, 0);
    return date.getTime() / 1000;
  },
  toFields(seconds) {
    const date = new Date(seconds * 1000);
    return {
      year: date.getUTCFullYear(),
      month: date.getUTCMonth() + 1,
      day: date.getUTCDate(),
      hour: date.getUTCHours(),
      minute: date.getUTCMinutes(),
      second: date.getUTCSeconds(),
    };
  },
};

/** How times without a year or a zone are understood. */
export interface TimeOptions {
  /** The zone of times that name none; this process's by default. */
  readonly zone?: Zone;
  /**
   * The year of times that name none. By default it is the latest year that
   * does not put the event more than a day into the future. (HTCondor takes the
   * current year, and so gets December wrong in January.)
   */
  readonly year?: number;
}

/** What iso8601_to_time() found; a field that is not there is undefined. */
interface Parts {
  year?: number;
  month?: number;
  day?: number;
  hour?: number;
  minute?: number;
  second?: number;
  microseconds: number;
  utc: boolean;
}

/** atoi(). */
function number(text: string): number {
  return Number(/^[ \t\n\v\f\r]*([+-]?\d+)/.exec(text)?.[1] ?? 0);
}

/** HTCondor's iso8601_to_time(): lenient, digits at fixed widths. */
function parseParts(text: string): Parts {
  const parts: Parts = { microseconds: 0, utc: false };
  if (text.length <= 2) return parts;
  let at = 0;
  const next = (count: number): number | undefined => {
    while (":-T".includes(text[at] ?? "x")) at++;
    const piece = text.slice(at, at + count);
    at += piece.length;
    return piece.length === count ? number(piece) : undefined;
  };
  if (text[0] !== "T" && text[2] !== ":") {
    parts.year = next(4);
    parts.month = next(2);
    parts.day = next(2);
  }
  parts.hour = next(2);
  parts.minute = next(2);
  parts.second = next(2);
  if (parts.second !== undefined && text[at] === ".") {
    const digits = /^\d*/.exec(text.slice(at + 1))![0];
    at += 1 + digits.length;
    // HTCondor does not read more than microseconds.
    if (digits.length <= 6) {
      parts.microseconds = Number(digits.padEnd(6, "0"));
    }
  }
  parts.utc = (text[at] ?? "").toUpperCase() === "Z";
  return parts;
}

/**
 * Reads the time of a classic event's header: `MM/DD HH:MM:SS` or
 * `YYYY-MM-DD HH:MM:SS`, with `.mmm` and `Z` after it where the log was
 * configured so. Returns undefined if HTCondor would not take it.
 */
export function parseHeaderTime(
  text: string,
  options: TimeOptions = {},
): EventTime | undefined {
  const old = /^(\d\d)\/(.*?) (.*)$/.exec(text);
  if (old === null) return toTime(parseParts(text.replace(" ", "T")), options);
  const parts = parseParts(old[3]);
  const month = Number(old[1]);
  if (month <= 0) return undefined;
  return toTime({ ...parts, month, day: number(old[2]) }, options);
}

/**
 * Reads the attribute `EventTime`, `YYYY-MM-DDTHH:MM:SS` with an optional
 * fraction and `Z`. Returns undefined if it is none.
 */
export function parseEventTime(
  text: string,
  options: TimeOptions = {},
): EventTime | undefined {
  return toTime(parseParts(text), options);
}

function toTime(parts: Parts, options: TimeOptions): EventTime | undefined {
  const { year, month, day, hour, minute, second, microseconds, utc } = parts;
  // The limits are HTCondor's.
  if (month === undefined || month < 1 || month > 12) return undefined;
  if (day === undefined || day < 0 || day > 32) return undefined;
  if (hour === undefined || hour < 0 || hour > 24) return undefined;
  const zone = utc ? utcZone : options.zone ?? localZone;
  const rest = { month, day, hour, minute: minute ?? -1, second: second ?? -1 };
  const hasYear = year !== undefined && year >= 1900;
  const seconds = hasYear
    ? zone.toSeconds({ year, ...rest })
    : withoutYear(rest, zone, options.year);
  return { seconds, microseconds, utc, hasYear };
}

function withoutYear(
  rest: Omit<TimeFields, "year">,
  zone: Zone,
  year?: number,
): number {
  if (year !== undefined) return zone.toSeconds({ year, ...rest });
  const tomorrow = Date.now() / 1000 + 86_400;
  const thisYear = zone.toFields(tomorrow).year;
  const seconds = zone.toSeconds({ year: thisYear, ...rest });
  return seconds <= tomorrow
    ? seconds
    : zone.toSeconds({ year: thisYear - 1, ...rest });
}

function digits(value: number, width: number): string {
  return String(Math.max(0, value)).padStart(width, "0");
}

/** How the time of an event is written. */
export interface TimeFormat {
  /** With the year, `YYYY-MM-DD`; otherwise `MM/DD`. */
  readonly isoDate: boolean;
  /** In universal time, with a `Z`; otherwise in local time. */
  readonly utc: boolean;
  /** With milliseconds. */
  readonly subSecond: boolean;
}

function clock({ hour, minute, second }: TimeFields): string {
  return [hour, minute, second].map((part) => digits(part, 2)).join(":");
}

function fraction({ microseconds }: EventTime): string {
  return "." + digits(Math.floor(microseconds / 1000), 3);
}

/** Writes a time as a classic event's header has it. */
export function formatHeaderTime(
  time: EventTime,
  format: TimeFormat,
  zone: Zone = localZone,
): string {
  const fields = (format.utc ? utcZone : zone).toFields(time.seconds);
  const { year, month, day } = fields;
  const date = format.isoDate
    ? `${digits(year, 4)}-${digits(month, 2)}-${digits(day, 2)}`
    : `${digits(month, 2)}/${digits(day, 2)}`;
  return `${date} ${clock(fields)}${format.subSecond ? fraction(time) : ""}` +
    (format.utc ? "Z" : "");
}

/** Writes a time as the attribute `EventTime` has it. */
export function formatEventTime(
  time: EventTime,
  utc: boolean,
  zone: Zone = localZone,
): string {
  const fields = (utc ? utcZone : zone).toFields(time.seconds);
  const { year, month, day } = fields;
  return `${digits(year, 4)}-${digits(month, 2)}-${digits(day, 2)}T` +
    clock(fields) + (time.microseconds !== 0 ? fraction(time) : "") +
    (utc ? "Z" : "");
}
