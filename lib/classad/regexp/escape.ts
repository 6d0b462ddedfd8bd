/**
 * Escapes outside character classes: `\d`, `\b`, `\1`, `\g{name}` and others.
 *
 * @module
 */
import {
  ANY_BYTE,
  byteCode,
  byteEscape,
  classEscape,
  NOT_NEWLINE,
  PatternError,
} from "./character.ts";
import { checkedName, NEWLINE_SEQUENCE, QUANTIFIER } from "./parts.ts";
import type { PatternState } from "./pattern_state.ts";
import type { Position, RegexpNode } from "./tree.ts";

const POSITIONS: Readonly<Record<string, Position>> = {
  A: "start",
  Z: "end or final newline",
  z: "end",
  b: "word boundary",
  B: "no word boundary",
  G: "search start",
};

/**
 * Reads an escape. The reader stands after the backslash. Throws
 * {@linkcode PatternError} for an escape that PCRE refuses, or that this
 * library does not support.
 */
export function readEscape(state: PatternState): RegexpNode {
  const { reader } = state;
  const letter = reader.next();
  const position = POSITIONS[letter];
  if (position !== undefined) return { kind: "position", position };
  if (letter === "K") {
    if (state.assertions > 0) throw new PatternError("\\K in an assertion");
    return { kind: "keep" };
  }
  if (letter === "N") return notNewline(state);
  if (letter === "C") return { kind: "set", set: ANY_BYTE };
  if (letter === "R") return NEWLINE_SEQUENCE;
  if (/[1-9]/.test(letter)) return digits(state);
  if (letter === "g") return groupEscape(state);
  if (letter === "k") return state.reference(delimitedName(state));
  const set = classEscape(letter);
  if (set !== undefined) return { kind: "set", set };
  const code = byteEscape(reader, letter);
  if (code === undefined) throw new PatternError(`unknown escape \\${letter}`);
  return state.byte(code);
}

/** Reads `\N`. With a name in braces it is a Unicode character in PCRE. */
function notNewline({ reader }: PatternState): RegexpNode {
  const start = reader.position;
  if (reader.peek() === "{" && reader.match(QUANTIFIER) === null) {
    throw new PatternError("\\N{} is not supported");
  }
  reader.position = start;
  return { kind: "set", set: NOT_NEWLINE };
}

/**
 * Reads `\1` and similar escapes. `\1` to `\9` are always a group. `\10` and
 * above are a group if the pattern has that many groups, otherwise a byte in
 * octal.
 */
function digits(state: PatternState): RegexpNode {
  const { reader } = state;
  reader.position--;
  const digits = reader.match(/\d+/y)![0];
  const group = Number(digits);
  if (group < 10 || group <= state.totalGroups) return state.reference(group);
  reader.position -= digits.length;
  const octal = reader.match(/[0-7]{1,3}/y);
  if (octal === null) return state.reference(group);
  return state.byte(byteCode(octal[0], 8));
}

/** Reads `\g{1}` (a back reference) or `\g<1>` (a call). */
function groupEscape(state: PatternState): RegexpNode {
  const { reader } = state;
  if (reader.peek() === "<" || reader.peek() === "'") {
    const close = reader.next() === "<" ? ">" : "'";
    return { kind: "call", group: state.groupOf(reader.until(close)) };
  }
  const text = reader.take("{")
    ? reader.until("}").trim()
    : reader.match(/[+-]?\d+/y)?.[0] ?? "";
  return state.reference(state.groupOf(text));
}

/** Reads the name of `\k<name>`, `\k'name'` or `\k{name}`. */
function delimitedName({ reader }: PatternState): string {
  const open = reader.next();
  const close = { "<": ">", "'": "'", "{": "}" }[open];
  if (close === undefined) throw new PatternError("name expected");
  return checkedName(reader.until(close).trim());
}
