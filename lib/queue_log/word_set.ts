import { WordNumbers } from "./word_numbers.ts";

const MAX_WORDS = 20_000;
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * A set of byte sequences. It does not grow for ever: a full set becomes empty.
 * A search makes no objects.
 */
export class WordSet {
  #words = new WordNumbers();

  /** Returns whether the bytes from `start` to `end` are in the set. */
  has(bytes: Uint8Array, start: number, end: number): boolean {
    return this.#words.find(bytes, start, end) !== 0;
  }

  /** Adds the bytes from `start` to `end`. */
  add(bytes: Uint8Array, start: number, end: number): void {
    const { size, byteLength } = this.#words;
    if (size === MAX_WORDS || byteLength + end - start > MAX_BYTES) {
      this.#words = new WordNumbers();
    }
    this.#words.number(bytes, start, end);
  }
}
