/**
 * Functions for strings: strcat(), substr(), toUpper(), strcmp(), versionGE()
 * and others. The code follows fnCall.cpp and natural_cmp.cpp.
 *
 * @module
 */
import {
  asciiLower,
  asciiUpper,
  compareBytes,
  fromByteString,
  joinedText,
  toByteString,
} from "../bytes.ts";
import type { Evaluation } from "../evaluation.ts";
import { ERROR, type Expr, type Value } from "../model.ts";
import { isList, low32 } from "../value.ts";
import type { Builtin, FunctionTable } from "./builtin.ts";
import { toStringValue } from "./conversion.ts";

/** The largest number of characters that a result may have. */
const MAX_LENGTH = 1 << 26;

const strcat: Builtin = (args, run) => {
  let text = "";
  for (const arg of args) {
    const part = toStringValue(run.evaluate(arg));
    if (part === undefined) return undefined;
    if (part === ERROR) return ERROR;
    text += part;
    if (text.length > MAX_LENGTH) run.fail();
  }
  return joinedText(text);
};

/**
 * Yields the values that join() uses. If there are at most two arguments and
 * the last one is a list, its items are yielded instead of the list.
 */
function* joined(args: readonly Expr[], run: Evaluation): Generator<Value> {
  if (args.length > 0 && args.length <= 2) {
    // If this evaluation fails, the loop below evaluates the argument again and
    // fails too, unless it ends before.
    const last = run.attempt(() => run.evaluate(args[args.length - 1]));
    if (isList(last)) {
      if (args.length === 1) yield "";
      else yield run.evaluate(args[0]);
      yield* run.items(last);
      return;
    }
  }
  for (const arg of args) yield run.evaluate(arg);
}

const join: Builtin = (args, run) => {
  let text = "";
  let separator: string | undefined;
  let isFirst = true;
  let sawUndefined = false;
  let sawDefined = false;
  for (const value of joined(args, run)) {
    const part = toStringValue(value);
    if (part === ERROR) return ERROR;
    if (part === undefined) sawUndefined = true;
    else if (isFirst) separator = part as string;
    else {
      if (text !== "") text += separator ?? "";
      text += part;
      sawDefined = true;
      if (text.length > MAX_LENGTH) run.fail();
    }
    isFirst = false;
  }
  return sawUndefined && !sawDefined ? undefined : joinedText(text);
};

function changeCase(change: (text: string) => string): Builtin {
  return (args, run) => {
    if (args.length !== 1) return ERROR;
    const text = toStringValue(run.evaluate(args[0]));
    return typeof text === "string" ? change(text) : text;
  };
}

const substr: Builtin = (args, run) => {
  if (args.length < 2 || args.length > 3) return ERROR;
  const values = args.map((arg) => run.evaluate(arg));
  if (values.includes(undefined)) return undefined;
  const [text, from, count = 0n] = values;
  if (
    typeof text !== "string" || typeof from !== "bigint" ||
    typeof count !== "bigint"
  ) return ERROR;
  const bytes = toByteString(text);
  const wanted = low32(count);
  if (args.length === 3 && wanted === 0) return "";
  let offset = low32(from);
  if (offset < 0) offset = Math.max(bytes.length + offset, 0);
  else offset = Math.min(offset, bytes.length);
  const rest = bytes.length - offset;
  const length = wanted <= 0 ? Math.max(rest + wanted, 0) : wanted;
  return fromByteString(bytes.substr(offset, length));
};

function compareStrings(
  order: (a: string, b: string) => Value,
): Builtin {
  return (args, run) => {
    if (args.length !== 2) return ERROR;
    const a = toStringValue(run.evaluate(args[0]));
    const b = toStringValue(run.evaluate(args[1]));
    if (a === undefined || b === undefined) return undefined;
    if (typeof a !== "string" || typeof b !== "string") return ERROR;
    return order(a, b);
  };
}

/**
 * Makes a function that compares versions. HTCondor 23.9 finds `versionLE` in
 * any spelling, but then recognises it only if it is spelled exactly like
 * `name`. Otherwise the result is error.
 */
function version(name: string, test: (order: number) => Value): Builtin {
  const compare = compareStrings((a, b) => test(compareNaturally(a, b)));
  return (args, run, call) => {
    const value = compare(args, run, call);
    if (value === undefined || run.release !== "23.9") return value;
    return call.name === name ? value : ERROR;
  };
}

const versionInRange: Builtin = (args, run) => {
  if (args.length !== 3) return ERROR;
  const [test, low, high] = args.map((arg) => toStringValue(run.evaluate(arg)));
  if (low === undefined || high === undefined) return undefined;
  if (
    typeof test !== "string" || typeof low !== "string" ||
    typeof high !== "string"
  ) return ERROR;
  return compareNaturally(low, test) <= 0 && compareNaturally(test, high) <= 0;
};

/** Returns a byte as C's signed char. */
function signedByte(text: string, i: number): number {
  const code = i < text.length ? text.charCodeAt(i) : 0;
  return code < 128 ? code : code - 256;
}

function isDigitAt(text: string, i: number): boolean {
  const code = text.charCodeAt(i);
  return code >= 0x30 && code <= 0x39;
}

function endOfDigits(text: string, from: number): number {
  let i = from;
  while (isDigitAt(text, i)) i++;
  return i;
}

/**
 * Returns the end of the leading zeros of a number. If the number is only
 * zeros, the last zero is a digit and not a leading zero.
 */
function endOfZeros(text: string, from: number): number {
  let i = from;
  while (text[i] === "0") i++;
  return i > from && !isDigitAt(text, i) ? i - 1 : i;
}

/**
 * Compares two texts so that numbers within them count as numbers: "8.9" comes
 * before "8.10". The result is below, at or above 0. (natural_cmp.cpp, which is
 * strverscmp() of glibc)
 */
export function compareNaturally(left: string, right: string): number {
  const a = toByteString(left);
  const b = toByteString(right);
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  if (i === a.length && i === b.length) return 0;
  const difference = signedByte(a, i) - signedByte(b, i);
  let start = i;
  while (start > 0 && isDigitAt(a, start - 1)) start--;
  if (start === i && !(isDigitAt(a, i) && isDigitAt(b, i))) return difference;
  const zerosA = endOfZeros(a, start);
  const zerosB = endOfZeros(b, start);
  if (zerosA !== zerosB) return zerosB - zerosA;
  if (zerosA > start) return difference;
  const digitsA = endOfDigits(a, zerosA);
  const digitsB = endOfDigits(b, zerosB);
  return digitsA !== digitsB ? digitsA - digitsB : difference;
}

/** The functions of this file by name in lower case. */
export const stringFunctions: FunctionTable = {
  strcat,
  join,
  toupper: changeCase(asciiUpper),
  tolower: changeCase(asciiLower),
  substr,
  strcmp: compareStrings((a, b) => BigInt(compareBytes(a, b))),
  stricmp: compareStrings((a, b) =>
    BigInt(compareBytes(asciiLower(a), asciiLower(b)))
  ),
  versioncmp: compareStrings((a, b) => BigInt(compareNaturally(a, b))),
  versionle: version("versionLE", (order) => order <= 0),
  versionlt: version("versionLT", (order) => order < 0),
  versionge: version("versionGE", (order) => order >= 0),
  versiongt: version("versionGT", (order) => order > 0),
  versioneq: version("versionEQ", (order) => order === 0),
  version_in_range: versionInRange,
};
