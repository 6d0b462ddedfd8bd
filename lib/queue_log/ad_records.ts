import { hashByte, type NameTable } from "./name_table.ts";
import { Op, Outcome, RecordParser } from "./record.ts";

// The fields of an attribute: the number of its spelling, the number of its
// name without case, and the start and end of its value. The start is -1 if the
// attribute was deleted.
const FIELDS = 4;
const parser = new RecordParser();
// This memory is shared by all ads. That is safe, because reading an ad's
// records never calls code of others.
let scratch = new Int32Array(256 * FIELDS);
let latest = new Int32Array(1024);
// The fields of an ad are cut from a larger array, because many small arrays
// are slow.
const ARENA = 64 * 1024;
let arena = new Int32Array(ARENA);
let arenaUsed = 0;
// One visit within another is rare. Only the outermost one uses this memory.
let visited = new Int32Array(256 * FIELDS);
let visits = 0;

/**
 * How many bytes {@linkcode AdRecords} needs after the last byte of the
 * records.
 */
export const SLACK = 8;

/**
 * Called with one attribute: its name, and the bytes that hold its value from
 * `start` to `end`.
 */
export type AttributeVisitor = (
  name: string,
  bytes: Uint8Array,
  start: number,
  end: number,
) => void;

/**
 * The records of one ad. They are split into fields, but not decoded. The bytes
 * belong to the ad, so slices of them stay valid.
 */
export class AdRecords {
  /** The start and the end of both types in the record that made the ad. */
  readonly types: readonly [number, number, number, number];
  readonly #bytes: Uint8Array;
  readonly #names: NameTable;
  readonly #fields: Int32Array;

  /**
   * Splits bytes into records. `ends` are the offsets at which each run ends.
   * After the last run there must be {@linkcode SLACK} unused bytes.
   */
  constructor(bytes: Uint8Array, ends: readonly number[], names: NameTable) {
    this.#bytes = bytes;
    this.#names = names;
    this.types = [0, 0, 0, 0];
    let count = 0;
    let at = 0;
    if (
      ends.length > 0 &&
      parser.parse(bytes, 0, ends[0], true) === Outcome.record
    ) {
      const { nameStart, nameEnd, valueStart, valueEnd } = parser;
      this.types = [nameStart, nameEnd, valueStart, valueEnd];
      at = parser.next;
    }
    for (const end of ends) {
      count = takeApart(bytes, at, end, names, count);
      at = end;
    }
    this.#fields = keep(count * FIELDS);
  }

  /** Returns a part of the bytes, without copying it. */
  slice(start: number, end: number): Uint8Array {
    return this.#bytes.subarray(start, end);
  }

  /**
   * Returns the latest value of an attribute, or undefined. The name may be in
   * any case.
   */
  value(name: string): Uint8Array | undefined {
    const number = this.#names.find(name);
    if (number < 0) return undefined;
    const fields = this.#fields;
    for (let f = fields.length - FIELDS; f >= 0; f -= FIELDS) {
      if (fields[f + 1] !== number) continue;
      if (fields[f + 2] < 0) return undefined;
      return this.#bytes.subarray(fields[f + 2], fields[f + 3]);
    }
    return undefined;
  }

