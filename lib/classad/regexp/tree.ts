/**
 * The syntax tree of a regular expression.
 *
 * @module
 */

/** A set of bytes: 256 bits in 8 words of 32 bits. */
export type ByteSet = Uint32Array;

/** Makes a set from ranges. Each range includes both ends. */
export function byteSet(
  ...ranges: readonly (readonly [number, number])[]
): ByteSet {
  const set = new Uint32Array(8);
  for (const [from, to] of ranges) addRange(set, from, to);
  return set;
}

/** Adds the bytes from `from` to `to`, both included. */
export function addRange(set: ByteSet, from: number, to: number): void {
  for (let code = from; code <= to; code++) set[code >> 5] |= 1 << (code & 31);
}

/** Returns whether a byte is in a set. */
export function hasByte(set: ByteSet, code: number): boolean {
  return (set[code >> 5] & (1 << (code & 31))) !== 0;
}

/** Returns the set of all bytes that are not in the given set. */
export function complement(set: ByteSet): ByteSet {
  return set.map((word) => ~word);
}

/** Returns the bytes that are in either set. */
export function union(a: ByteSet, b: ByteSet): ByteSet {
  return a.map((word, i) => word | b[i]);
}

/**
 * Returns a copy of the set that also has the other case of each ASCII letter.
 */
export function withBothCases(set: ByteSet): ByteSet {
  const result = set.slice();
  for (let code = 0x41; code <= 0x5a; code++) {
    if (hasByte(set, code)) addRange(result, code + 32, code + 32);
    if (hasByte(set, code + 32)) addRange(result, code, code);
  }
  return result;
}

/** A place in the text that matches without taking any byte. */
export type Position =
  | "start" // \A, ^
  | "line start" // ^ with m
  | "end" // \z
  | "end or final newline" // \Z, $
  | "line end" // $ with m
  | "word boundary" // \b
  | "no word boundary" // \B
  | "search start"; // \G

/** The condition of `(?(condition)…)`. */
export type Condition =
  | { readonly kind: "group"; readonly group: number | string }
  | { readonly kind: "look"; readonly look: LookNode }
  | { readonly kind: "never" };

/** An assertion: `(?=…)`, `(?!…)`, `(?<=…)` or `(?<!…)`. */
export interface LookNode {
  readonly kind: "look";
  readonly behind: boolean;
  readonly negative: boolean;
  readonly body: RegexpNode;
}

/** A node of the syntax tree. */
export type RegexpNode =
  | { readonly kind: "empty" }
  | { readonly kind: "set"; readonly set: ByteSet }
  | { readonly kind: "position"; readonly position: Position }
  | { readonly kind: "keep" }
  | { readonly kind: "fail" }
  | { readonly kind: "sequence"; readonly items: readonly RegexpNode[] }
  | { readonly kind: "choice"; readonly items: readonly RegexpNode[] }
  | {
    readonly kind: "group";
    readonly index: number;
    readonly body: RegexpNode;
  }
  | { readonly kind: "atomic"; readonly body: RegexpNode }
  | {
    readonly kind: "repeat";
    readonly body: RegexpNode;
    readonly min: number;
    readonly max: number;
    readonly lazy: boolean;
  }
  | {
    readonly kind: "reference";
    readonly group: number | string;
    readonly ignoreCase: boolean;
  }
  | { readonly kind: "call"; readonly group: number | string }
  | {
    readonly kind: "condition";
    readonly condition: Condition;
    readonly yes: RegexpNode;
    readonly no: RegexpNode;
  }
  | LookNode;

/** The result of reading a pattern. */
export interface RegexpTree {
  readonly root: RegexpNode;
  /** How many capturing groups there are. The whole match is not counted. */
  readonly groups: number;
  /** The numbers of the groups that have a name. */
  readonly names: ReadonlyMap<string, number>;
}
