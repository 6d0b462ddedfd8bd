/**
 * Functions with regular expressions: regexp(), regexpMember(), regexps(),
 * replace(), replaceAll(). The code follows fnCall.cpp.
 *
 * @module
 */
import { fromByteString, toByteString } from "../bytes.ts";
import type { Evaluation } from "../evaluation.ts";
import { ERROR, type Expr, type Value } from "../model.ts";
import {
  compileRegexp,
  type Regexp,
  RegexpLimitError,
  stepBudget,
} from "../regexp/mod.ts";
import { isList } from "../value.ts";
import type { Builtin, FunctionTable } from "./builtin.ts";

/** The largest number of bytes that a result may have. */
const MAX_LENGTH = 1 << 26;

/**
 * Evaluates all arguments. Returns their values, or the value of the function
 * if an argument decides it: an error comes before undefined, and options that
 * are not a string are an error.
 */
function patternArguments(
  args: readonly Expr[],
  run: Evaluation,
  count: number,
): { values: Value[] } | { decided: Value } {
  if (args.length !== count && args.length !== count + 1) {
    return { decided: ERROR };
  }
  const values = args.map((arg) => run.evaluate(arg));
  if (values.includes(ERROR)) return { decided: ERROR };
  if (values.includes(undefined)) return { decided: undefined };
  if (values.length > count && typeof values[count] !== "string") {
    return { decided: ERROR };
  }
  return { values };
}

/**
 * Runs a search. If it takes too many steps, the result is error, as with
 * PCRE's limit.
 */
function bounded(match: () => Value): Value {
  try {
    return match();
  } catch (error) {
    if (error instanceof RegexpLimitError) return ERROR;
    throw error;
  }
}

const regexp: Builtin = (args, run) => {
  const found = patternArguments(args, run, 2);
  if ("decided" in found) return found.decided;
  const [pattern, text, options = ""] = found.values;
  if (typeof pattern !== "string" || typeof text !== "string") return ERROR;
  return matches(pattern, text, options as string);
};

function matches(
  pattern: string,
  text: string,
  options: string,
  budget = stepBudget(),
): Value {
  const compiled = compileRegexp(toByteString(pattern), options);
  if (compiled === undefined) return ERROR;
  return bounded(() => compiled.test(toByteString(text), false, budget));
}

const regexpMember: Builtin = (args, run) => {
  const found = patternArguments(args, run, 2);
  if ("decided" in found) return found.decided;
  const [pattern, list, options = ""] = found.values;
  if (typeof pattern !== "string" || !isList(list)) return ERROR;
  return run.attempt(() => {
    const budget = stepBudget();
    let sawUndefined = false;
    for (const item of run.items(list)) {
      if (item === undefined) sawUndefined = true;
      else if (typeof item !== "string") return ERROR;
      else if (matches(pattern, item, options as string, budget) === true) {
        return true;
      }
    }
    return sawUndefined ? undefined : false;
  });
};

function substitute(always: string): Builtin {
  return (args, run) => {
    const found = patternArguments(args, run, 3);
    if ("decided" in found) return found.decided;
    const [pattern, text, replacement, options = ""] = found.values;
    if (
      typeof pattern !== "string" || typeof text !== "string" ||
      typeof replacement !== "string"
    ) return ERROR;
    const letters = options as string + always;
    const compiled = compileRegexp(toByteString(pattern), letters);
    if (compiled === undefined) return ERROR;
    return bounded(() => {
      const result = replaced(
        compiled,
        toByteString(text),
        toByteString(replacement),
        letters,
      );
      return result === undefined ? ERROR : fromByteString(result);
    });
  };
}

/**
 * Returns the replacement of the first match, or of all matches with option g.
 * With option f the result includes the text around the matches. Returns
 * undefined where HTCondor's library fails: the replacement names a group that
 * does not exist, or there is an empty match at the end of the text.
 */
function replaced(
  regexp: Regexp,
  text: string,
  replacement: string,
  options: string,
): string | undefined {
  const full = options.includes("f");
  const budget = stepBudget();
  let output = "";
  let position = 0;
  let afterEmpty = false;
  for (;;) {
    if (position > text.length) return undefined;
    if (output.length > MAX_LENGTH) throw new RegexpLimitError();
    const match = regexp.exec(text, position, afterEmpty, budget);
    if (match === undefined) {
      if (!afterEmpty) break;
      // HTCondor's library copies one byte and goes on. At the end of the text,
      // that byte is the final NUL.
      output += text[position] ?? "\0";
      position++;
      afterEmpty = false;
      continue;
    }
    if (full) output += text.slice(position, match.start);
    const part = expand(replacement, match.groups);
    if (part === undefined) return undefined;
    output += part;
    position = match.end;
    afterEmpty = match.start === match.end;
    if (!options.includes("g")) break;
  }
  return full ? output + text.slice(position) : output;
}

/** Replaces `\0` to `\9` by the groups. Any other backslash stays. */
function expand(
  replacement: string,
  groups: readonly (string | undefined)[],
): string | undefined {
  let missing = false;
  const text = replacement.replace(/\\([0-9])/g, (_, digit: string) => {
    if (Number(digit) >= groups.length) missing = true;
    return groups[Number(digit)] ?? "";
  });
  return missing ? undefined : text;
}

/** The functions of this file by name in lower case. */
export const regexpFunctions: FunctionTable = {
  regexp,
  regexpmember: regexpMember,
  regexps: substitute(""),
  replace: substitute("f"),
  replaceall: substitute("fg"),
};
