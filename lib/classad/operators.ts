/**
 * Applies operators to values, as HTCondor's operators.cpp does.
 *
 * @module
 */
import { asciiLower, compareBytes, equalsIgnoringCase } from "./bytes.ts";
import {
  AbsoluteTime,
  type AdValue,
  ERROR,
  type ListValue,
  type Operator,
  RelativeTime,
  type Value,
} from "./model.ts";
import {
  booleanEquivalent,
  isAd,
  isList,
  MAX_INTEGER,
  MIN_INTEGER,
  truncate32,
  wrap64,
} from "./value.ts";

/** Returns the result of a unary operator. */
export function applyUnary(operator: Operator, value: Value): Value {
  if (value === ERROR || value === undefined) return value;
  switch (operator) {
    case "!": {
      const truth = booleanEquivalent(value);
      return truth === undefined ? ERROR : !truth;
    }
    case "~":
      return typeof value === "bigint" ? ~value : ERROR;
    case "u-":
      if (typeof value === "bigint") return wrap64(-value);
      if (typeof value === "number") return -value;
      if (value instanceof RelativeTime) {
        return new RelativeTime(-value.seconds);
      }
      return ERROR;
    default: // u+
      return typeof value === "bigint" || typeof value === "number" ||
          value instanceof RelativeTime
        ? value
        : ERROR;
  }
}

/**
 * Returns the result of a binary operator. It does not handle `[]` and `?:`.
 */
export function applyBinary(operator: Operator, a: Value, b: Value): Value {
  switch (operator) {
    case "is":
      return isIdentical(a, b);
    case "isnt": {
      const same = isIdentical(a, b);
      return typeof same === "boolean" ? !same : same;
    }
    case "&&":
      return logicalAnd(a, b);
    case "||":
      return logicalOr(a, b);
  }
  if (a === ERROR || b === ERROR) return ERROR;
  if (a === undefined || b === undefined) return undefined;
  switch (operator) {
    case "<":
    case "<=":
    case "!=":
    case "==":
    case ">=":
    case ">":
      return compare(operator, a, b);
    case "+":
    case "-":
    case "*":
    case "/":
    case "%":
      return arithmetic(operator, a, b);
    default:
      return bitwise(operator, a, b);
  }
}

/**
 * Returns the result of `&&` from both sides. The right side is not evaluated
 * if the left side is false, so that case has ended before.
 */
function logicalAnd(a: Value, b: Value): Value {
  const left = logicalOperand(a);
  const right = logicalOperand(b);
  if (left === false) return false;
  if (left === ERROR || right === ERROR) return ERROR;
  if (left === true) return right;
  return right === false ? false : undefined;
}

/**
 * Returns the result of `||` from both sides. The right side is not evaluated
 * if the left side is true, so that case has ended before.
 */
function logicalOr(a: Value, b: Value): Value {
  const left = logicalOperand(a);
  const right = logicalOperand(b);
  if (left === true) return true;
  if (left === ERROR || right === ERROR) return ERROR;
  if (left === false) return right;
  return right === true ? true : undefined;
}

function logicalOperand(value: Value): boolean | undefined | typeof ERROR {
  if (value === undefined) return undefined;
  return booleanEquivalent(value) ?? ERROR;
}

/**
 * Returns the result of `a is b`: whether type and value are the same. HTCondor
 * cannot compare lists or ads; the result for them is error.
 */
function isIdentical(a: Value, b: Value): Value {
  if (typeof a !== typeof b) return false;
  if (typeof a !== "object" || typeof b !== "object") return a === b;
  if (a.type !== b.type) return false;
  switch (a.type) {
    case "error":
      return true;
    case "absolute time":
      return a.seconds === (b as AbsoluteTime).seconds &&
        a.offset === (b as AbsoluteTime).offset;
    case "relative time":
      return a.seconds === (b as RelativeTime).seconds;
    default:
      return a.computed !== (b as ListValue | AdValue).computed ? false : ERROR;
  }
}

type Comparison = "<" | "<=" | "!=" | "==" | ">=" | ">";

function compare(operator: Comparison, a: Value, b: Value): Value {
  if (typeof a === "bigint" && typeof b === "bigint") {
    return ordered(operator, a, b);
  }
  if (typeof a === "string" || typeof b === "string") {
    if (typeof a !== "string" || typeof b !== "string") return ERROR;
    if (operator === "==") return equalsIgnoringCase(a, b);
    if (operator === "!=") return !equalsIgnoringCase(a, b);
    return ordered(operator, compareBytes(asciiLower(a), asciiLower(b)), 0);
  }
  if (typeof a === "object" || typeof b === "object") {
    if (a instanceof AbsoluteTime && b instanceof AbsoluteTime) {
      return ordered(operator, a.seconds, b.seconds);
    }
    if (a instanceof RelativeTime && b instanceof RelativeTime) {
      return ordered(operator, a.seconds, b.seconds);
    }
    return ERROR;
  }
  const x = typeof a === "boolean" ? BigInt(a) : a!;
  const y = typeof b === "boolean" ? BigInt(b) : b!;
  if (typeof x === "bigint" && typeof y === "bigint") {
    return ordered(operator, x, y);
  }
  return ordered(operator, Number(x), Number(y));
}

