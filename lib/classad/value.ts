/**
 * Functions that tell the types of values apart and convert between them.
 *
 * @module
 */
import {
  type AdValue,
  ERROR,
  type ErrorValue,
  ListValue,
  type Value,
} from "./model.ts";

/**
 * The names of the types, as isInteger() and the similar functions of the
 * language use them.
 */
export type ValueType =
  | "undefined"
  | "error"
  | "boolean"
  | "integer"
  | "real"
  | "string"
  | "absolute time"
  | "relative time"
  | "list"
  | "ad";

/**
 * Returns the type of a value.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { evaluate, parse, valueType } from "./mod.ts";
 *
 * assertEquals(valueType(evaluate(parse("1 + 1.5"))), "real");
 * ```
 */
export function valueType(value: Value): ValueType {
  switch (typeof value) {
    case "undefined":
      return "undefined";
    case "boolean":
      return "boolean";
    case "bigint":
      return "integer";
    case "number":
      return "real";
    case "string":
      return "string";
    default:
      return value.type;
  }
}

/** Returns whether the value is `undefined`. */
export function isUndefined(value: Value): value is undefined {
  return value === undefined;
}

/** Returns whether the value is `error`. */
export function isError(value: Value): value is ErrorValue {
  return value === ERROR;
}

/** Returns whether the value is an integer. */
export function isInteger(value: Value): value is bigint {
  return typeof value === "bigint";
}

/** Returns whether the value is a real. */
export function isReal(value: Value): value is number {
  return typeof value === "number";
}

/** Returns whether the value is a string. */
export function isString(value: Value): value is string {
  return typeof value === "string";
}

/** Returns whether the value is a boolean. */
export function isBoolean(value: Value): value is boolean {
  return typeof value === "boolean";
}

/** Returns whether the value is a list. */
export function isList(value: Value): value is ListValue {
  return value instanceof ListValue;
}

/** Returns whether the value is an ad. */
export function isAd(value: Value): value is AdValue {
  return typeof value === "object" && value.type === "ad";
}

/**
 * Returns the truth of a value that is used as a condition. A boolean is
 * itself, and a number is true unless it is zero. For every other value the
 * result is undefined.
 */
export function booleanEquivalent(value: Value): boolean | undefined {
  switch (typeof value) {
    case "boolean":
      return value;
    case "bigint":
      return value !== 0n;
    case "number":
      return value !== 0;
    default:
      return undefined;
  }
}

/**
 * Returns an integer reduced to 64 bits with a sign. It wraps around on
 * overflow.
 */
export function wrap64(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}

/** The largest integer of the language, 2^63 - 1. */
export const MAX_INTEGER: bigint = (1n << 63n) - 1n;
/** The smallest integer of the language, -2^63. */
export const MIN_INTEGER: bigint = -(1n << 63n);

/**
 * Converts a real to an integer and drops the fraction. A number that does not
 * fit into 64 bits becomes the smallest integer, as on the processors that
 * HTCondor runs on.
 */
export function truncate64(value: number): bigint {
  if (!(value > -9223372036854775809 && value < 9223372036854775808)) {
    return MIN_INTEGER;
  }
  return BigInt(Math.trunc(value));
}

/**
 * Converts a real to a 32-bit integer, as a C++ cast does on x86-64. A number
 * that does not fit becomes -2^31.
 */
export function truncate32(value: number): number {
  return value > -2147483649 && value < 2147483648
    ? Math.trunc(value)
    : -2147483648;
}

/** Returns the lowest 32 bits of an integer, as a number with a sign. */
export function low32(value: bigint): number {
  return Number(BigInt.asIntN(32, value));
}

/**
 * Returns the integer that decimal digits stand for. A minus may come first.
 * Returns undefined if the integer does not fit into 64 bits; HTCondor reads
 * such a number as 0.
 */
export function parseInteger(digits: string): bigint | undefined {
  // Longer numbers never fit, and BigInt() is slow for them.
  const bare = digits.length > 20
    ? digits.replace(/^(-?)0+(?=\d)/, "$1")
    : digits;
  if (bare.length > 20) return undefined;
  const value = BigInt(bare);
  return value > MAX_INTEGER || value < MIN_INTEGER ? undefined : value;
}
