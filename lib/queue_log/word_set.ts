const SLOTS = 65536;
const MAX_WORDS = 20_000;
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * A set of byte sequences. It does not grow for ever: a full set becomes empty.
 * A search makes no objects.
 */
export class WordSet {
  readonly #slots = new Int32Array(SLOTS);
  readonly #ends = new Int32Array(MAX_WORDS + 1);
  #bytes = new Uint8Array(64 * 1024);
  #size = 0;

  /** Returns whether the bytes from `start` to `end` are in the set. */
  has(bytes: Uint8Array, start: number, end: number): boolean {
    return this.#slots[this.#slotOf(bytes, start, end)] !== 0;
  }

  /** Adds the bytes from `start` to `end`. */
  add(bytes: Uint8Array, start: number, end: number): void {
    if (
      this.#size === MAX_WORDS ||
      this.#ends[this.#size] + end - start > MAX_BYTES
    ) {
      this.#slots.fill(0);
      this.#size = 0;
    }
    const slot = this.#slotOf(bytes, start, end);
    if (this.#slots[slot] !== 0) return;
    const from = this.#ends[this.#size];
    const to = from + end - start;
    if (to > this.#bytes.length) {
      const larger = new Uint8Array(to * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(bytes.subarray(start, end), from);
    this.#ends[++this.#size] = to;
    this.#slots[slot] = this.#size;
  }

  #slotOf(bytes: Uint8Array, start: number, end: number): number {
    let hash = end - start;
    for (let at = start; at < end; at++) {
      hash = Math.imul(hash ^ bytes[at], 0x01000193);
    }
    hash ^= hash >>> 15;
    for (let slot = hash & (SLOTS - 1);; slot = (slot + 1) & (SLOTS - 1)) {
      const word = this.#slots[slot];
      if (word === 0 || this.#is(word, bytes, start, end)) return slot;
    }
  }

  #is(word: number, bytes: Uint8Array, start: number, end: number): boolean {
    let at = this.#ends[word - 1];
    if (this.#ends[word] - at !== end - start) return false;
    const known = this.#bytes;
    for (let from = start; from < end; from++) {
      if (known[at++] !== bytes[from]) return false;
    }
    return true;
  }
}
