/**
 * Splits the records of an ad into fields, four numbers for each attribute. The
 * numbers are kept in large arrays, because many small arrays are slow.
 *
 * @module
 */
import { commonNames, type NameTable } from "./name_table.ts";
import { Op, Outcome, RecordParser } from "./record.ts";
import { isSameKey } from "./same_key.ts";

/**
 * The fields of an attribute: the number of its spelling, the number of its
 * name without case, and the start and end of its value. The start is -1 if the
 * attribute was deleted.
 */
export const FIELDS = 4;
/** How many bytes must follow the last byte of the records. */
export const SLACK = 8;

const ARENA = 64 * 1024;
const parser = new RecordParser();
// "103 " as a little-endian word.
const SET = 0x20333031;

/** Splits records. Each table has its own reader. */
export class FieldReader {
  /** The start and the end of both types in the record that made the ad. */
  types: readonly [number, number, number, number] = [0, 0, 0, 0];
  /** The array that holds the fields of the last ad, from `start` to `end`. */
  fields = new Int32Array(0);
  /** Where the fields of the last ad begin. */
  start = 0;
  /** Where they end. */
  end = 0;
  #names = commonNames();
  // By position in an ad: the spelling that the ad before had there. Ads of a
  // cluster have the same attributes in the same order.
  #expected = new Int32Array(256);

  /** The names to which the numbers of the last ad belong. */
  get names(): NameTable {
    return this.#names;
  }

  /**
   * Begins an ad. Its first record, between `start` and `end`, is the one that
   * makes it. Returns the offset of the next record.
   */
  begin(bytes: Uint8Array, start: number, end: number): number {
    const names = commonNames();
    if (names !== this.#names) {
      this.#names = names;
      this.#expected.fill(0);
    }
    this.start = this.end;
    this.types = [0, 0, 0, 0];
    if (parser.parse(bytes, start, end, true) !== Outcome.record) return start;
    const { nameStart, nameEnd, valueStart, valueEnd } = parser;
    this.types = [nameStart, nameEnd, valueStart, valueEnd];
    return parser.next;
  }

  /** Adds the fields of the records between `start` and `end`. */
  add(bytes: Uint8Array, words: DataView, start: number, end: number): void {
    let at = start;
    // The key of the record before, including the blank.
    let keyAt = 0;
    let length = 0;
    while (at < end) {
      if (this.end + FIELDS > this.fields.length) this.#makeRoom();
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
      if (parser.op === Op.set || parser.op === Op.delete) {
        const { nameStart, nameEnd, valueStart, valueEnd } = parser;
        this.#put(
          this.#names.number(bytes, nameStart, nameEnd),
          parser.op === Op.set ? valueStart : -1,
          valueEnd,
        );
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
    const names = this.#names;
    const position = (this.end - this.start) >> 2;
    let name = position < this.#expected.length ? this.#expected[position] : 0;
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
    this.#put(name, valueStart, at);
    return at + 1;
  }

  #put(name: number, start: number, end: number): void {
    const { fields } = this;
    const at = this.end;
    fields[at] = name;
    fields[at + 1] = this.#names.folded(name);
    fields[at + 2] = start;
    fields[at + 3] = end;
    this.end = at + FIELDS;
    const position = (at - this.start) >> 2;
    if (position < this.#expected.length) this.#expected[position] = name;
  }

  /** Moves the fields of the current ad to a new array. */
  #makeRoom(): void {
    const used = this.end - this.start;
    // The first arrays are small, because most tables have few ads.
    const room = Math.min(ARENA, Math.max(1024, this.fields.length * 4));
    const larger = new Int32Array(Math.max(room, used * 2 + FIELDS));
    larger.set(this.fields.subarray(this.start, this.end));
    this.fields = larger;
    this.start = 0;
    this.end = used;
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
