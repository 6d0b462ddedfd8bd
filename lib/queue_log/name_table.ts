import { WordNumbers } from "./word_numbers.ts";

const MAX_NAMES = 65536;
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Numbers for attribute names. Even a large queue has only a few hundred names.
 * Records are compared by number, and each name is decoded only once. Every
 * spelling of a name has a number, and the name without case has another one.
 */
export class NameTable {
  readonly #spellings = new WordNumbers();
  // By the number of the spelling, which is at least 1.
  readonly #texts: string[] = [""];
  readonly #folded: number[] = [-1];
  readonly #foldedNumbers = new Map<string, number>();
  // The numbers of names that were asked for. -1 means that there was no such
  // name when the last name was added.
  readonly #asked = new Map<string, number>();
  #unknown = false;
  readonly #lists = new WeakMap<readonly string[], Uint16Array>();

  /** Whether the table has so many names that a new one should be made. */
  get isFull(): boolean {
    const { size, byteLength } = this.#spellings;
    return size >= MAX_NAMES || byteLength >= MAX_BYTES;
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
   * Returns, for each number of a name without case, the place of the name in
   * the list, counted from 1, or 0. A list is looked up only once, so it must
   * not change.
   */
  places(names: readonly string[]): Uint16Array {
    let places = this.#lists.get(names);
    if (places === undefined || places.length < this.#foldedNumbers.size) {
      const numbers = names.map((name) => this.#fold(foldCase(name)));
      places = new Uint16Array(this.#foldedNumbers.size * 2);
      for (const [at, number] of numbers.entries()) places[number] = at + 1;
      this.#lists.set(names, places);
    }
    return places;
  }

  /** Returns the number of a spelling, and adds it if necessary. */
  number(bytes: Uint8Array, start: number, end: number): number {
    const number = this.#spellings.number(bytes, start, end);
    if (number === this.#texts.length) this.#add(number);
    return number;
  }

  /**
   * Returns the offset after the spelling with this number if it begins at
   * `start`, or -1. After the last byte there must be three more ones.
   */
  endOf(number: number, words: DataView, start: number): number {
    return this.#spellings.endOf(number, words, start);
  }

  #add(number: number): void {
    const text = this.#spellings.text(number);
    this.#texts.push(text);
    this.#folded.push(this.#fold(foldCase(text)));
  }

  #fold(lower: string): number {
    let folded = this.#foldedNumbers.get(lower);
    if (folded === undefined) {
      folded = this.#foldedNumbers.size;
      this.#foldedNumbers.set(lower, folded);
      if (this.#unknown) this.#asked.clear();
      this.#unknown = false;
    }
    return folded;
  }
}

let common = new NameTable();

/**
 * Returns the table of names that all logs share, so that ads of two logs can
 * be compared by number. A full table is replaced by a new one.
 */
export function commonNames(): NameTable {
  if (common.isFull) common = new NameTable();
  return common;
}

/**
 * Changes only A to Z to lower case, because HTCondor compares names that way.
 */
function foldCase(name: string): string {
  return name.replace(/[A-Z]+/g, (part) => part.toLowerCase());
}
