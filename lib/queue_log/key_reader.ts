import { NAMED, parseKey } from "./key.ts";
import type { WordNumbers } from "./word_numbers.ts";
import { latin1 } from "./text.ts";

/**
 * Reads the keys of records as two numbers. In a log whose keys are words, the
 * first number is that of the word.
 */
export class KeyReader {
  /** The number before the dot of the last key. */
  cluster = 0;
  /** The number after the dot of the last key. */
  proc = 0;
  readonly #names: WordNumbers | undefined;

  /** With `names`, a key is any word. */
  constructor(names?: WordNumbers) {
    this.#names = names;
  }

  /**
   * Reads the key at `start` in its usual form. Returns the offset after it, or
   * -1 if the key has another form, or may continue after `filled`.
   */
  read(bytes: Uint8Array, start: number, filled: number): number {
    return this.#names === undefined
      ? this.#numbers(bytes, start)
      : this.#word(this.#names, bytes, start, filled);
  }

  /** Reads a key of any form. */
  parse(bytes: Uint8Array, start: number, end: number): void {
    if (this.#names !== undefined) {
      this.cluster = this.#names.number(bytes, start, end);
      this.proc = NAMED;
    } else if (this.#numbers(bytes, start) !== end) {
      const key = parseKey(latin1(bytes, start, end));
      this.cluster = key.cluster;
      this.proc = key.proc;
    }
  }

  /**
   * Returns whether {@linkcode KeyReader.read} has read the key as the schedd
   * writes it. Each key has only one such spelling. Any word is written as it
   * is.
   */
  isCanonical(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#names !== undefined) return true;
    const { cluster, proc } = this;
    if (proc === -1 && bytes[start] !== ZERO) return false;
    // A leading zero makes the key longer.
    const length = digits(cluster) + 1 + digits(Math.abs(proc)) +
      (proc < 0 ? 1 : 0) + (proc === -1 ? 1 : 0);
    return end - start === length;
  }

  /** Reads digits, a dot and digits that fit into 32 bits. */
  #numbers(bytes: Uint8Array, start: number): number {
    let at = start;
    let cluster = 0;
    let digit = bytes[at] - 48;
    while (digit >= 0 && digit <= 9) {
      cluster = cluster * 10 + digit;
      digit = bytes[++at] - 48;
    }
    if (at === start || at - start > 9 || bytes[at] !== DOT) return -1;
    const negative = bytes[++at] === MINUS;
    if (negative) at++;
    const digits = at;
    let proc = 0;
    digit = bytes[at] - 48;
    while (digit >= 0 && digit <= 9) {
      proc = proc * 10 + digit;
      digit = bytes[++at] - 48;
    }
    if (at === digits || at - digits > 9) return -1;
    this.cluster = cluster;
    this.proc = negative ? -proc : proc;
    return at;
  }

  #word(
    names: WordNumbers,
    bytes: Uint8Array,
    start: number,
    filled: number,
  ): number {
    let at = start;
    while (bytes[at] > 32) at++;
    if (at === start || at >= filled) return -1;
    this.cluster = names.number(bytes, start, at);
    this.proc = NAMED;
    return at;
  }
}

const ZERO = 48;
const DOT = 46;
const MINUS = 45;

function digits(number: number): number {
  let count = 1;
  for (let rest = number; rest >= 10; rest = Math.floor(rest / 10)) count++;
  return count;
}
