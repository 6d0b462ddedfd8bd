import { ClassAdError, parse } from "../classad/mod.ts";
import { textOf } from "./text.ts";
import { WordSet } from "./word_set.ts";

const MAX_LENGTH = 2048;
const QUOTE = 34;
const BACKSLASH = 92;
const DOT = 46;

/**
 * Checks whether values are expressions, as `ParseClassAdRvalExpr` in HTCondor
 * decides it. Common literals are recognised by their bytes, and every other
 * value is parsed only once.
 */
export class ValueCheck {
  readonly #good = new WordSet();

  /** Returns whether the value is an expression. */
  isGood(bytes: Uint8Array, start: number, end: number): boolean {
    return isPlainLiteral(bytes, start, end) ||
      this.#good.has(bytes, start, end) ||
      this.#parse(bytes, start, end) === undefined;
  }

  /**
   * Returns what is wrong with the value, or undefined if it is an expression.
   */
  problem(bytes: Uint8Array, start: number, end: number): string | undefined {
    if (
      isPlainLiteral(bytes, start, end) || this.#good.has(bytes, start, end)
    ) return undefined;
    return this.#parse(bytes, start, end);
  }

  #parse(bytes: Uint8Array, start: number, end: number): string | undefined {
    try {
      parse(textOf(bytes.subarray(start, end)));
    } catch (error) {
      if (error instanceof ClassAdError) return error.message;
      throw error;
    }
    if (end - start <= MAX_LENGTH) this.#good.add(bytes, start, end);
    return undefined;
  }
}

/** Returns whether the value is a small number or a string without escapes. */
function isPlainLiteral(
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  const first = bytes[start];
  if (first === QUOTE) {
    const last = end - 1;
    if (last <= start || bytes[last] !== QUOTE) return false;
    for (let at = start + 1; at < last; at++) {
      const byte = bytes[at];
      if (byte < 32 || byte === QUOTE || byte === BACKSLASH) return false;
    }
    return true;
  }
  if (first < 48 || first > 57 || end - start > 15) return false;
  if (first === 48) {
    return end - start === 1 ||
      (bytes[start + 1] === DOT && isDigits(bytes, start + 2, end));
  }
  for (let at = start + 1; at < end; at++) {
    const byte = bytes[at];
    if (byte === DOT) return isDigits(bytes, at + 1, end);
    if (byte < 48 || byte > 57) return false;
  }
  return true;
}

/** Returns whether there is at least one digit, and nothing else. */
function isDigits(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    if (bytes[at] < 48 || bytes[at] > 57) return false;
  }
  return end > start;
}
