import { parseArgs } from "@std/cli/parse-args";
import {
  commonFlags,
  type Flag,
  type Flags,
  FlagValues,
  UsageError,
} from "./command.ts";

/** A command line taken apart. */
export interface ParsedLine {
  readonly flags: FlagValues;
  readonly args: readonly string[];
}

/**
 * Takes a verb's words apart. HTCondor's tools and the prototype write long
 * flags with one dash (`-constraint`), so one dash and two mean the same. A
 * value may begin with a dash, and a list flag takes words up to the next flag.
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
  const { assignments, args } = assign(words, names, all);
  const parsed = parseArgs(assignments, {
    string: Object.keys(all).filter((n) => takesValue(all[n])),
    boolean: Object.keys(all).filter((n) => !takesValue(all[n])),
    collect: Object.keys(all).filter((n) => all[n].type === "list"),
  }) as Record<string, unknown>;
  const values = new Map<string, string | boolean | readonly string[]>();
  for (const [name, flag] of Object.entries(all)) {
    const value = parsed[name];
    if (flag.type === "boolean") {
      if (value === true) values.set(name, true);
    } else if (flag.type === "list") {
      const list = value as string[];
      if (list.length > 0) values.set(name, list);
    } else if (typeof value === "string") {
      if (flag.type === "number") requireNumber(name, value);
      values.set(name, value);
    }
  }
  return { flags: new FlagValues(values), args };
}

function takesValue(flag: Flag): boolean {
  return flag.type !== "boolean";
}

function namesOf(flags: Flags): Map<string, string> {
  const names = new Map<string, string>();
  for (const [name, flag] of Object.entries(flags)) {
    names.set(name, name);
    for (const alias of flag.aliases ?? []) names.set(alias, name);
  }
  return names;
}

/** Rewrites every flag to `--name=value`, the one form without doubt. */
function assign(
  words: readonly string[],
  names: Map<string, string>,
  flags: Flags,
): { assignments: string[]; args: string[] } {
  const assignments: string[] = [];
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
    const flag = flags[name];
    if (!takesValue(flag)) {
      if (inline !== undefined) {
        throw new UsageError("flag takes no value", { subject: word });
      }
      assignments.push(`--${name}`);
    } else if (inline !== undefined) {
      assignments.push(`--${name}=${inline}`);
    } else if (flag.type === "list") {
      const start = at;
      while (at + 1 < words.length && !looksLikeFlag(words[at + 1])) {
        assignments.push(`--${name}=${words[++at]}`);
      }
      if (at === start) throw missingValue(word, flag);
    } else {
      if (at + 1 >= words.length) throw missingValue(word, flag);
      assignments.push(`--${name}=${words[++at]}`);
    }
  }
  return { assignments, args };
}

/** A dash alone is a file name (standard input), and `-1` is a value. */
function looksLikeFlag(word: string): boolean {
  return /^--?[A-Za-z]/.test(word);
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

function missingValue(word: string, flag: Flag): UsageError {
  return new UsageError("flag wants a value", {
    subject: word,
    remedy: `write ${word} ${flag.value ?? "VALUE"}`,
  });
}

function unknownFlag(word: string, names: Map<string, string>): UsageError {
  const given = splitFlag(word)[0].toLowerCase();
  const near = [...names.keys()].find((name) =>
    name.length > 1 && (name.startsWith(given) || given.startsWith(name))
  );
  return new UsageError("unknown flag", {
    subject: word,
    remedy: near ? `did you mean --${near}?` : "see --help",
  });
}
