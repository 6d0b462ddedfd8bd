import { ClassAdError, parse } from "../classad/mod.ts";
import { textOf } from "./text.ts";

const MAX_ENTRIES = 20_000;
const MAX_LENGTH = 2048;

/**
 * Checks whether values are expressions, as `ParseClassAdRvalExpr` in HTCondor
 * decides it. Common literals are recognised quickly, and every other value is
 * parsed only once.
 */
export class ValueCheck {
  readonly #good = new Set<string>();

  /**
   * Returns what is wrong with the value, or undefined if it is an expression.
   */
  problem(bytes: Uint8Array, start: number, end: number): string | undefined {
    if (isPlainLiteral(bytes, start, end)) return undefined;
    const text = textOf(bytes.subarray(start, end));
    if (this.#good.has(text)) return undefined;
    try {
      parse(text);
    } catch (error) {
      if (error instanceof ClassAdError) return error.message;
      throw error;
    }
    if (text.length <= MAX_LENGTH) {
      if (this.#good.size >= MAX_ENTRIES) this.#good.clear();
      this.#good.add(text);
    }
    return undefined;
  }
}

/** Returns whether the value is a small integer or a string without escapes. */
function isPlainLiteral(
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  const first = bytes[start];
  if (first === 34) { // '"'
    if (end - start < 2 || bytes[end - 1] !== 34) return false;
    for (let at = start + 1; at < end - 1; at++) {
      const byte = bytes[at];
      if (byte === 34 || byte === 92 || byte < 32) return false;
    }
    return true;
  }
  if (first >= 49 && first <= 57 && end - start <= 15) {
    for (let at = start + 1; at < end; at++) {
      if (bytes[at] < 48 || bytes[at] > 57) return false;
    }
    return true;
  }
  return first === 48 && end - start === 1;
}
