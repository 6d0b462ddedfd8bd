/**
 * The syntax tree of a regular expression.
 *
 * @module
 */

/** One of 256 bytes, as 8 words of 32 bits. */
export type ByteSet = Uint32Array;

/** Makes a set of bytes. */
export function byteSet(
  ...ranges: readonly (readonly [number, number])[]
): ByteSet {
  const set = new Uint32Array(8);
  for (const [from, to] of ranges) addRange(set, from, to);
  return set;
}

/** Adds the bytes `from` to `to`. */
export function addRange(set: ByteSet, from: number, to: number): void {
  for (let code = from; code <= to; code++) set[code >> 5] |= 1 << (code & 31);
}

/** Whether a byte is in a set. */
export function hasByte(set: ByteSet, code: number): boolean {
  return (set[code >> 5] & (1 << (code & 31))) !== 0;
}

/** All bytes that are not in a set. */
export function complement(set: ByteSet): ByteSet {
  return set.map((word) => ~word);
}

/** The bytes of both. */
export function union(a: ByteSet, b: ByteSet): ByteSet {
  return a.map((word, i) => word | b[i]);
}

/** A set with the other case of each ASCII letter in it. */
export function withBothCases(set: ByteSet): ByteSet {
  const result = set.slice();
  for (let code = 0x41; code <= 0x5a; code++) {
    if (hasByte(set, code)) addRange(result, code + 32, code + 32);
    if (hasByte(set, code + 32)) addRange(result, code, code);
  }
  return result;
}

/** Where a match is, without taking any byte. */
export type Position =
  | "start" // \A, ^
  | "line start" // ^ with m
  | "end" // \z
  | "end or final newline" // \Z, $
  | "line end" // $ with m
  | "word boundary" // \b
  | "no word boundary" // \B
  | "search start"; // \G

/** What the condition of `(?(condition)…)` asks. */
export type Condition =
  | { readonly kind: "group"; readonly group: number | string }
  | { readonly kind: "look"; readonly look: LookNode }
  | { readonly kind: "never" };

/** `(?=…)`, `(?!…)`, `(?<=…)`, `(?<!…)`. */
export interface LookNode {
  readonly kind: "look";
  readonly behind: boolean;
  readonly negative: boolean;
  readonly body: RegexpNode;
}

/** A node of the tree. */
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

/** A pattern that has been read. */
export interface RegexpTree {
  readonly root: RegexpNode;
  /** How many groups there are, the whole match not counted. */
  readonly groups: number;
  /** The groups that have a name. */
  readonly names: ReadonlyMap<string, number>;
}
