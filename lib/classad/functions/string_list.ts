/**
 * Functions for lists that are strings, such as `"a, b, c"`. The code follows
 * compat_classad.cpp, which splits them with StringTokenIterator of
 * stl_string_utils.cpp.
 *
 * @module
 */
import { asciiLower, fromByteString, toByteString } from "../bytes.ts";
import type { Evaluation } from "../evaluation.ts";
import { ERROR, type Expr, ListValue, type Value } from "../model.ts";
import { literal } from "../expr.ts";
import { parseLeadingReal } from "../number_text.ts";
import {
  compileRegexp,
  type Regexp,
  RegexpLimitError,
  stepBudget,
} from "../regexp/mod.ts";
import { truncate64 } from "../value.ts";
import type { Builtin, FunctionTable } from "./builtin.ts";
import { ALL_SPACE, isSpace, listHas } from "./string_list_search.ts";

/**
 * Yields the items of a string list. Any character of `delimiters` separates
 * items. Space around an item is dropped, and so are empty items.
 */
export function* stringListItems(
  text: string,
  delimiters: string,
): Generator<string> {
  let i = 0;
  while (i < text.length) {
    while (
      i < text.length &&
      (isSpace(text.charCodeAt(i)) || delimiters.includes(text[i]))
    ) i++;
    const start = i;
    let end = i;
    for (; i < text.length && !delimiters.includes(text[i]); i++) {
      if (!isSpace(text.charCodeAt(i))) end = i + 1;
    }
    if (end > start) yield text.slice(start, end);
  }
}

const COMMA_SPACE = ", ";

/** Evaluates all arguments, in order. */
function values(args: readonly Expr[], run: Evaluation): Value[] {
  return args.map((arg) => run.evaluate(arg));
}

const size: Builtin = (args, run) => {
  if (args.length < 1 || args.length > 2) return ERROR;
  const [list, delimiters = COMMA_SPACE] = definedStrings(args, run) ?? [];
  if (list === undefined) return ERROR;
  let count = 0n;
  for (const _ of stringListItems(list, delimiters)) count++;
  return count;
};

/** Returns the arguments if all of them are strings, otherwise undefined. */
function definedStrings(
  args: readonly Expr[],
  run: Evaluation,
): string[] | undefined {
  const found = values(args, run);
  return found.every((value) => typeof value === "string")
    ? found as string[]
    : undefined;
}

/**
 * Items that are an error. HTCondor reads numbers here with sscanf(), which does
 * not accept the beginning of such a word as strtod() does.
 */
const UNFINISHED = /^[+-]?(?:0x(?![\da-f.])|infi(?!nity)|nan\((?!\w*\)))/i;

const FLT_MAX = 3.4028234663852886e38;
const FLT_MIN = 1.1754943508222875e-38;

const summarize: Builtin = (args, run, call) => {
  if (args.length < 1 || args.length > 2) return ERROR;
  const [list, delimiters = COMMA_SPACE] = definedStrings(args, run) ?? [];
  if (list === undefined) return ERROR;
  const kind = call.key.slice(-3);
  // HTCondor's library starts a maximum with the smallest positive float, so
  // the result is never below it.
  let result = kind === "min" ? FLT_MAX : kind === "max" ? FLT_MIN : 0;
  let count = 0;
  let isReal = false;
  for (const item of stringListItems(list, delimiters)) {
    const number = UNFINISHED.test(item) ? undefined : parseLeadingReal(item);
    if (number === undefined) return ERROR;
    count++;
    isReal ||= !/^[-+0-9]*$/.test(item);
    if (kind === "min") result = number < result ? number : result;
    else if (kind === "max") result = number > result ? number : result;
    else result += number;
  }
  if (count === 0) return kind === "sum" || kind === "avg" ? 0 : undefined;
  if (kind === "avg") result /= count;
  return isReal ? result : truncate64(result);
};

/**
 * Returns whether an argument is a string or undefined. Undefined counts as the
 * empty string.
 */
function isStringOrUndefined(value: Value): value is string | undefined {
  return typeof value === "string" || value === undefined;
}

function member(ignoreCase: boolean): Builtin {
  return (args, run) => {
    if (args.length < 2 || args.length > 3) return ERROR;
    const item = run.evaluate(args[0]);
    const list = run.evaluate(args[1]);
    const delimiters = args.length > 2 ? run.evaluate(args[2]) : undefined;
    if (
      !isStringOrUndefined(item) || !isStringOrUndefined(list) ||
      !isStringOrUndefined(delimiters)
    ) return ERROR;
    if (item === undefined && list === undefined) return undefined;
    if (list === undefined) return false;
    return listHas(list, item ?? "", delimiters ?? ALL_SPACE, ignoreCase);
  };
}

