/**
 * Functions for times: time(), formatTime(), splitTime(), interval() and
 * others. The code follows fnCall.cpp.
 *
 * @module
 */
import type { Evaluation } from "../evaluation.ts";
import {
  AbsoluteTime,
  AdValue,
  ERROR,
  RelativeTime,
  type Value,
} from "../model.ts";
import { ad, literal } from "../expr.ts";
import { scopeOf } from "../scope.ts";
import { formatStrftime, type TimeFields } from "../strftime.ts";
import { calendarFields, localOffset } from "../time_text.ts";
import { low32, truncate32 } from "../value.ts";
import type { Builtin, FunctionTable } from "./builtin.ts";
import { now, ofOne, toIntegerValue } from "./conversion.ts";

/** Makes a function without arguments. */
function ofNone(value: () => Value): Builtin {
  return (args) => args.length === 0 ? value() : ERROR;
}

type Field = "year" | "month" | "day" | "dayOfYear" | "weekday";
type ClockField = "hours" | "minutes" | "seconds";

/** Makes a function that returns a field of a date. */
function dateField(field: Field): Builtin {
  return ofOne((value) =>
    value instanceof AbsoluteTime ? BigInt(local(value.seconds)[field]) : ERROR
  );
}

function clockField(
  field: ClockField,
  ofSpan: (seconds: number) => number,
): Builtin {
  return ofOne((value) => {
    if (value instanceof AbsoluteTime) {
      return BigInt(local(value.seconds)[field]);
    }
    if (!(value instanceof RelativeTime)) return ERROR;
    return BigInt(Math.trunc(ofSpan(truncate32(value.seconds))));
  });
}

function local(seconds: number) {
  return calendarFields(seconds, localOffset(seconds));
}

const getDays = ofOne((value) =>
  value instanceof RelativeTime
    ? BigInt(Math.trunc(truncate32(value.seconds) / 86400))
    : ERROR
);

/**
 * Returns the moment that a number or a time stands for, or undefined for
 * another value.
 */
function asMoment(value: Value, run: Evaluation): AbsoluteTime | undefined {
  if (value instanceof AbsoluteTime) return value;
  let seconds: number;
  if (typeof value === "bigint") {
    // 23.9 uses only the low 32 bits of an integer.
    seconds = run.release === "23.9" ? low32(value) : Number(value);
  } else if (typeof value === "number") seconds = truncate32(value);
  else return undefined;
  return new AbsoluteTime(seconds, localOffset(seconds));
}

const splitTime = ofOne((value, run) => {
  if (value === undefined) return undefined;
  const moment = asMoment(value, run);
  if (moment !== undefined) return splitMoment(moment);
  return value instanceof RelativeTime ? splitSpan(value) : ERROR;
});

function adOf(attributes: Readonly<Record<string, Value>>): AdValue {
  const definitions = Object.entries(attributes).map(([name, value]) => ({
    name,
    value: literal(value),
  }));
  return new AdValue(scopeOf(ad(definitions)));
}

function splitMoment(moment: AbsoluteTime): AdValue {
  const fields = calendarFields(moment.seconds, moment.offset);
  return adOf({
    Type: "AbsoluteTime",
    Year: BigInt(fields.year),
    Month: BigInt(fields.month),
    Day: BigInt(fields.day),
    Hours: BigInt(fields.hours),
    Minutes: BigInt(fields.minutes),
    Seconds: BigInt(fields.seconds),
    Offset: BigInt(moment.offset),
  });
}

function splitSpan(span: RelativeTime): AdValue {
  const total = Math.abs(span.seconds);
  const whole = truncate32(total);
  let days = Math.trunc(whole / 86400);
  let hours = Math.trunc(whole % 86400 / 3600);
  let minutes = Math.trunc(whole % 3600 / 60);
  let seconds = whole % 60 + (total - Math.floor(total));
  // Only the largest part gets the sign.
  if (span.seconds < 0) {
    if (days > 0) days = -days;
    else if (hours > 0) hours = -hours;
    else if (minutes > 0) minutes = -minutes;
    else seconds = -seconds;
  }
  return adOf({
    Type: "RelativeTime",
    Days: BigInt(days),
    Hours: BigInt(hours),
    Minutes: BigInt(minutes),
    Seconds: seconds,
  });
}

