/**
 * Times of events. A classic log may hold local time without a zone, and the
 * oldest format also leaves out the year.
 *
 * @module
 */

/** When an event happened, and whether its text named the year and the zone. */
export interface EventTime {
  /** Seconds since 1970, UTC. */
  readonly seconds: number;
  /** The fraction of the second, in microseconds. */
  readonly microseconds: number;
  /**
   * Whether the text says UTC. If not, the text is the local time of the machine
   * that wrote the log, and `seconds` is right only if our zone is the same.
   */
  readonly utc: boolean;
  /** Whether the text names the year. The oldest format has only month and day. */
  readonly hasYear: boolean;
}

/** The fields of a time as people write them: months start at 1, years have the century. */
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

/** A time zone: turns fields into seconds since 1970, and back. */
export interface Zone {
  /**
   * Returns seconds since 1970. A field that is out of range carries over, as in
   * mktime().
   */
  toSeconds(fields: TimeFields): number;
  /** Returns the fields of a time. */
  toFields(seconds: number): TimeFields;
}

/** The time zone of this process. */
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
  /** The zone of times that name none. By default the zone of this process. */
  readonly zone?: Zone;
  /**
   * The year of times that name none. The default is the latest year that puts
   * the event no more than a day into the future. (HTCondor takes the current
   * year. In January it therefore misreads events of December.)
   */
  readonly year?: number;
}

/** What HTCondor's iso8601_to_time() finds. A missing field is undefined. */
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

/** Parses as HTCondor's iso8601_to_time() does: digits at fixed widths, few checks. */
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
    // HTCondor ignores a fraction with more than six digits.
    if (digits.length <= 6) {
      parts.microseconds = Number(digits.padEnd(6, "0"));
    }
  }
  parts.utc = (text[at] ?? "").toUpperCase() === "Z";
  return parts;
}

/**
 * Reads the time of a classic event's header: `MM/DD HH:MM:SS` or
 * `YYYY-MM-DD HH:MM:SS`, with an optional `.mmm` and `Z` after it. Returns
 * undefined if HTCondor would not accept it.
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
 * fraction and `Z`. Returns undefined if HTCondor would not accept it.
 */
export function parseEventTime(
  text: string,
  options: TimeOptions = {},
): EventTime | undefined {
  return toTime(parseParts(text), options);
}

function toTime(parts: Parts, options: TimeOptions): EventTime | undefined {
  const { year, month, day, hour, minute, second, microseconds, utc } = parts;
  // These are HTCondor's limits.
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
  /** True: `YYYY-MM-DD`. False: `MM/DD`, without the year. */
  readonly isoDate: boolean;
  /** True: UTC, with a `Z`. False: local time. */
  readonly utc: boolean;
  /** Whether the time has milliseconds. */
  readonly subSecond: boolean;
}

function clock({ hour, minute, second }: TimeFields): string {
  return [hour, minute, second].map((part) => digits(part, 2)).join(":");
}

function fraction({ microseconds }: EventTime): string {
  return "." + digits(Math.floor(microseconds / 1000), 3);
}

/** Formats a time for the header of a classic event. */
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

/** Formats a time for the attribute `EventTime`. Milliseconds appear unless they are 0. */
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
