/**
 * Small parts of the syntax of regular expressions.
 *
 * @module
 */
import { PatternError } from "./character.ts";
import { byteSet, type RegexpNode } from "./tree.ts";

/**
 * `*`, `+`, `?`, `{2}`, `{2,}`, `{,3}` or `{2,3}`. Space is allowed within the
 * braces.
 */
export const QUANTIFIER =
  /[*+?]|\{[ \t]*(\d+)[ \t]*(,?)[ \t]*(\d*)[ \t]*\}|\{[ \t]*,[ \t]*(\d+)[ \t]*\}/y;
const MAX_REPEAT = 65535;
const NAME = /[A-Za-z_]\w*/y;

/** `\R`, any sequence that ends a line. */
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

/**
 * Returns the name of a group. Throws {@linkcode PatternError} if the text is
 * not a valid name.
 */
export function checkedName(name: string): string {
  NAME.lastIndex = 0;
  if (NAME.exec(name)?.[0] !== name || name.length > 128) {
    throw new PatternError("malformed name");
  }
  return name;
}

/**
 * Returns the lowest and the highest number of repetitions that a match of
 * {@linkcode QUANTIFIER} asks for.
 */
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

/** Returns a node that repeats `body`. */
export function repeated(
  body: RegexpNode,
  min: number,
  max: number,
  lazy: boolean,
): RegexpNode {
  // A node that takes no byte matches the same however often it is repeated.
  if (body.kind === "position" || body.kind === "look") {
    const times = min > 0 ? 1 : 0;
    return { kind: "repeat", body, min: times, max: Math.min(max, 1), lazy };
  }
  return { kind: "repeat", body, min, max, lazy };
}

/**
 * Returns how many capturing groups a pattern has. `\10` and above need the
 * number before the groups are read.
 */
export function countGroups(pattern: string): number {
  const plain = pattern.replace(
    /\\Q[^]*?(?:\\E|$)|\\[^]|\[\^?\]?(?:\\[^]|\[:[^]*?:\]|[^\]])*\]/g,
    "",
  );
  return plain.match(/\((?!\?|\*)|\(\?(?:P?<(?![=!])|')/g)?.length ?? 0;
}