const formatTime: Builtin = (args, run) => {
  if (args.length > 2) return ERROR;
  if (args.length === 0) {
    return formatStrftime("%c", local(now().seconds));
  }
  const value = run.evaluate(args[0]);
  const moment = asMoment(value, run);
  const fields = moment !== undefined
    ? withDayNumbers(calendarFields(moment.seconds, moment.offset))
    : value instanceof AdValue
    ? fieldsOfAd(value, run)
    : undefined;
  if (fields === undefined) return ERROR;
  const format = args.length === 1 ? "%c" : run.evaluate(args[1]);
  return typeof format === "string" ? formatStrftime(format, fields) : ERROR;
};

/**
 * Returns the fields that an ad gives as integers. A missing year is 1900, a
 * missing month is 1, other missing fields are 0.
 */
function fieldsOfAd(value: AdValue, run: Evaluation): TimeFields {
  const field = (name: string): number | undefined => {
    const found = run.find(value, name);
    if (found === undefined) return undefined;
    const number = run.attempt(() =>
      run.evaluateIn(found.expr, found.ad, found.ad)
    );
    return typeof number === "bigint" ? low32(number) : undefined;
  };
  const year = field("year") ?? 1900;
  const month = field("month") ?? 1;
  const day = field("day") ?? 0;
  return withDayNumbers({
    year,
    month,
    day,
    hours: field("hours") ?? 0,
    minutes: field("minutes") ?? 0,
    seconds: field("seconds") ?? 0,
  });
}

/**
 * Adds the day of the week and of the year, computed as HTCondor's library
 * does.
 */
function withDayNumbers(
  fields: Omit<TimeFields, "weekday" | "dayOfYear">,
): TimeFields {
  const { year, month, day } = fields;
  const days = daysFromCommonEra(year, month, day);
  return {
    ...fields,
    weekday: days % 7,
    dayOfYear: days - daysFromCommonEra(year, 1, 1),
  };
}

/**
 * Returns the number of days since the last day of the year 0. (util.cpp,
 * fixed_from_gregorian)
 */
function daysFromCommonEra(year: number, month: number, day: number): number {
  const isLeap = year % 4 === 0 && ![100, 200, 300].includes(year % 400);
  const adjustment = month <= 2 ? 0 : isLeap ? -1 : -2;
  return 365 * (year - 1) + Math.trunc((year - 1) / 4) -
    Math.trunc((year - 1) / 100) + Math.trunc((year - 1) / 400) +
    Math.trunc((367 * month - 362) / 12) + adjustment + day;
}

const interval = ofOne((value) => {
  const integer = toIntegerValue(value);
  if (typeof integer !== "bigint") return ERROR;
  const total = low32(integer);
  const days = Math.trunc(total / 86400);
  const hours = Math.trunc(total % 86400 / 3600);
  const minutes = Math.trunc(total % 3600 / 60);
  const seconds = total % 60;
  const two = (n: number) => String(Math.abs(n)).padStart(2, "0");
  if (days !== 0) {
    return `${days}+${two(hours)}:${two(minutes)}:${two(seconds)}`;
  }
  if (hours !== 0) return `${hours}:${two(minutes)}:${two(seconds)}`;
  if (minutes !== 0) return `${minutes}:${two(seconds)}`;
  return String(seconds);
});

/** The functions of this file by name in lower case. */
export const timeFunctions: FunctionTable = {
  time: ofNone(() => BigInt(now().seconds)),
  currenttime: ofNone(now),
  timezoneoffset: ofNone(() => new RelativeTime(now().offset)),
  daytime: ofNone(() => {
    const { hours, minutes, seconds } = local(now().seconds);
    return new RelativeTime(hours * 3600 + minutes * 60 + seconds);
  }),
  getyear: dateField("year"),
  getmonth: dateField("month"),
  getdayofyear: dateField("dayOfYear"),
  getdayofmonth: dateField("day"),
  getdayofweek: dateField("weekday"),
  getdays: getDays,
  gethours: clockField("hours", (seconds) => seconds % 86400 / 3600),
  getminutes: clockField("minutes", (seconds) => seconds % 3600 / 60),
  getseconds: clockField("seconds", (seconds) => seconds % 60),
  splittime: splitTime,
  formattime: formatTime,
  interval,
};
