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

/** Names of the types, as the functions isInteger() and so on call them. */
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
 * The type of a value.
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

/** Whether the value is `undefined`. */
export function isUndefined(value: Value): value is undefined {
  return value === undefined;
}

/** Whether the value is `error`. */
export function isError(value: Value): value is ErrorValue {
  return value === ERROR;
}

/** Whether the value is an integer. */
export function isInteger(value: Value): value is bigint {
  return typeof value === "bigint";
}

/** Whether the value is a real. */
export function isReal(value: Value): value is number {
  return typeof value === "number";
}

/** Whether the value is a string. */
export function isString(value: Value): value is string {
  return typeof value === "string";
}

/** Whether the value is a boolean. */
export function isBoolean(value: Value): value is boolean {
  return typeof value === "boolean";
}

/** Whether the value is a list. */
export function isList(value: Value): value is ListValue {
  return value instanceof ListValue;
}

/** Whether the value is an ad. */
export function isAd(value: Value): value is AdValue {
  return typeof value === "object" && value.type === "ad";
}

/**
 * The truth of a value where a condition is wanted: booleans as they are,
 * numbers true unless zero; undefined for every other value.
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

/** Brings an integer into the 64 bits of the language, wrapping around. */
export function wrap64(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}

/** The largest integer of the language. */
export const MAX_INTEGER: bigint = (1n << 63n) - 1n;
/** The smallest integer of the language. */
export const MIN_INTEGER: bigint = -(1n << 63n);

/**
 * A real as an integer, cut towards zero; what does not fit 64 bits becomes
 * the smallest integer, as the processors do that HTCondor runs on.
 */
export function truncate64(value: number): bigint {
  if (!(value > -9223372036854775809 && value < 9223372036854775808)) {
    return MIN_INTEGER;
  }
  return BigInt(Math.trunc(value));
}

/** A real as a 32-bit integer, as a C++ cast on x86-64 does it. */
export function truncate32(value: number): number {
  return value > -2147483649 && value < 2147483648
    ? Math.trunc(value)
    : -2147483648;
}

/** The low 32 bits of an integer, as a signed number. */
export function low32(value: bigint): number {
  return Number(BigInt.asIntN(32, value));
}

/**
 * The integer that decimal digits stand for, after an optional minus;
 * undefined if it does not fit 64 bits. HTCondor makes 0 of those.
 */
export function parseInteger(digits: string): bigint | undefined {
  // More digits than that never fit; BigInt() would take its time with them.
  const bare = digits.length > 20
    ? digits.replace(/^(-?)0+(?=\d)/, "$1")
    : digits;
  if (bare.length > 20) return undefined;
  const value = BigInt(bare);
  return value > MAX_INTEGER || value < MIN_INTEGER ? undefined : value;
}