function subsetMatch(ignoreCase: boolean): Builtin {
  return (args, run) => {
    if (args.length < 2 || args.length > 3) return ERROR;
    const [items, list, delimiters] = values(args, run);
    if (
      !isStringOrUndefined(items) || !isStringOrUndefined(list) ||
      !isStringOrUndefined(delimiters)
    ) return ERROR;
    if (items === undefined && list === undefined) return undefined;
    if (items === undefined || items === "") return true;
    const fold = (item: string) => ignoreCase ? asciiLower(item) : item;
    const separators = delimiters ?? ALL_SPACE;
    const set = new Set<string>();
    for (const item of stringListItems(list ?? "", separators)) {
      set.add(fold(item));
    }
    let all = false;
    for (const item of stringListItems(items, separators)) {
      all = set.has(fold(item));
      if (!all) break;
    }
    return all;
  };
}

/**
 * stringList_regexpMember(). Letters in `options` may be in either case, and
 * unknown ones are ignored.
 */
const regexpMember: Builtin = (args, run) => {
  if (args.length < 2 || args.length > 4) return ERROR;
  const strings = definedStrings(args, run);
  if (strings === undefined) return ERROR;
  const [pattern, list, delimiters = COMMA_SPACE, options = ""] = strings;
  const regexp: Regexp | undefined = compileRegexp(
    toByteString(pattern),
    options.toLowerCase(),
  );
  if (regexp === undefined) return ERROR;
  const budget = stepBudget();
  let result: boolean | undefined;
  try {
    for (const item of stringListItems(list, delimiters)) {
      result ||= regexp.test(toByteString(item), false, budget);
    }
  } catch (error) {
    // If a search takes too many steps, HTCondor treats it as no match.
    if (!(error instanceof RegexpLimitError)) throw error;
    result ??= false;
  }
  return result;
};

/** Returns a list of strings as the value of a function. */
export function listOfStrings(items: readonly string[]): ListValue {
  return new ListValue(items.map((item) => literal(item)), undefined, true);
}

function splitAt(withoutAt: (text: string) => [string, string]): Builtin {
  return (args, run) => {
    if (args.length !== 1) return ERROR;
    const text = run.evaluate(args[0]);
    if (typeof text !== "string") return ERROR;
    const at = text.indexOf("@");
    return listOfStrings(
      at < 0 ? withoutAt(text) : [text.slice(0, at), text.slice(at + 1)],
    );
  };
}

/**
 * split(): cuts the text at each separator. Empty parts are dropped, except
 * between two equal separators that are not white space: "a,,b" has three
 * parts, "a, b" has two.
 */
const split: Builtin = (args, run) => {
  if (args.length < 1 || args.length > 2) return ERROR;
  const [text, separators = ", \t"] = definedStrings(args, run) ?? [];
  if (text === undefined) return ERROR;
  const bytes = toByteString(text);
  const cuts = toByteString(separators);
  const parts: string[] = [];
  let start = 0;
  let previous = "";
  for (let i = 0; i < bytes.length; i++) {
    if (!cuts.includes(bytes[i])) continue;
    if (i > start) parts.push(bytes.slice(start, i));
    else if (previous === bytes[i]) parts.push("");
    if (!isSpace(bytes.charCodeAt(i))) previous = bytes[i];
    start = i + 1;
  }
  if (start < bytes.length) parts.push(bytes.slice(start));
  return listOfStrings(parts.map(fromByteString));
};

/**
 * Splits a list as stringListsIntersect() does: space around an item is part of
 * it.
 */
function plainItems(text: string, delimiters: string): string[] {
  const items: string[] = [];
  let item = "";
  for (const character of text) {
    if (!delimiters.includes(character)) item += character;
    else if (item !== "") {
      items.push(item);
      item = "";
    }
  }
  if (item !== "") items.push(item);
  return items;
}

const intersect: Builtin = (args, run) => {
  if (args.length < 2 || args.length > 3) return ERROR;
  let found: Value[] = [];
  const evaluated = run.attempt(() => {
    found = values(args, run);
    return true;
  });
  if (evaluated === ERROR || found.includes(ERROR)) return ERROR;
  if (found.includes(undefined)) return undefined;
  const [a, b, delimiters = " ,"] = found;
  if (typeof delimiters !== "string") return ERROR;
  if (typeof a !== "string" || typeof b !== "string") return ERROR;
  const set = new Set(plainItems(b, delimiters || " ,"));
  return plainItems(a, delimiters || " ,").some((item) => set.has(item));
};

/** The functions of this file by name in lower case. */
export const stringListFunctions: FunctionTable = {
  stringlistsize: size,
  stringlistsum: summarize,
  stringlistavg: summarize,
  stringlistmin: summarize,
  stringlistmax: summarize,
  stringlistmember: member(false),
  stringlistimember: member(true),
  stringlistsubsetmatch: subsetMatch(false),
  stringlistisubsetmatch: subsetMatch(true),
  stringlist_regexpmember: regexpMember,
  stringlistsintersect: intersect,
  splitusername: splitAt((text) => [text, ""]),
  splitslotname: splitAt((text) => ["", text]),
  split,
};
