import { textOf } from "./text.ts";

const MAX_NAMES = 65536;

/**
 * Attribute names by number. A queue of any size has a few hundred of them, so
 * records are compared by number, and a name is decoded once. A name in its
 * exact spelling has a number, and so has the name without its case.
 */
export class NameTable {
  readonly #texts: string[] = [];
  readonly #folded: number[] = [];
  readonly #foldedNumbers = new Map<string, number>();
  readonly #asked = new Map<string, string>();
  #slots = new Int32Array(1024);
  #starts: number[] = [0];
  #bytes = new Uint8Array(16 * 1024);

  /** Whether so many names were seen that it is time for a new table. */
  get isFull(): boolean {
    return this.#texts.length >= MAX_NAMES;
  }

  /** The spelling with this number. */
  text(number: number): string {
    return this.#texts[number];
  }

  /** The number of the name without its case, from the spelling's number. */
  folded(number: number): number {
    return this.#folded[number];
  }

  /** The number of the name without its case, or -1 if it was not seen yet. */
  find(name: string): number {
    let lower = this.#asked.get(name);
    if (lower === undefined) {
      lower = foldCase(name);
      if (this.#asked.size < MAX_NAMES) this.#asked.set(name, lower);
    }
    return this.#foldedNumbers.get(lower) ?? -1;
  }

  /** The number of a spelling. `hash` is {@linkcode hashByte} over its bytes. */
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

/** One step of the hash of a name; it begins with 0. */
export function hashByte(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, 0x01000193);
}

/** Lower case for A to Z only: HTCondor compares names so. */
function foldCase(name: string): string {
  return name.replace(/[A-Z]+/g, (part) => part.toLowerCase());
}
