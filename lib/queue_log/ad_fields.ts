/**
 * The attributes of one ad as numbers: four for each. The memory is used again
 * for the next ad, because small arrays for each ad are slow.
 *
 * @module
 */
import { commonNames, type NameTable } from "./name_table.ts";
import { Op, Outcome, RecordParser } from "./record.ts";
import { isSameKey } from "./same_key.ts";

/**
 * What is kept of an attribute: the number of its spelling, the number of its
 * name without case, and the start and end of its value. Both numbers are -1 if
 * the attribute was deleted.
 */
export const FIELDS = 4;
/** How many bytes must follow the last byte of the records. */
export const SLACK = 8;

const parser = new RecordParser();
// "103 " as a little-endian word.
const SET = 0x20333031;

/**
 * The spelling that the ad before had at each position. Jobs have the same
 * attributes in the same order.
 */
export class ExpectedNames {
  /** The names to which the numbers belong. */
  names: NameTable = commonNames();
  /** The numbers of spellings by position, or 0. */
  readonly numbers = new Int32Array(256);

  /** Forgets the numbers if the table of names was replaced. */
  renew(): NameTable {
    const names = commonNames();
    if (names !== this.names) {
      this.names = names;
      this.numbers.fill(0);
    }
    return names;
  }
}

/**
 * The attributes that an ad has after all of its records, in the order in which
 * they were first set.
 */
export class AdFields {
  /** The start and the end of both types in the record that made the ad. */
  readonly types: [number, number, number, number] = [0, 0, 0, 0];
  /** The names to which the numbers belong. */
  names: NameTable = commonNames();
  /** {@linkcode FIELDS} numbers for each attribute. */
  values = new Int32Array(64 * FIELDS);
  /** How many of these numbers belong to the current ad. */
  size = 0;
  readonly #expected: ExpectedNames;
  // How many records were read.
  #position = 0;
  // By the number of a name without case: where its fields may be. What stands
  // there says whether they are of this name.
  #places = new Int32Array(1024);

  /** `expected` is shared by ads that are like each other. */
  constructor(expected: ExpectedNames) {
    this.#expected = expected;
  }

  /**
   * Begins an ad. Its first record, between `start` and `end`, is the one that
   * makes it. Returns the offset of the next record.
   */
  begin(bytes: Uint8Array, start: number, end: number): number {
    this.names = this.#expected.renew();
    this.size = 0;
    this.#position = 0;
    const { types } = this;
    types[0] =
      types[1] =
      types[2] =
      types[3] =
        0;
    if (parser.parse(bytes, start, end, true) !== Outcome.record) return start;
    types[0] = parser.nameStart;
    types[1] = parser.nameEnd;
    types[2] = parser.valueStart;
    types[3] = parser.valueEnd;
    return parser.next;
  }

  /**
   * Returns where the fields of the name with this number are, or -1 if the ad
   * has no such attribute.
   */
  find(number: number): number {
    if (number < 0 || number >= this.#places.length) return -1;
    const f = this.#places[number];
    return f < this.size && this.values[f + 1] === number ? f : -1;
  }

  /** Applies the records between `start` and `end`. */
  add(bytes: Uint8Array, words: DataView, start: number, end: number): void {
    let at = start;
    // The key of the record before, including the blank.
    let keyAt = 0;
    let length = 0;
    while (at < end) {
      // Nearly all records are a 103 in the form that the schedd writes. The key
      // is the same in all of them.
      if (words.getInt32(at, true) === SET) {
        const key = at + 4;
        if (length === 0 || !isSameKey(words, key, keyAt, length)) {
          keyAt = key;
          length = keyLength(bytes, key, end);
        }
        const next = length === 0
          ? 0
          : this.#takeSet(bytes, words, key + length, end);
        if (next > 0) {
          at = next;
          continue;
        }
      }
      if (parser.parse(bytes, at, end, true) !== Outcome.record) break;
      if (parser.op === Op.set) {
        const { nameStart, nameEnd, valueStart, valueEnd } = parser;
        const name = this.names.number(bytes, nameStart, nameEnd);
        this.#set(name, valueStart, valueEnd);
      } else if (parser.op === Op.delete) {
        const { nameStart, nameEnd } = parser;
        this.#delete(this.names.number(bytes, nameStart, nameEnd));
      }
      at = parser.next;
    }
  }

  /**
   * Reads a name and a value in the form that the schedd writes. Returns the
   * offset of the next record, or 0 for any other form.
   *
   * `(w - n * 0x01010101) & ~w & 0x80808080` is not zero if a byte of `w` is
   * less than `n`. Its lowest bit belongs to the first such byte.
   */
  #takeSet(
    bytes: Uint8Array,
    words: DataView,
    nameStart: number,
    end: number,
  ): number {
    const names = this.names;
    const expected = this.#expected.numbers;
    const position = this.#position;
    let name = position < expected.length ? expected[position] : 0;
    let at = name === 0 ? -1 : names.endOf(name, words, nameStart);
    if (at < 0 || bytes[at] !== 32) {
      at = nameStart;
      while (at < end && bytes[at] > 32) at++;
      if (bytes[at] !== 32 || at === nameStart) return 0;
      name = names.number(bytes, nameStart, at);
    }
    if (at >= end) return 0;
    const valueStart = ++at;
    let word = words.getInt32(at, true);
    let found = (word - 0x0b0b0b0b) & ~word & -0x7f7f7f80;
    while (found === 0 && at < end) {
      at += 4;
      word = words.getInt32(at, true);
      found = (word - 0x0b0b0b0b) & ~word & -0x7f7f7f80;
    }
    at += (31 - Math.clz32(found & -found)) >> 3;
    if (at >= end || bytes[at] !== 10) {
      at = valueStart;
      while (at < end && bytes[at] > 10) at++;
    }
    if (at >= end || bytes[at] !== 10 || at === valueStart) return 0;
    this.#set(name, valueStart, at);
    return at + 1;
  }

  /** Sets an attribute. It keeps the place and the spelling that it has. */
  #set(name: number, start: number, end: number): void {
    this.#expect(name);
    const number = this.names.folded(name);
    let f = this.find(number);
    if (f < 0) {
      f = this.size;
      if (f + FIELDS > this.values.length) this.#makeRoom();
      if (number >= this.#places.length) this.#knowNames(number);
      this.#places[number] = f;
      this.values[f] = name;
      this.values[f + 1] = number;
      this.size = f + FIELDS;
    }
    this.values[f + 2] = start;
    this.values[f + 3] = end;
  }

  #delete(name: number): void {
    this.#expect(name);
    const f = this.find(this.names.folded(name));
    if (f < 0) return;
    this.values[f] = -1;
    this.values[f + 1] = -1;
  }

  /** Notes the name that the next ad probably has at this position. */
  #expect(name: number): void {
    const { numbers } = this.#expected;
    const position = this.#position++;
    if (position < numbers.length) numbers[position] = name;
  }

  #makeRoom(): void {
    const larger = new Int32Array(this.values.length * 2);
    larger.set(this.values);
    this.values = larger;
  }

  #knowNames(number: number): void {
    const larger = new Int32Array(number * 2);
    larger.set(this.#places);
    this.#places = larger;
  }
}

/**
 * Returns the length of the key at `start`, including the blank after it, or 0
 * if it is too short to be compared or does not end with a blank.
 */
function keyLength(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] > 32) at++;
  return at < end && bytes[at] === 32 && at - start >= 3 ? at + 1 - start : 0;
}
