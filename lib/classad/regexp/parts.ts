/**
 * Small parts of the syntax of regular expressions.
 *
 * @module
 */
import { PatternError } from "./character.ts";
import { byteSet, type RegexpNode } from "./tree.ts";

/** `*`, `+`, `?`, `{2}`, `{2,}`, `{,3}`, `{2,3}`, with space within braces. */
export const QUANTIFIER =
  /[*+?]|\{[ \t]*(\d+)[ \t]*(,?)[ \t]*(\d*)[ \t]*\}|\{[ \t]*,[ \t]*(\d+)[ \t]*\}/y;
const MAX_REPEAT = 65535;
const NAME = /[A-Za-z_]\w*/y;

/** `\R`. */
export const NEWLINE_SEQUENCE: RegexpNode = {
  kind: "atomic",
  body: {
    kind: "choice",
    items: [
      {
        kind: "sequence",
        items: [
          { kind: "set", set: byteSet([0x0d, 0x0d]) },
          { kind: "set", set: byteSet([0x0a, 0x0a]) },
        ],
      },
      { kind: "set", set: byteSet([0x0a, 0x0d], [0x85, 0x85]) },
    ],
  },
};

/** A name of a group. Throws {@linkcode PatternError} for what is none. */
export function checkedName(name: string): string {
  NAME.lastIndex = 0;
  if (NAME.exec(name)?.[0] !== name || name.length > 128) {
    throw new PatternError("malformed name");
  }
  return name;
}

/** How often at least and at most, of what {@linkcode QUANTIFIER} has found. */
export function repeatCounts(
  found: RegExpExecArray,
): [min: number, max: number] {
  switch (found[0]) {
    case "*":
      return [0, Infinity];
    case "+":
      return [1, Infinity];
    case "?":
      return [0, 1];
  }
  const min = Number(found[1] ?? 0);
  const last = found[4] ?? found[3];
  const max = last !== "" && last !== undefined
    ? Number(last)
    : found[2] === ","
    ? Infinity
    : min;
  if (min > MAX_REPEAT || (max > MAX_REPEAT && max !== Infinity)) {
    throw new PatternError("number too big in a quantifier");
  }
  if (max < min) throw new PatternError("numbers out of order in a quantifier");
  return [min, max];
}

/** A node that is repeated. */
export function repeated(
  body: RegexpNode,
  min: number,
  max: number,
  lazy: boolean,
): RegexpNode {
  // What takes no byte is the same however often it comes.
  if (body.kind === "position" || body.kind === "look") {
    const times = min > 0 ? 1 : 0;
    return { kind: "repeat", body, min: times, max: Math.min(max, 1), lazy };
  }
  return { kind: "repeat", body, min, max, lazy };
}

/** How many capturing groups a pattern has, for `\10` and up. */
export function countGroups(pattern: string): number {
  const plain = pattern.replace(
    /\\Q[^]*?(?:\\E|$)|\\[^]|\[\^?\]?(?:\\[^]|\[:[^]*?:\]|[^\]])*\]/g,
    "",
  );
  return plain.match(/\((?!\?|\*)|\(\?(?:P?<(?![=!])|')/g)?.length ?? 0;
}
