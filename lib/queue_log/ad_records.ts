import { hashByte, type NameTable } from "./name_table.ts";
import { Op, Outcome, RecordParser } from "./record.ts";

// The number of the spelling, the name's number without its case, and where
// the value is; a deleted attribute has its value at -1.
const FIELDS = 4;
const parser = new RecordParser();
// Shared, as taking an ad apart never calls anybody else's code.
let scratch = new Int32Array(256 * FIELDS);
let latest = new Int32Array(1024);
// Fields are cut from a larger piece: many small arrays cost more.
const ARENA = 64 * 1024;
let arena = new Int32Array(ARENA);
let arenaUsed = 0;
// Visits within visits are rare; the outermost one works here.
let visited = new Int32Array(256 * FIELDS);
let visits = 0;

/** Room that {@linkcode AdRecords} wants behind the last byte. */
export const SLACK = 8;

/** Gets one attribute: its name, and where in `bytes` its value stands. */
export type AttributeVisitor = (
  name: string,
  bytes: Uint8Array,
  start: number,
  end: number,
) => void;

/**
 * The records of one ad, taken apart but not decoded. The bytes are the ad's
 * own: slices of them stay good.
 */
export class AdRecords {
  /** Bounds of the types in the record that made the ad. */
  readonly types: readonly [number, number, number, number];
  readonly #bytes: Uint8Array;
  readonly #names: NameTable;
  readonly #fields: Int32Array;

  /**
   * Takes bytes, and where in them each run ends; behind the last there are
   * {@linkcode SLACK} bytes that do not count.
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

  /** A piece of the bytes, not copied. */
  slice(start: number, end: number): Uint8Array {
    return this.#bytes.subarray(start, end);
  }

  /** The latest value under a name in any case, or undefined. */
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
   * Calls `visit` for the attributes as they stand at the end, in the order in
   * which they were first set, with the name they were first set under.
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

/**
 * Moves the value of each attribute to where the attribute was first set, and
 * marks all other fields by a name of -1.
 */
function keepLatest(fields: Int32Array, size: number): void {
  // `latest` holds, by name, the field of the attribute that is there now,
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

/** A copy of the first `size` numbers of the scratch array. */
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

/** Adds the records of a run to the scratch array; answers the new count. */
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
 * Takes a 103 apart that is in the form that the schedd writes; answers where
 * the next record begins, or 0 for any other record.
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
