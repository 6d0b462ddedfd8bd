import { textOf } from "./text.ts";

/**
 * A list of byte sequences with a number for each. The first one has the number
 * 1. A search makes no objects.
 */
export class WordNumbers {
  #starts = new Float64Array(1024);
  #bytes = new Uint8Array(32 * 1024);
  #words = new DataView(this.#bytes.buffer);
  #slots = new Int32Array(4096);
  #size = 0;

  /** How many words there are. */
  get size(): number {
    return this.#size;
  }

  /** How many bytes the words have. */
  get byteLength(): number {
    return this.#starts[this.#size];
  }

  /** Returns the number of a word, and adds the word if it is new. */
  number(bytes: Uint8Array, start: number, end: number): number {
    const slot = this.#slotOf(bytes, start, end);
    return this.#slots[slot] === 0
      ? this.#add(bytes, start, end, slot)
      : this.#slots[slot];
  }

  /** Returns the number of a word, or 0 if it is not in the list. */
  find(bytes: Uint8Array, start = 0, end = bytes.length): number {
    return this.#slots[this.#slotOf(bytes, start, end)];
  }

  /** Returns the word with this number. */
  text(number: number): string {
    return textOf(this.#word(number));
  }

  /**
   * Returns the offset after the word with this number if it begins at `start`,
   * or -1. Four bytes are compared at once, so after the word there must be
   * three more bytes.
   */
  endOf(number: number, words: DataView, start: number): number {
    const from = this.#starts[number - 1];
    const length = this.#starts[number] - from;
    const known = this.#words;
    // The last two groups of four bytes may overlap.
    const last = length - 4;
    for (let at = 0; at < last; at += 4) {
      if (
        words.getInt32(start + at, true) !== known.getInt32(from + at, true)
      ) return -1;
    }
    if (last >= 0) {
      return words.getInt32(start + last, true) ===
          known.getInt32(from + last, true)
        ? start + length
        : -1;
    }
    for (let at = 0; at < length; at++) {
      if (words.getUint8(start + at) !== known.getUint8(from + at)) return -1;
    }
    return start + length;
  }

  #word(number: number): Uint8Array {
    return this.#bytes.subarray(
      this.#starts[number - 1],
      this.#starts[number],
    );
  }

  #slotOf(bytes: Uint8Array, start: number, end: number): number {
    let hash = 0;
    for (let at = start; at < end; at++) {
      hash = Math.imul(hash ^ bytes[at], 0x01000193);
    }
    hash ^= hash >>> 15;
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask;; slot = (slot + 1) & mask) {
      const number = this.#slots[slot];
      if (number === 0 || this.#is(number, bytes, start, end)) return slot;
    }
  }

  #is(number: number, bytes: Uint8Array, start: number, end: number): boolean {
    let at = this.#starts[number - 1];
    if (this.#starts[number] - at !== end - start) return false;
    for (let from = start; from < end; from++) {
      if (this.#bytes[at++] !== bytes[from]) return false;
    }
    return true;
  }

  #add(bytes: Uint8Array, start: number, end: number, slot: number): number {
    const from = this.#starts[this.#size];
    const to = from + end - start;
    if (to > this.#bytes.length) {
      const larger = new Uint8Array(to * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#words = new DataView(larger.buffer);
    }
    this.#bytes.set(bytes.subarray(start, end), from);
    const number = ++this.#size;
    if (number >= this.#starts.length) {
      const larger = new Float64Array(number * 2);
      larger.set(this.#starts);
      this.#starts = larger;
    }
    this.#starts[number] = to;
    this.#slots[slot] = number;
    if (number * 2 > this.#slots.length) this.#rehash();
    return number;
  }

  #rehash(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (let number = 1; number <= this.#size; number++) {
      const word = this.#word(number);
      this.#slots[this.#slotOf(word, 0, word.length)] = number;
    }
  }
}
