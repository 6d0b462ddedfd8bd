/**
 * Functions for environments and arguments of jobs: envV1ToV2(),
 * mergeEnvironment(), argsToList(), listToArgs(). The code follows
 * compat_classad.cpp, env.cpp and condor_arglist.cpp.
 *
 * @module
 */
import { compareBytes } from "../bytes.ts";
import { ERROR, type Expr, type Value } from "../model.ts";
import { isList, low32 } from "../value.ts";
import type { Builtin, FunctionTable } from "./builtin.ts";
import { listOfStrings } from "./string_list.ts";
import type { Evaluation } from "../evaluation.ts";

/**
 * Returns the words of a text in V2 syntax: they are separated by space, and
 * single quotes protect space within a word. Returns undefined if a quote is
 * not closed.
 */
export function splitArguments(text: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === "'") {
      word ??= "";
      for (i++;; i++) {
        const end = text.indexOf("'", i);
        if (end < 0) return undefined;
        word += text.slice(i, end);
        i = end;
        // Two quotes within quotes stand for one.
        if (text[end + 1] !== "'") break;
        word += "'";
        i++;
      }
    } else if (/[ \t\n\r]/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? "") + character;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** Returns words as a text in V2 syntax. A word is quoted if it has to be. */
export function joinArguments(words: readonly string[]): string {
  let text = "";
  for (const word of words) {
    if (text !== "") text += " ";
    if (word === "") text += "''";
    for (const character of word) {
      if (!/[ \t\n\r']/.test(character)) {
        text += character;
        continue;
      }
      // If the text ends with a closing quote, the quoted part continues.
      if (text.endsWith("'")) text = text.slice(0, -1);
      else text += "'";
      text += character === "'" ? "''" : character;
      text += "'";
    }
  }
  return text;
}

/**
 * Environment variables. A name without a value is `$$(...)`, which is kept as
 * it is.
 */
type Environment = Map<string, string | undefined>;

/** Adds `NAME=value`. Returns false if the entry has another form. */
function setVariable(environment: Environment, entry: string): boolean {
  const equals = entry.indexOf("=");
  if (equals < 0 && entry.includes("$$")) {
    environment.set(entry, undefined);
    return true;
  }
  if (equals <= 0) return false;
  environment.set(entry.slice(0, equals), entry.slice(equals + 1));
  return true;
}

function environmentText(environment: Environment): string {
  const entries = [...environment].sort(([a], [b]) => compareBytes(a, b));
  return joinArguments(
    entries.map(([name, value]) =>
      value === undefined ? name : `${name}=${value}`
    ),
  );
}

/**
 * If an environment in V1 syntax begins with one of these characters, that
 * character is its delimiter.
 */
const DELIMITERS = "!#$%&*+,-/:;<>?@^`|~\x1f";

const envV1ToV2: Builtin = (args, run) => {
  if (args.length !== 1) return ERROR;
  const value = run.evaluate(args[0]);
  if (value === undefined) return undefined;
  if (typeof value !== "string") return ERROR;
  const named = value !== "" && DELIMITERS.includes(value[0]);
  const delimiter = named ? value[0] : ";";
  const environment: Environment = new Map();
  for (const part of (named ? value.slice(1) : value).split(delimiter)) {
    for (const line of part.split("\n")) {
      const entry = line.replace(/^[ \t\r]+/, "");
      if (entry !== "" && !setVariable(environment, entry)) return ERROR;
    }
  }
  return environmentText(environment);
};

const mergeEnvironment: Builtin = (args, run) => {
  const environment: Environment = new Map();
  for (const arg of args) {
    const value = run.evaluate(arg);
    if (value === undefined) continue;
    const entries = typeof value === "string"
      ? splitArguments(value)
      : undefined;
    if (!entries?.every((entry) => setVariable(environment, entry))) {
      return ERROR;
    }
  }
  return environmentText(environment);
};

/**
 * Returns the syntax of the arguments, 1 or 2, from the second argument of the
 * call. Returns undefined if it is not valid.
 */
function argumentsVersion(
  args: readonly Expr[],
  run: Evaluation,
): number | undefined {
  if (args.length === 1) return 2;
  if (args.length !== 2) return undefined;
  const value = run.evaluate(args[1]);
  if (typeof value !== "bigint") return undefined;
  const version = low32(value);
  return version === 1 || version === 2 ? version : undefined;
}

const argsToList: Builtin = (args, run) => {
  const version = argumentsVersion(args, run);
  if (version === undefined) return ERROR;
  const text = run.evaluate(args[0]);
  if (typeof text !== "string") return ERROR;
  const words = version === 2
    ? splitArguments(text)
    : text.split(/[ \t\n\r]+/).filter((word) => word !== "");
  return words === undefined ? ERROR : listOfStrings(words);
};

const listToArgs: Builtin = (args, run) => {
  const version = argumentsVersion(args, run);
  if (version === undefined) return ERROR;
  const list: Value = run.evaluate(args[0]);
  if (!isList(list)) return ERROR;
  const words: string[] = [];
  for (const item of run.items(list)) {
    if (typeof item !== "string") return ERROR;
    words.push(item);
  }
  if (version === 2) return joinArguments(words);
  if (words.some((word) => /[ \t\r\n]/.test(word))) return ERROR;
  return words.join(" ");
};

/** The functions of this file by name in lower case. */
export const environmentFunctions: FunctionTable = {
  envv1tov2: envV1ToV2,
  mergeenvironment: mergeEnvironment,
  argstolist: argsToList,
  listtoargs: listToArgs,
};
