/**
 * What an expression evaluates to.
 *
 * @module
 */
import type { Expr } from "./expr.ts";
import type { AdValue } from "./scope.ts";

/**
 * A value of the language. JavaScript's own types stand for most of them:
 *
 * | ClassAd | here |
 * | --- | --- |
 * | undefined | `undefined` |
 * | error | {@linkcode ERROR}, see {@linkcode isError} |
 * | boolean | `boolean` |
 * | integer (64 bits) | `bigint` |
 * | real | `number` |
 * | string | `string` |
 * | absolute time | {@linkcode AbsoluteTime} |
 * | relative time | {@linkcode RelativeTime} |
 * | list | {@linkcode ListValue} |
 * | ad | {@linkcode AdValue} |
 */
export type Value =
  | undefined
  | boolean
  | bigint
  | number
  | string
  | ErrorValue
  | AbsoluteTime
  | RelativeTime
  | ListValue
  | AdValue;

/** The type of {@linkcode ERROR}, of which there is only one. */
export class ErrorValue {
  /** Tells it from the other objects. */
  readonly type = "error";
}

/** The value `error`. */
export const ERROR: ErrorValue = new ErrorValue();

/** A point in time, with the offset it is shown in. */
export class AbsoluteTime {
  /** Tells it from the other objects. */
  readonly type = "absolute time";
  /** Seconds since 1970-01-01T00:00:00Z, whole. */
  readonly seconds: number;
  /** Seconds east of Greenwich. */
  readonly offset: number;

  /** `seconds` since 1970 in UTC, `offset` in seconds east of Greenwich. */
  constructor(seconds: number, offset: number) {
    this.seconds = seconds;
    this.offset = offset;
  }
}

/** A span of time. */
export class RelativeTime {
  /** Tells it from the other objects. */
  readonly type = "relative time";
  /** Seconds, which may be negative and have a fraction. */
  readonly seconds: number;

  /** A span of `seconds`. */
  constructor(seconds: number) {
    this.seconds = seconds;
  }
}

/** A list. Its items are expressions, evaluated when someone looks at them. */
export class ListValue {
  /** Tells it from the other objects. */
  readonly type = "list";
  /** The items. */
  readonly items: readonly Expr[];
  /** The ad that the list stands in: where its items look up attributes. */
  readonly scope: AdValue | undefined;
  /**
   * Made by a function rather than written in an expression. `is` between a
   * computed and a written list is false; between two of a kind it is error.
   */
  readonly computed: boolean;

  /** A list that stands in the ad `scope`. */
  constructor(items: readonly Expr[], scope?: AdValue, computed = false) {
    this.items = items;
    this.scope = scope;
    this.computed = computed;
  }
}

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
