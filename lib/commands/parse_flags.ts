import {
  commonFlags,
  type Flag,
  type Flags,
  FlagValues,
  UsageError,
} from "./command.ts";
import { nearest } from "./nearest.ts";

/** A command line taken apart. */
export interface ParsedLine {
  readonly flags: FlagValues;
  readonly args: readonly string[];
}

/**
 * Takes a verb's words apart. HTCondor's tools and the prototype write long
 * flags with one dash (`-constraint`), so one dash and two mean the same, which
 * the standard library's parser does not know. A value may begin with a dash
 * and may be empty, but is not the next flag of the verb; a list flag takes words
 * up to the next flag.
 *
 * Throws {@linkcode UsageError} for a flag the verb does not have, a flag
 * without its value, or a number that is none.
 */
export function parseFlags(
  words: readonly string[],
  flags: Flags,
): ParsedLine {
  const all: Flags = { ...flags, ...commonFlags };
  const names = namesOf(all);
  const values = new Map<string, string | boolean | string[]>();
  const args: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    if (word === "--") {
      args.push(...words.slice(at + 1));
      break;
    }
    if (!looksLikeFlag(word)) {
      args.push(word);
      continue;
    }
    const [given, inline] = splitFlag(word);
    const name = names.get(given);
    if (name === undefined) throw unknownFlag(word, names);
    const flag = all[name];
    if (flag.type === "boolean") {
      if (inline !== undefined) {
        throw new UsageError("flag takes no value", { subject: word });
      }
      values.set(name, true);
    } else if (flag.type === "list" && inline === undefined) {
      const end = nextFlag(words, at + 1);
      if (end === at + 1) throw missingValue(word, flag);
      append(values, name, words.slice(at + 1, end));
      at = end - 1;
    } else {
      const value = inline ?? words[++at];
      if (value === undefined) throw missingValue(word, flag);
      if (inline === undefined && isFlag(value, names)) {
        throw missingValue(word, flag, value);
      }
      if (flag.type === "number") requireNumber(name, value);
      if (flag.type === "list") append(values, name, [value]);
      else values.set(name, value);
    }
  }
  return { flags: new FlagValues(values, all), args };
}

/** The place of the next flag, or the end. */
function nextFlag(words: readonly string[], from: number): number {
  const at = words.slice(from).findIndex(looksLikeFlag);
  return at < 0 ? words.length : from + at;
}

function append(
  values: Map<string, string | boolean | string[]>,
  name: string,
  more: readonly string[],
): void {
  const list = values.get(name);
  values.set(name, [...(Array.isArray(list) ? list : []), ...more]);
}

function namesOf(flags: Flags): Map<string, string> {
  const names = new Map<string, string>();
  for (const [name, flag] of Object.entries(flags)) {
    names.set(name, name);
    for (const alias of flag.aliases ?? []) names.set(alias, name);
  }
  return names;
}

/** A dash alone is a file name (standard input), and `-1` is a value. */
function looksLikeFlag(word: string): boolean {
  return /^--?[A-Za-z]/.test(word);
}

/** One of the verb's own, which nobody means as a value. */
function isFlag(word: string, names: Map<string, string>): boolean {
  return word.startsWith("--") && names.has(word.slice(2));
}

function splitFlag(word: string): [name: string, value: string | undefined] {
  const bare = word.replace(/^--?/, "");
  const equals = bare.indexOf("=");
  return equals < 0
    ? [bare, undefined]
    : [bare.slice(0, equals), bare.slice(equals + 1)];
}

function requireNumber(name: string, value: string): void {
  if (value.trim() === "" || !Number.isFinite(Number(value))) {
    throw new UsageError("flag wants a number", {
      subject: `--${name} ${value}`,
    });
  }
}

function missingValue(
  word: string,
  flag: Flag,
  instead?: string,
): UsageError {
  return new UsageError("flag wants a value", {
    subject: instead === undefined ? word : `${word} ${instead}`,
    remedy: `write ${word} ${flag.value ?? "VALUE"}` +
      (instead === undefined ? "" : `, or ${word}=${instead}`),
  });
}

function unknownFlag(word: string, names: Map<string, string>): UsageError {
  const [given] = splitFlag(word);
  const long = [...names.keys()].filter((name) => name.length > 1);
  const near = nearest(given, long) ??
    long.find((name) => given.toLowerCase().startsWith(name));
  return new UsageError("unknown flag", {
    subject: word,
    remedy: near
      ? `did you mean --${near}?`
      : "lumberjack VERB --help lists the flags",
  });
}
