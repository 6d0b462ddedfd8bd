/**
 * Functions that test and convert types: isString(), int(), string(), bool()
 * and others. The code follows fnCall.cpp and value.cpp.
 *
 * @module
 */
import type { Evaluation } from "../evaluation.ts";
import { parseLeadingReal } from "../number_text.ts";
import {
  absoluteTimeText,
  localOffset,
  relativeTimeText,
} from "../time_text.ts";
import { unparseValue } from "../unparse.ts";
import { AbsoluteTime, ERROR, RelativeTime, type Value } from "../model.ts";
import {
  low32,
  truncate32,
  truncate64,
  type ValueType,
  valueType,
} from "../value.ts";
import type { Builtin, FunctionTable } from "./builtin.ts";

/**
 * Returns a value as a string. A string is unchanged, other values are printed
 * in new syntax.
 */
export function toStringValue(value: Value): string | undefined | typeof ERROR {
  if (value === undefined || typeof value === "string") return value;
  if (value === ERROR) return ERROR;
  if (value instanceof AbsoluteTime) return absoluteTimeText(value);
  if (value instanceof RelativeTime) {
    return relativeTimeText(new RelativeTime(truncate32(value.seconds)));
  }
  return unparseValue(value, { syntax: "new" });
}

/** Returns a value as an integer, undefined or error. */
export function toIntegerValue(
  value: Value,
): bigint | undefined | typeof ERROR {
  switch (typeof value) {
    case "undefined":
    case "bigint":
      return value;
    case "boolean":
      return BigInt(value);
    case "number":
      return truncate64(value);
    case "string": {
      const number = parseLeadingReal(value);
      return number === undefined ? ERROR : truncate64(number);
    }
  }
  if (value instanceof AbsoluteTime) return BigInt(value.seconds);
  if (value instanceof RelativeTime) return BigInt(truncate32(value.seconds));
  return ERROR;
}

/** Returns a value as a real, undefined or error. */
export function toRealValue(value: Value): number | undefined | typeof ERROR {
  switch (typeof value) {
    case "undefined":
    case "number":
      return value;
    case "boolean":
    case "bigint":
      return Number(value);
    case "string":
      return parseLeadingReal(value) ?? ERROR;
  }
  if (value instanceof AbsoluteTime) return value.seconds;
  if (value instanceof RelativeTime) return truncate32(value.seconds);
  return ERROR;
}

function toBooleanValue(value: Value): boolean | undefined | typeof ERROR {
  switch (typeof value) {
    case "undefined":
    case "boolean":
      return value;
    case "bigint":
      return value !== 0n;
    case "number":
      return value !== 0;
    case "string":
      if (/^true$/i.test(value)) return true;
      return /^false$/i.test(value) ? false : undefined;
  }
  return value instanceof RelativeTime
    ? truncate32(value.seconds) !== 0
    : ERROR;
}

/** Makes a function of one argument that needs only the argument's value. */
export function ofOne(
  convert: (value: Value, run: Evaluation) => Value,
): Builtin {
  return (args, run) =>
    args.length === 1 ? convert(run.evaluate(args[0]), run) : ERROR;
}

const isType = (type: ValueType): Builtin =>
  ofOne((value) => valueType(value) === type);

/**
 * Makes absTime() or relTime(). The parser has already replaced calls with a
 * literal string.
 */
function time(relative: boolean): Builtin {
  return (args, run) => {
    if (args.length === 0 && !relative) return now();
    if (args.length < 1 || args.length > 2) return ERROR;
    const value = run.evaluate(args[0]);
    let offset: number | undefined;
    if (args.length === 2) {
      const zone = run.evaluate(args[1]);
      if (relative) return ERROR;
      if (typeof zone === "bigint") offset = low32(zone);
      else if (typeof zone === "number") offset = truncate32(zone);
      else if (zone instanceof RelativeTime) offset = truncate32(zone.seconds);
      else return ERROR;
    }
    if (!relative && typeof value === "bigint" && offset === -1) run.fail();
    return relative ? toRelativeTime(value) : toAbsoluteTime(value, offset);
  };
}

function toRelativeTime(value: Value): Value {
  switch (typeof value) {
    case "undefined":
      return undefined;
    case "bigint":
      return new RelativeTime(low32(value));
    case "number":
      return new RelativeTime(value);
    case "string":
      // HTCondor's library takes a wrong branch here.
      return new RelativeTime(0);
  }
  if (value instanceof AbsoluteTime) return new RelativeTime(value.seconds);
  return value instanceof RelativeTime ? value : ERROR;
}

function toAbsoluteTime(value: Value, offset: number | undefined): Value {
  let seconds: number;
  switch (typeof value) {
    case "undefined":
    case "string":
      // HTCondor's library takes a wrong branch for a string.
      return value;
    case "bigint":
      seconds = low32(value);
      break;
    case "number":
      seconds = truncate32(value);
      break;
    default:
      if (value instanceof AbsoluteTime) return value;
      if (!(value instanceof RelativeTime)) return ERROR;
      seconds = truncate32(value.seconds);
  }
  return new AbsoluteTime(seconds, offset ?? localOffset(seconds));
}

/** Returns the current time in this machine's time zone. */
export function now(): AbsoluteTime {
  const seconds = Math.floor(Date.now() / 1000);
  return new AbsoluteTime(seconds, localOffset(seconds));
}

/** The functions of this file by name in lower case. */
export const conversionFunctions: FunctionTable = {
  isundefined: isType("undefined"),
  iserror: isType("error"),
  isstring: isType("string"),
  isinteger: isType("integer"),
  isreal: isType("real"),
  islist: isType("list"),
  isclassad: isType("ad"),
  isboolean: isType("boolean"),
  isabstime: isType("absolute time"),
  isreltime: isType("relative time"),
  int: ofOne(toIntegerValue),
  real: ofOne(toRealValue),
  string: ofOne(toStringValue),
  bool: ofOne(toBooleanValue),
  abstime: time(false),
  reltime: time(true),
};
