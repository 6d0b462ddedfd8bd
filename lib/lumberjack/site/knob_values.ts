/**
 * Reads the values of a site's knobs. Each reader returns the value, or throws a
 * {@linkcode WrongValue} that says what is wrong and what to write.
 *
 * @module
 */
import {
  attributeName,
  ClassAdSyntaxError,
  parse,
  references,
} from "../../classad/mod.ts";
import type { Knob } from "../../condor/knob_dump.ts";
import { LumberjackError } from "../error.ts";
import type { AttributeChange } from "../job/change.ts";
import { Selection } from "../job/selection.ts";
import type { Place } from "./site.ts";

/** Thrown for a value that a knob cannot have. */
export class WrongValue extends Error {
  /** What to write instead. */
  readonly remedy: string;

  /** `message` says what is wrong with the value. */
  constructor(message: string, remedy: string) {
    super(message);
    this.name = "WrongValue";
    this.remedy = remedy;
  }
}

/** Reads a constraint on jobs. One that is true for every job is wrong. */
export function readConstraint(text: string): string {
  try {
    new Selection({ constraint: text });
  } catch (error) {
    if (!(error instanceof LumberjackError)) throw error;
    throw new WrongValue(
      error.message,
      'write a ClassAd expression, such as DESIRED_Sites == "ALCF"',
    );
  }
  if (isConstant(text)) {
    throw new WrongValue(
      "the constraint is the same for every job",
      "name an attribute that only the right jobs have, such as " +
        'DESIRED_Sites == "ALCF"',
    );
  }
  return text;
}

function isConstant(text: string): boolean {
  const { my, target } = references(parse(text));
  return my.size + target.size === 0;
}

const sizeUnits: Readonly<Record<string, number>> = {
  "": 1,
  K: 2 ** 10,
  M: 2 ** 20,
  G: 2 ** 30,
  T: 2 ** 40,
};

/** Reads a size: a number of bytes, or one with K, M, G or T (powers of 1024). */
export function readSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([KMGT]?)i?B?$/i.exec(text);
  const bytes = match && Number(match[1]) * sizeUnits[match[2].toUpperCase()];
  if (bytes === null || !Number.isSafeInteger(Math.round(bytes))) {
    throw new WrongValue(
      "not a size",
      "write a number of bytes, such as 500 GB",
    );
  }
  return Math.round(bytes);
}

const timeUnits: Readonly<Record<string, number>> = {
  "": 1,
  s: 1,
  m: 60,
  h: 3600,
  d: 86400,
};

/** Reads a time: a number of seconds, or one with s, m, h or d. */
export function readTime(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([smhd]?)$/i.exec(text);
  if (!match) {
    throw new WrongValue(
      "not a time",
      "write seconds, or a time such as 2h or 7d",
    );
  }
  return Math.round(Number(match[1]) * timeUnits[match[2].toLowerCase()]);
}

/** Reads a number of jobs. */
export function readCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(count)) {
    throw new WrongValue(
      "not a number of jobs",
      "write a whole number, such as 1000",
    );
  }
  return count;
}

/** Reads a boolean as HTCondor does: true, yes, 1 and their opposites. */
export function readBoolean(text: string): boolean {
  if (/^(true|t|yes|y|1)$/i.test(text)) return true;
  if (/^(false|f|no|n|0)$/i.test(text)) return false;
  throw new WrongValue("neither true nor false", "write True or False");
}

/** Reads one of some words. */
export function readWord<Word extends string>(
  text: string,
  words: readonly Word[],
): Word {
  const word = words.find((word) => word === text.toLowerCase());
  if (word !== undefined) return word;
  throw new WrongValue("not known", `write one of ${words.join(", ")}`);
}

/** Returns a knob for messages: `NAME = VALUE (FILE, line N)`. */
export function describedKnob({ name, value, place }: Knob): string {
  const [line, ...more] = value.split("\n");
  return `${name} = ${line}${more.length > 0 ? " ..." : ""} (${place})`;
}

/** Reads a list of users, as the attribute Owner of jobs names them. */
export function readOwners(text: string): string[] {
  const names = readList(text);
  for (const name of names) {
    if (/^[A-Za-z_][\w.$\\-]*$/.test(name)) continue;
    throw new WrongValue(
      `${name} is not the name of a user`,
      "write names as in the attribute Owner of jobs, without quotes and " +
        "without a domain, such as alice bob",
    );
  }
  return names;
}

/** Reads a list of names, between them commas or blanks. */
export function readList(text: string): string[] {
  return text.split(/[\s,]+/).filter((item) => item !== "");
}

/** Reads an absolute path without `..`. */
export function readPath(text: string): string {
  if (!text.startsWith("/") || /(^|\/)\.\.?(\/|$)|[\0\n]/.test(text)) {
    throw new WrongValue(
      "not an absolute path",
      "write a path that begins with /, such as /scratch/lumberjack",
    );
  }
  return text.replace(/\/+$/, "") || "/";
}

/** Reads the name of a program, or its absolute path. */
export function readProgram(text: string): string {
  if (/^[\w.+-]+$/.test(text) && !text.startsWith("-")) return text;
  if (text.startsWith("/")) return readPath(text);
  throw new WrongValue(
    "neither the name of a program nor an absolute path",
    "write a name, such as lumberjack, or a path that begins with /",
  );
}

/** Reads a list of absolute paths. */
export function readPaths(text: string): string[] {
  return readList(text).map(readPath);
}

/** Reads lines `NAME = EXPRESSION`. */
export function readAssignments(text: string): AttributeChange[] {
  const changes: AttributeChange[] = [];
  for (const line of text.split("\n")) {
    if (/^\s*(#.*)?$/.test(line)) continue;
    const match = /^\s*(?:My\.)?([A-Za-z_]\w*)\s*=(?![=?!])\s*(.*?)\s*$/.exec(
      line,
    );
    if (!match || attributeName(match[1], "old") !== match[1]) {
      throw new WrongValue(
        `not an assignment: ${line.trim()}`,
        "write NAME = EXPRESSION, such as RequestMemory = 4096, one in a line " +
          "between @=end and @end",
      );
    }
    changes.push({ name: match[1], value: readExpression(match[2]) });
  }
  return changes;
}

function readExpression(text: string): string {
  try {
    parse(text);
    return text;
  } catch (error) {
    if (!(error instanceof ClassAdSyntaxError)) throw error;
    throw new WrongValue(
      `${text} does not parse (${error.message})`,
      'write a ClassAd expression; a string needs quotes: "text"',
    );
  }
}

/** Reads where bundles go, or come from. */
export function readPlace(text: string): Place {
  const command = /^command:\s*(.+)$/s.exec(text)?.[1];
  if (command !== undefined) {
    const argv = readList(command);
    readPath(argv[0]);
    return { kind: "command", argv };
  }
  const rsync = /^rsync:([^\s:/-][^\s:/]*):(.+)$/.exec(text);
  if (rsync) return { kind: "rsync", host: rsync[1], path: readPath(rsync[2]) };
  if (text.startsWith("/")) return { kind: "folder", path: readPath(text) };
  throw new WrongValue(
    "not a place for bundles",
    "write a folder (/path), rsync:HOST:/path, or command:/path/of/a/program",
  );
}