function ordered<T extends number | bigint>(
  operator: Comparison,
  a: T,
  b: T,
): boolean {
  switch (operator) {
    case "<":
      return a < b;
    case "<=":
      return a <= b;
    case "==":
      return a === b;
    case "!=":
      return a !== b;
    case ">=":
      return a >= b;
    case ">":
      return a > b;
  }
}

type Arithmetic = "+" | "-" | "*" | "/" | "%";

function arithmetic(operator: Arithmetic, a: Value, b: Value): Value {
  if (typeof a === "bigint" && typeof b === "bigint") {
    return integerArithmetic(operator, a, b);
  }
  const x = typeof a === "boolean" ? BigInt(a) : a;
  const y = typeof b === "boolean" ? BigInt(b) : b;
  const isReal = typeof x === "number" || typeof y === "number";
  if (
    (typeof x === "number" || typeof x === "bigint") &&
    (typeof y === "number" || typeof y === "bigint")
  ) {
    return isReal
      ? realArithmetic(operator, Number(x), Number(y))
      : integerArithmetic(operator, x as bigint, y as bigint);
  }
  if (typeof a === "string" || typeof b === "string") return ERROR;
  if (isList(a) || isList(b) || isAd(a) || isAd(b)) return ERROR;
  return timeArithmetic(operator, a, b);
}

function integerArithmetic(
  operator: Arithmetic,
  a: bigint,
  b: bigint,
): Value {
  switch (operator) {
    case "+":
      return wrap64(a + b);
    case "-":
      return wrap64(a - b);
    case "*":
      return wrap64(a * b);
    case "/":
      if (b === 0n) return ERROR;
      return a === MIN_INTEGER && b === -1n ? MAX_INTEGER : a / b;
    case "%":
      return b === 0n ? ERROR : a % b;
  }
}

/**
 * Returns the result for reals. HTCondor turns plus infinity into error, but
 * neither minus infinity nor NaN.
 */
function realArithmetic(operator: Arithmetic, a: number, b: number): Value {
  let result: number;
  switch (operator) {
    case "+":
      result = a + b;
      break;
    case "-":
      result = a - b;
      break;
    case "*":
      result = a * b;
      break;
    case "/":
      result = a / b;
      break;
    case "%":
      return ERROR;
  }
  return result === Infinity ? ERROR : result;
}

function timeArithmetic(operator: Arithmetic, a: Value, b: Value): Value {
  if (a instanceof AbsoluteTime) {
    if (b instanceof RelativeTime && (operator === "+" || operator === "-")) {
      const span = truncate32(b.seconds);
      return new AbsoluteTime(
        a.seconds + (operator === "+" ? span : -span),
        a.offset,
      );
    }
    return b instanceof AbsoluteTime && operator === "-"
      ? new RelativeTime(a.seconds - b.seconds)
      : ERROR;
  }
  if (b instanceof AbsoluteTime) {
    return a instanceof RelativeTime && operator === "+"
      ? new AbsoluteTime(b.seconds + truncate32(a.seconds), b.offset)
      : ERROR;
  }
  if (a instanceof RelativeTime && b instanceof RelativeTime) {
    if (operator === "+") return new RelativeTime(a.seconds + b.seconds);
    if (operator === "-") return new RelativeTime(a.seconds - b.seconds);
    return ERROR;
  }
  return scaledTime(operator, a, b);
}

function scaledTime(operator: Arithmetic, a: Value, b: Value): Value {
  const isNumber = (value: Value): value is number | bigint =>
    typeof value === "number" || typeof value === "bigint";
  if (a instanceof RelativeTime && isNumber(b)) {
    if (operator === "*") return new RelativeTime(a.seconds * Number(b));
    if (operator === "/") return new RelativeTime(a.seconds / Number(b));
  }
  if (b instanceof RelativeTime && isNumber(a) && operator === "*") {
    return new RelativeTime(Number(a) * b.seconds);
  }
  return ERROR;
}

function bitwise(operator: Operator, a: Value, b: Value): Value {
  if (typeof a !== "bigint" || typeof b !== "bigint") return ERROR;
  switch (operator) {
    case "|":
      return a | b;
    case "&":
      return a & b;
    case "^":
      return a ^ b;
    case "<<":
      return wrap64(a << (b & 63n));
    case ">>":
      if (a >= 0n) return a >> (b & 63n);
      return b <= 0n ? a : a >> (b < 64n ? b : 64n);
    case ">>>":
      if (a >= 0n) return a >> (b & 63n);
      return ((a >> 1n) & MAX_INTEGER) >> ((b - 1n) & 63n);
    default:
      return ERROR;
  }
}
