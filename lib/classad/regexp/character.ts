/**
 * Characters, escapes and character classes of regular expressions.
 *
 * @module
 */
import {
  addRange,
  type ByteSet,
  byteSet,
  complement,
  union,
  withBothCases,
} from "./tree.ts";

/**
 * Thrown for a pattern that PCRE refuses, or that this library does not
 * support.
 */
export class PatternError extends Error {}

const DIGIT = byteSet([0x30, 0x39]);
const WORD = byteSet([0x30, 0x39], [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]);
const SPACE = byteSet([0x09, 0x0d], [0x20, 0x20]);
const HORIZONTAL = byteSet([0x09, 0x09], [0x20, 0x20], [0xa0, 0xa0]);
const VERTICAL = byteSet([0x0a, 0x0d], [0x85, 0x85]);
/** Every byte except newline. */
export const NOT_NEWLINE: ByteSet = complement(byteSet([0x0a, 0x0a]));
/** Every byte. */
export const ANY_BYTE: ByteSet = byteSet([0, 255]);

/**
 * Returns the set that `\d`, `\w` and similar escapes stand for, or undefined
 * if the letter is no class escape.
 */
export function classEscape(letter: string): ByteSet | undefined {
  switch (letter) {
    case "d":
      return DIGIT;
    case "D":
      return complement(DIGIT);
    case "w":
      return WORD;
    case "W":
      return complement(WORD);
    case "s":
      return SPACE;
    case "S":
      return complement(SPACE);
    case "h":
      return HORIZONTAL;
    case "H":
      return complement(HORIZONTAL);
    case "v":
      return VERTICAL;
    case "V":
      return complement(VERTICAL);
    default:
      return undefined;
  }
}

/** Returns whether a byte counts as part of a word for `\b`. */
export function isWordByte(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) ||
    code === 0x5f || (code >= 0x61 && code <= 0x7a);
}

const POSIX: Readonly<Record<string, ByteSet>> = {
  alpha: byteSet([0x41, 0x5a], [0x61, 0x7a]),
  lower: byteSet([0x61, 0x7a]),
  upper: byteSet([0x41, 0x5a]),
  alnum: byteSet([0x30, 0x39], [0x41, 0x5a], [0x61, 0x7a]),
  ascii: byteSet([0, 0x7f]),
  blank: byteSet([0x09, 0x09], [0x20, 0x20]),
  cntrl: byteSet([0, 0x1f], [0x7f, 0x7f]),
  digit: DIGIT,
  graph: byteSet([0x21, 0x7e]),
  print: byteSet([0x20, 0x7e]),
  punct: byteSet([0x21, 0x2f], [0x3a, 0x40], [0x5b, 0x60], [0x7b, 0x7e]),
  space: SPACE,
  word: WORD,
  xdigit: byteSet([0x30, 0x39], [0x41, 0x46], [0x61, 0x66]),
};

/** Reads a pattern from left to right. */
export class PatternReader {
  readonly text: string;
  position = 0;

  constructor(text: string) {
    this.text = text;
  }

  get atEnd(): boolean {
    return this.position >= this.text.length;
  }

  peek(ahead = 0): string {
    return this.text[this.position + ahead] ?? "";
  }

  next(): string {
    if (this.atEnd) throw new PatternError("pattern ends too early");
    return this.text[this.position++];
  }

  /** Moves past the text if it comes next. Returns whether it did. */
  take(text: string): boolean {
    if (!this.text.startsWith(text, this.position)) return false;
    this.position += text.length;
    return true;
  }

  /** Moves past what the sticky pattern matches here, and returns the match. */
  match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.text);
    if (found !== null) this.position += found[0].length;
    return found;
  }

  /**
   * Returns the text before the mark, and moves past the mark. Throws
   * {@linkcode PatternError} if the mark does not follow.
   */
  until(mark: string): string {
    const end = this.text.indexOf(mark, this.position);
    if (end < 0) throw new PatternError(`${mark} is missing`);
    const found = this.text.slice(this.position, end);
    this.position = end + mark.length;
    return found;
  }
}

const HEX = /\{\s*([\da-fA-F]+)\s*\}|([\da-fA-F]{0,2})/y;
const OCTAL_BRACES = /\{\s*([0-7]+)\s*\}/y;
const OCTAL = /[0-7]{1,3}/y;

/**
 * Returns the byte that an escape stands for, or undefined if it does not stand
 * for a single byte. The reader stands after the letter.
 */
