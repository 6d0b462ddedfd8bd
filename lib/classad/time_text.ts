/**
 * Conversion of times to and from text, the calendar, and the local time zone.
 * The code follows literals.cpp and util.cpp of HTCondor's ClassAd library.
 *
 * @module
 */
import { formatGeneral, parseLeadingReal } from "./number_text.ts";
import { AbsoluteTime, RelativeTime } from "./model.ts";
import { truncate32 } from "./value.ts";

/**
 * Returns the offset of this machine's time zone at a moment, in seconds east
 * of Greenwich. The moment is in seconds since 1970.
 */
export function localOffset(seconds: number): number {
  const minutes = new Date(seconds * 1000).getTimezoneOffset();
  return Number.isNaN(minutes) ? 0 : -Math.round(minutes * 60);
}

/** Returns the same offset without daylight saving time. */
export function standardOffset(seconds: number): number {
  const date = new Date(seconds * 1000);
  const year = date.getFullYear();
  if (Number.isNaN(year)) return 0;
  const january = -new Date(year, 0, 1).getTimezoneOffset() * 60;
  const july = -new Date(year, 6, 1).getTimezoneOffset() * 60;
  return Math.min(january, july);
}

/**
 * The calendar fields of a moment. `month` and `day` count from 1, `weekday`
 * from 0 (Sunday), `dayOfYear` from 0.
 */
export interface CalendarFields {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
  readonly weekday: number;
  readonly dayOfYear: number;
}

/**
 * Returns the calendar fields of a moment in a time zone that is `offset`
 * seconds east of Greenwich.
 */
export function calendarFields(
  seconds: number,
  offset: number,
): CalendarFields {
  const shifted = seconds + offset;
  const days = Math.floor(shifted / 86400);
  const time = shifted - days * 86400;
  const { year, month, day } = civilDate(days);
  return {
    year,
    month,
    day,
    hours: Math.floor(time / 3600),
    minutes: Math.floor(time / 60) % 60,
    seconds: time % 60,
    weekday: ((days + 4) % 7 + 7) % 7,
    dayOfYear: days - daysSinceEpoch(year, 1, 1),
  };
}

/**
 * Returns the number of days from 1970-01-01 to a date of the Gregorian
 * calendar.
 */
export function daysSinceEpoch(
  year: number,
  month: number,
  day: number,
): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const monthFromMarch = (month + 9) % 12;
  const dayOfYear = Math.floor((153 * monthFromMarch + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) -
    Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}

/** Returns the date that is `days` after 1970-01-01. */
function civilDate(days: number): { year: number; month: number; day: number } {
  const z = days + 719468;
  const era = Math.floor(z / 146097);
  const dayOfEra = z - era * 146097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524) -
      Math.floor(dayOfEra / 146096)) / 365,
  );
  const dayOfYear = dayOfEra -
    (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const m = Math.floor((5 * dayOfYear + 2) / 153);
  const month = m < 10 ? m + 3 : m - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * m + 2) / 5) + 1,
  };
}

const two = (n: number) => String(n).padStart(2, "0");

/**
 * Returns a time as `2003-01-25T09:00:00-06:00`. (util.cpp, absTimeToString)
 */
export function absoluteTimeText(time: AbsoluteTime): string {
  const f = calendarFields(time.seconds, time.offset);
  const sign = time.offset > 0 ? "+" : "-";
  const zone = Math.abs(time.offset);
  return `${f.year}-${two(f.month)}-${two(f.day)}T${two(f.hours)}:` +
    `${two(f.minutes)}:${two(f.seconds)}${sign}${
      two(Math.floor(zone / 3600))
    }:` +
    two(Math.floor(zone / 60) % 60);
}

/**
 * Returns a length of time as `1+02:03:04`. Leading parts that are zero are
 * omitted. (util.cpp, relTimeToString)
 */
export function relativeTimeText(time: RelativeTime): string {
  const total = Math.abs(time.seconds);
  const whole = truncate32(total);
  const fraction = total - Math.floor(total);
  const days = Math.trunc(whole / 86400);
  const hours = Math.trunc((whole % 86400) / 3600);
  const minutes = Math.trunc((whole % 3600) / 60);
  const rest = whole % 60 + fraction;
  const seconds = fraction === 0
    ? two(Math.trunc(rest))
    : Number.isNaN(rest)
    ? "nan"
    : formatGeneral(rest, 6, "g").padStart(2, "0");
  const sign = time.seconds < 0 ? "-" : "";
  if (days !== 0) {
    return `${sign}${days}+${two(hours)}:${two(minutes)}:${seconds}`;
  }
  if (hours !== 0) return `${sign}${two(hours)}:${two(minutes)}:${seconds}`;
  if (minutes !== 0) return `${sign}${two(minutes)}:${seconds}`;
  return sign + seconds;
}

/**
 * Parses a time such as `2003-01-25T09:00:00-06:00`: a year of four digits, up
 * to five numbers of two digits with anything between them, then a time zone.
 * Without a time zone the time is local. Returns undefined if the text is no
 * such time. (literals.cpp, MakeAbsTime)
 */
