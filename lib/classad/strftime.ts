/**
 * The function strftime() in the C locale, as glibc formats.
 *
 * @module
 */
import { daysSinceEpoch, standardOffset } from "./time_text.ts";

/** The fields of C's struct tm. */
export interface TimeFields {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
  /** 0 is Sunday. */
  readonly weekday: number;
  /** 0 is the first of January. */
  readonly dayOfYear: number;
}

const DAYS = [
  "Sunday",
  "Monday",
  "Tuesday",
  "Wednesday",
  "Thursday",
  "Friday",
  "Saturday",
];
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

/**
 * Formats calendar fields. A conversion that glibc does not know stays as it
 * is.
 */
export function formatStrftime(format: string, fields: TimeFields): string {
  return format.replace(
    /%([_\-0^#+]*)(\d*)[EO]?([^])/gu,
    (all, flags: string, width: string, letter: string) => {
      const converted = convert(letter, fields);
      if (converted === undefined) return all;
      return pad(converted, letter, flags, width);
    },
  );
}

/** The conversions that are padded with a space. */
const SPACE_PADDED = "ekl";
/** The conversions that are not numbers. */
const TEXT = "aAbBhpPZcDFrRTxXnt%";

function pad(
  text: string,
  letter: string,
  flags: string,
  width: string,
): string {
  let result = text;
  if (flags.includes("^")) result = result.toUpperCase();
  if (flags.includes("#")) {
    result = letter === "p" || letter === "Z"
      ? result.toLowerCase()
      : result.toUpperCase();
  }
  const isText = TEXT.includes(letter);
  const style = flags.replace(/[\^#]/g, "").at(-1) ??
    (SPACE_PADDED.includes(letter) || isText ? "_" : "0");
  if (!isText && flags.replace(/[\^#]/g, "") !== "") {
    const bare = result.replace(/^([+-]?)[0 ]+(?=\d)/, "$1");
    if (style === "-") return bare;
    const fill = style === "_" ? " " : "0";
    return bare.padStart(Math.max(Number(width), result.length), fill);
  }
  return result.padStart(Number(width), style === "0" ? "0" : " ");
}

const two = (n: number) => String(n).padStart(2, "0");
const spaced = (n: number) => String(n).padStart(2, " ");
const twelve = (hours: number) => hours % 12 === 0 ? 12 : hours % 12;

function convert(letter: string, f: TimeFields): string | undefined {
  switch (letter) {
    case "a":
      return DAYS[f.weekday]?.slice(0, 3) ?? "?";
    case "A":
      return DAYS[f.weekday] ?? "?";
    case "b":
    case "h":
      return MONTHS[f.month - 1]?.slice(0, 3) ?? "?";
    case "B":
      return MONTHS[f.month - 1] ?? "?";
    case "C":
      return two(Math.floor(f.year / 100));
    case "d":
      return two(f.day);
    case "e":
      return spaced(f.day);
    case "H":
      return two(f.hours);
    case "I":
      return two(twelve(f.hours));
    case "j":
      return String(f.dayOfYear + 1).padStart(3, "0");
    case "k":
      return spaced(f.hours);
    case "l":
      return spaced(twelve(f.hours));
    case "m":
      return two(f.month);
    case "M":
      return two(f.minutes);
    case "n":
      return "\n";
    case "p":
      return f.hours >= 12 ? "PM" : "AM";
    case "P":
      return f.hours >= 12 ? "pm" : "am";
    case "S":
      return two(f.seconds);
    case "t":
      return "\t";
    case "Y":
      return String(f.year);
    case "y":
      return two((f.year % 100 + 100) % 100);
    case "%":
      return "%";
    default:
      return convertWeekOrZone(letter, f) ?? convertCombined(letter, f);
  }
}

function convertWeekOrZone(
  letter: string,
  f: TimeFields,
): string | undefined {
  switch (letter) {
    case "u":
      return String((f.weekday + 6) % 7 + 1);
    case "w":
      return String(f.weekday);
    case "U":
      return two(Math.floor((f.dayOfYear - f.weekday + 7) / 7));
    case "W":
      return two(Math.floor((f.dayOfYear - (f.weekday + 6) % 7 + 7) / 7));
    case "V":
      return two(isoWeek(f).week);
    case "G":
      return String(isoWeek(f).year);
    case "g":
      return two((isoWeek(f).year % 100 + 100) % 100);
    case "s":
      return String(localSeconds(f));
    case "z":
      return "+0000";
    case "Z":
      return zoneName();
    default:
      return undefined;
  }
}

function convertCombined(letter: string, f: TimeFields): string | undefined {
  switch (letter) {
    case "c":
      return formatStrftime("%a %b %e %H:%M:%S %Y", f);
    case "D":
    case "x":
      return formatStrftime("%m/%d/%y", f);
    case "F":
      return formatStrftime("%Y-%m-%d", f);
    case "r":
      return formatStrftime("%I:%M:%S %p", f);
    case "R":
      return formatStrftime("%H:%M", f);
    case "T":
    case "X":
      return formatStrftime("%H:%M:%S", f);
    default:
      return undefined;
  }
}

/** Returns the ISO 8601 week and the year that it belongs to. */
function isoWeek(f: TimeFields): { year: number; week: number } {
  const monday = f.dayOfYear - (f.weekday + 6) % 7;
  const thursday = monday + 3;
  if (thursday < 0) {
    const length = daysSinceEpoch(f.year, 1, 1) -
      daysSinceEpoch(f.year - 1, 1, 1);
    return {
      year: f.year - 1,
      week: Math.floor((thursday + length) / 7) + 1,
    };
  }
  const length = daysSinceEpoch(f.year + 1, 1, 1) -
    daysSinceEpoch(f.year, 1, 1);
  return thursday >= length
    ? { year: f.year + 1, week: 1 }
    : { year: f.year, week: Math.floor(thursday / 7) + 1 };
}

function localSeconds(f: TimeFields): number {
  const utc = daysSinceEpoch(f.year, 1, 1) * 86400 +
    (daysSinceEpoch(2001, f.month, 1) - daysSinceEpoch(2001, 1, 1)) * 86400 +
    (isLeap(f.year) && f.month > 2 ? 86400 : 0) + (f.day - 1) * 86400 +
    f.hours * 3600 + f.minutes * 60 + f.seconds;
  return utc - standardOffset(utc);
}

function isLeap(year: number): boolean {
  return daysSinceEpoch(year + 1, 1, 1) - daysSinceEpoch(year, 1, 1) === 366;
}

/** Returns the name of the local time zone, without daylight saving time. */
function zoneName(): string {
  const parts = new Intl.DateTimeFormat("en-US", { timeZoneName: "short" })
    .formatToParts(new Date(Date.UTC(2001, 0, 1)));
  return parts.find(({ type }) => type === "timeZoneName")?.value ?? "UTC";
}