  /**
   * Compares the latest value of an attribute with other bytes. Returns
   * undefined if the attribute does not exist.
   */
  holds(
    name: string,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): boolean | undefined {
    const number = this.#names.find(name);
    if (number < 0) return undefined;
    const fields = this.#fields;
    for (let f = fields.length - FIELDS; f >= 0; f -= FIELDS) {
      if (fields[f + 1] !== number) continue;
      const from = fields[f + 2];
      if (from < 0) return undefined;
      return isEqual(this.#bytes, from, fields[f + 3], bytes, start, end);
    }
    return undefined;
  }

  /**
   * Calls `visit` for the attributes that exist after all records, in the order
   * in which they were first set. It gets the name as it was first written.
   */
  visit(visit: AttributeVisitor): void {
    const size = this.#fields.length;
    const fields = visits === 0 ? visitedRoom(size) : new Int32Array(size);
    for (let f = 0; f < size; f++) fields[f] = this.#fields[f];
    keepLatest(fields, size);
    visits++;
    try {
      for (let f = 0; f < size; f += FIELDS) {
        if (fields[f] < 0) continue;
        visit(
          this.#names.text(fields[f]),
          this.#bytes,
          fields[f + 2],
          fields[f + 3],
        );
      }
    } finally {
      visits--;
    }
  }
}

function isEqual(
  a: Uint8Array,
  aStart: number,
  aEnd: number,
  b: Uint8Array,
  start: number,
  end: number,
): boolean {
  if (aEnd - aStart !== end - start) return false;
  for (let at = start, k = aStart; at < end; at++, k++) {
    if (a[k] !== b[at]) return false;
  }
  return true;
}

/**
 * Moves the value of each attribute to the place where the attribute was first
 * set. All other fields get the name -1.
 */
function keepLatest(fields: Int32Array, size: number): void {
  // For each name, `latest` holds the field of the attribute that exists now,
  // plus one.
  for (let f = 0; f < size; f += FIELDS) {
    const name = fields[f + 1];
    if (name >= latest.length) growLatest(name);
    const first = latest[name] - 1;
    if (fields[f + 2] < 0) {
      if (first >= 0) fields[first] = -1;
      latest[name] = 0;
      fields[f] = -1;
    } else if (first >= 0) {
      fields[first + 2] = fields[f + 2];
      fields[first + 3] = fields[f + 3];
      fields[f] = -1;
    } else {
      latest[name] = f + 1;
    }
  }
  for (let f = 0; f < size; f += FIELDS) latest[fields[f + 1]] = 0;
}

/** Returns a copy of the first `size` numbers of the shared memory. */
function keep(size: number): Int32Array {
  if (size > ARENA / 8) return scratch.slice(0, size);
  if (arenaUsed + size > ARENA) {
    arena = new Int32Array(ARENA);
    arenaUsed = 0;
  }
  const from = arenaUsed;
  for (let f = 0; f < size; f++) arena[from + f] = scratch[f];
  arenaUsed = from + size;
  return arena.subarray(from, arenaUsed);
}

function visitedRoom(size: number): Int32Array {
  if (size > visited.length) visited = new Int32Array(size * 2);
  return visited;
}

/**
 * Adds the records of a run to the shared memory. Returns the new number of
 * attributes.
 */
function takeApart(
  bytes: Uint8Array,
  start: number,
  end: number,
  names: NameTable,
  count: number,
): number {
  let at = start;
  while (at < end) {
    if ((count + 1) * FIELDS > scratch.length) growScratch();
    const next = takeSet(bytes, at, end, names, count);
    if (next > 0) {
      at = next;
      count++;
      continue;
    }
    if (parser.parse(bytes, at, end, true) !== Outcome.record) break;
    if (parser.op === Op.set || parser.op === Op.delete) {
      let hash = 0;
      for (let k = parser.nameStart; k < parser.nameEnd; k++) {
        hash = hashByte(hash, bytes[k]);
      }
      const name = names.number(bytes, parser.nameStart, parser.nameEnd, hash);
      const isSet = parser.op === Op.set;
      put(
        count++,
        name,
        names.folded(name),
        isSet ? parser.valueStart : -1,
        parser.valueEnd,
      );
    }
    at = parser.next;
  }
  return count;
}

/**
 * Reads a record 103 in the form that the schedd writes. Returns the offset of
 * the next record, or 0 for any other record.
 */
function takeSet(
  bytes: Uint8Array,
  start: number,
  end: number,
  names: NameTable,
  count: number,
): number {
  let at = start;
  if (
    bytes[at] !== 49 || bytes[at + 1] !== 48 || bytes[at + 2] !== 51 ||
    bytes[at + 3] !== 32
  ) return 0;
  at += 4;
  const key = at;
  while (at < end && bytes[at] > 32) at++;
  if (bytes[at] !== 32 || at === key) return 0;
  const nameStart = ++at;
  let hash = 0;
  let byte: number;
  while (at < end && (byte = bytes[at]) > 32) {
    hash = hashByte(hash, byte);
    at++;
  }
  if (bytes[at] !== 32 || at === nameStart) return 0;
  const nameEnd = at;
  const valueStart = ++at;
  while (at < end && bytes[at] > 10) at++;
  if (at >= end || bytes[at] !== 10 || at === valueStart) return 0;
  const name = names.number(bytes, nameStart, nameEnd, hash);
  put(count, name, names.folded(name), valueStart, at);
  return at + 1;
}

function put(
  count: number,
  name: number,
  folded: number,
  start: number,
  end: number,
): void {
  const f = count * FIELDS;
  scratch[f] = name;
  scratch[f + 1] = folded;
  scratch[f + 2] = start;
  scratch[f + 3] = end;
}

function growScratch(): void {
  const larger = new Int32Array(scratch.length * 2);
  larger.set(scratch);
  scratch = larger;
}

function growLatest(name: number): void {
  const larger = new Int32Array(name * 2 + 1);
  larger.set(latest);
  latest = larger;
}