export function parseAbsoluteTime(text: string): AbsoluteTime | undefined {
  let rest = text;
  let zone: number | undefined;
  const last = rest.trimEnd().length - 1;
  const colon = /[+-]\d\d:\d\d$/.exec(rest);
  const plain = /[+-]\d{4}$/.exec(rest);
  if (last > 0 && /[zZ]/.test(rest[last])) {
    zone = 0;
    rest = rest.slice(0, last) + rest.slice(last + 1);
  } else if (rest.length > 5 && /[+-]....$/.test(rest)) {
    if (plain !== null) [zone, rest] = takeZone(rest, plain.index);
  } else if (rest.length > 6 && /[+-]..:..$/s.test(rest)) {
    if (colon !== null) [zone, rest] = takeZone(rest, colon.index);
    else rest = rest.slice(0, -3) + rest.slice(-2);
  }
  const fields = takeDateFields(rest);
  if (fields === undefined) return undefined;
  const [year, month, day, hours, minutes, seconds] = fields;
  const utc = (daysSinceEpoch(
        year + Math.floor((month - 1) / 12),
        ((month - 1) % 12 + 12) % 12 + 1,
        1,
      ) + day - 1) * 86400 +
    hours * 3600 + minutes * 60 + seconds;
  const mktime = utc - standardOffset(utc);
  if (mktime === -1) return undefined;
  const offset = zone ?? localOffset(mktime);
  if (offset === -1) return undefined;
  return new AbsoluteTime(utc - offset, offset);
}

function takeZone(text: string, index: number): [number, string] {
  const [sign, ...digits] = text.slice(index).replace(":", "");
  const hours = Number(digits[0] + digits[1]);
  const minutes = Number(digits[2] + digits[3]);
  const seconds = hours * 3600 + minutes * 60;
  return [sign === "-" ? -seconds : seconds, text.slice(0, index)];
}

/**
 * Returns year, month, day, hours, minutes and seconds. A missing month is 1,
 * other missing fields are 0.
 */
function takeDateFields(text: string): number[] | undefined {
  let i = 0;
  const skip = () => {
    while (i < text.length && !/\d/.test(text[i])) i++;
  };
  skip();
  if (i > text.length - 4) return undefined;
  const fields = [leadingInteger(text.slice(i, i + 4))];
  i += 4;
  for (let k = 0; k < 5; k++) {
    skip();
    if (i <= text.length - 2) {
      fields.push(leadingInteger(text.slice(i, i + 2)));
      i += 2;
    } else {
      fields.push(k === 0 ? 1 : 0);
    }
  }
  skip();
  return i < text.length ? undefined : fields;
}

/** Returns the integer at the start of a text, as C's atoi() does. */
function leadingInteger(text: string): number {
  return Number(/^\s*[+-]?\d+/.exec(text)?.[0] ?? 0);
}

/**
 * Parses a length of time: `[-][days+][[hours:]minutes:]seconds`. The letters
 * d, h, m and s may replace the marks. Returns undefined if the text contains
 * anything else. (literals.cpp, MakeRelTime)
 */
export function parseRelativeTime(text: string): RelativeTime | undefined {
  const reader = new BackwardReader(text);
  let seconds = 0;
  if (reader.take(/[sS]$/) || reader.sees(/\d$/)) {
    const digits = reader.takeDigits(true);
    seconds = parseLeadingReal(digits) ?? 0;
  }
  const minutes = reader.take(/[mM:]$/) ? reader.takeInteger() : 0;
  const hours = reader.take(/[hH:]$/) ? reader.takeInteger() : 0;
  const days = reader.take(/[dD+]$/) ? reader.takeInteger() : 0;
  const sign = reader.take(/-$/) ? -1 : 1;
  if (reader.rest !== "") return undefined;
  // C++ adds the days, hours and minutes in 32 bits.
  const whole = (Math.imul(days, 86400) + Math.imul(hours, 3600) +
    Math.imul(minutes, 60)) | 0;
  return new RelativeTime(sign * (whole + seconds));
}

/** Reads a text from its end. Space before each part is skipped. */
class BackwardReader {
  rest: string;

  constructor(text: string) {
    this.rest = text;
    this.#skip();
  }

  #skip(): void {
    let end = this.rest.length;
    while (end > 0 && " \t\n\v\f\r".includes(this.rest[end - 1])) end--;
    this.rest = this.rest.slice(0, end);
  }

  sees(pattern: RegExp): boolean {
    return pattern.test(this.rest);
  }

  take(pattern: RegExp): boolean {
    if (!pattern.test(this.rest)) return false;
    this.rest = this.rest.slice(0, -1);
    this.#skip();
    return true;
  }

  /** Returns the digits at the end, with a fraction if `fraction` is true. */
  takeDigits(fraction: boolean): string {
    const { rest } = this;
    let start = startOfDigits(rest, rest.length);
    if (fraction && rest[start - 1] === ".") {
      start = startOfDigits(rest, start - 1);
    }
    this.rest = rest.slice(0, start);
    this.#skip();
    return rest.slice(start);
  }

  takeInteger(): number {
    const number = Number(this.takeDigits(false) || 0);
    return number > 2147483647 ? 0 : number;
  }
}

function startOfDigits(text: string, end: number): number {
  let start = end;
  while (start > 0 && text[start - 1] >= "0" && text[start - 1] <= "9") start--;
  return start;
}