export function byteEscape(
  reader: PatternReader,
  letter: string,
): number | undefined {
  if (!/[A-Za-z0-9]/.test(letter)) return letter.charCodeAt(0);
  switch (letter) {
    case "a":
      return 7;
    case "e":
      return 27;
    case "f":
      return 12;
    case "n":
      return 10;
    case "r":
      return 13;
    case "t":
      return 9;
    case "0":
      reader.position--;
      return byteCode(reader.match(OCTAL)![0], 8);
    case "o": {
      const found = reader.match(OCTAL_BRACES);
      if (found === null) throw new PatternError("malformed \\o{}");
      return byteCode(found[1], 8);
    }
    case "x": {
      const found = reader.match(HEX)!;
      return byteCode(found[1] ?? found[2] ?? "0", 16);
    }
    case "c": {
      const control = reader.next().toUpperCase().charCodeAt(0);
      if (control < 0x20 || control > 0x7e) {
        throw new PatternError("malformed \\c");
      }
      return control ^ 0x40;
    }
    default:
      return undefined;
  }
}

/**
 * Returns the byte with the code that the digits give. Throws {@linkcode
 * PatternError} if the code is above 255.
 */
export function byteCode(digits: string, radix: number): number {
  const code = parseInt(digits || "0", radix);
  if (code > 255) throw new PatternError("character does not fit a byte");
  return code;
}

/** Reads a character class. The reader stands after its `[`. */
export function readClass(
  reader: PatternReader,
  ignoreCase: boolean,
): ByteSet {
  const negated = reader.take("^");
  let set = byteSet();
  let first = true;
  for (;;) {
    if (reader.atEnd) throw new PatternError("] is missing");
    if (!first && reader.take("]")) break;
    const item = readClassItem(reader);
    first = false;
    if (typeof item !== "number") {
      if (item === undefined) continue;
      set = union(set, item);
      if (reader.peek() === "-" && !/^(\]|)$/.test(reader.peek(1))) {
        throw new PatternError("range starts with a class");
      }
      continue;
    }
    addRange(set, item, readRangeEnd(reader, item));
  }
  if (ignoreCase) set = withBothCases(set);
  return negated ? complement(set) : set;
}

/**
 * Returns the last byte of a range such as `a-z`. The reader stands after the
 * first byte of the range. Returns `from` if no range follows.
 */
function readRangeEnd(reader: PatternReader, from: number): number {
  if (reader.peek() !== "-" || reader.peek(1) === "]") return from;
  const start = reader.position;
  reader.position++;
  if (reader.atEnd) throw new PatternError("] is missing");
  const to = readClassItem(reader);
  if (typeof to === "number") {
    if (to < from) throw new PatternError("range out of order");
    return to;
  }
  if (to !== undefined) throw new PatternError("range ends in a class");
  reader.position = start;
  return from;
}

const POSIX_CLASS = /\[:(\^?)((?:[^\]\[\\]|\\[\]\\]?|\[(?!:))*?):\]/y;
const POSIX_OTHER = /\[([.=])[^\]]*\1\]/y;

/** Returns one byte, a set, or undefined if the item adds nothing (`\E`). */
function readClassItem(reader: PatternReader): number | ByteSet | undefined {
  const posix = reader.match(POSIX_CLASS);
  if (posix !== null) {
    const set = Object.hasOwn(POSIX, posix[2]) ? POSIX[posix[2]] : undefined;
    if (set === undefined) throw new PatternError("unknown POSIX class");
    return posix[1] === "" ? set : complement(set);
  }
  if (reader.match(POSIX_OTHER) !== null) {
    throw new PatternError("POSIX collating elements are not supported");
  }
  const character = reader.next();
  if (character !== "\\") return character.charCodeAt(0);
  const letter = reader.next();
  if (letter === "b") return 8;
  if (letter === "E") return undefined;
  if (letter === "Q") return readQuotedInClass(reader);
  if (/[1-9]/.test(letter)) {
    reader.position--;
    const octal = reader.match(OCTAL);
    if (octal !== null) return byteCode(octal[0], 8);
    throw new PatternError("backreference in a class");
  }
  const set = classEscape(letter);
  if (set !== undefined) return set;
  const code = byteEscape(reader, letter);
  if (code === undefined) throw new PatternError(`unknown escape \\${letter}`);
  return code;
}

function readQuotedInClass(reader: PatternReader): ByteSet {
  const set = byteSet();
  for (const character of reader.until("\\E")) {
    const code = character.charCodeAt(0);
    addRange(set, code, code);
  }
  return set;
}
