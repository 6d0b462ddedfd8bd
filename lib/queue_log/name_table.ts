import { textOf } from "./text.ts";

const MAX_NAMES = 65536;

/**
 * Numbers for attribute names. Even a large queue has only a few hundred names.
 * Records are compared by number, and each name is decoded only once. Every
 * spelling of a name has a number, and the name without case has another one.
 */
export class NameTable {
  readonly #texts: string[] = [];
  readonly #folded: number[] = [];
  readonly #foldedNumbers = new Map<string, number>();
  // The numbers of names that were asked for. -1 means that there was no such
  // name when the last name was added.
  readonly #asked = new Map<string, number>();
  #unknown = false;
  #slots = new Int32Array(1024);
  #starts: number[] = [0];
  #bytes = new Uint8Array(16 * 1024);

  /** Whether the table has so many names that a new one should be made. */
  get isFull(): boolean {
    return this.#texts.length >= MAX_NAMES;
  }

  /** Returns the spelling with this number. */
  text(number: number): string {
    return this.#texts[number];
  }

  /**
   * Returns the number of a name without case from the number of its spelling.
   */
  folded(number: number): number {
    return this.#folded[number];
  }

  /**
   * Returns the number of a name without case, or -1 if the name is not in the
   * table.
   */
  find(name: string): number {
    let number = this.#asked.get(name);
    if (number !== undefined) return number;
    number = this.#foldedNumbers.get(foldCase(name)) ?? -1;
    if (this.#asked.size >= MAX_NAMES) this.#asked.clear();
    this.#asked.set(name, number);
    if (number < 0) this.#unknown = true;
    return number;
  }

  /**
   * Returns the number of a spelling, and adds it if necessary. `hash` is
   * {@linkcode hashByte} over its bytes.
   */
  number(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const mask = this.#slots.length - 1;
    hash ^= hash >>> 15;
    for (let slot = hash & mask;; slot = (slot + 1) & mask) {
      const number = this.#slots[slot] - 1;
      if (number < 0) return this.#add(bytes, start, end, slot);
      if (this.#is(number, bytes, start, end)) return number;
    }
  }

  #is(number: number, bytes: Uint8Array, start: number, end: number): boolean {
    let at = this.#starts[number];
    if (this.#starts[number + 1] - at !== end - start) return false;
    const known = this.#bytes;
    for (let from = start; from < end; from++) {
      if (known[at++] !== bytes[from]) return false;
    }
    return true;
  }

  #add(bytes: Uint8Array, start: number, end: number, slot: number): number {
    const number = this.#texts.length;
    const text = textOf(bytes.subarray(start, end));
    const lower = foldCase(text);
    let folded = this.#foldedNumbers.get(lower);
    if (folded === undefined) {
      folded = this.#foldedNumbers.size;
      this.#foldedNumbers.set(lower, folded);
      if (this.#unknown) this.#asked.clear();
      this.#unknown = false;
    }
    this.#texts.push(text);
    this.#folded.push(folded);
    const from = this.#starts[number];
    const to = from + end - start;
    if (to > this.#bytes.length) {
      const larger = new Uint8Array(to * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(bytes.subarray(start, end), from);
    this.#starts.push(to);
    this.#slots[slot] = number + 1;
    if (this.#texts.length * 2 > this.#slots.length) this.#rehash();
    return number;
  }

  #rehash(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    const mask = this.#slots.length - 1;
    for (let number = 0; number < this.#texts.length; number++) {
      let hash = 0;
      for (let at = this.#starts[number]; at < this.#starts[number + 1]; at++) {
        hash = hashByte(hash, this.#bytes[at]);
      }
      hash ^= hash >>> 15;
      let slot = hash & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = number + 1;
    }
  }
}

/** Returns the next value of the hash of a name. The first value is 0. */
export function hashByte(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, 0x01000193);
}

/**
 * Changes only A to Z to lower case, because HTCondor compares names that way.
 */
function foldCase(name: string): string {
  return name.replace(/[A-Z]+/g, (part) => part.toLowerCase());
}
