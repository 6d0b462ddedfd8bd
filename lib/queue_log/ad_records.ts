import { type FieldReader, FIELDS } from "./ad_fields.ts";
import type { NameTable } from "./name_table.ts";

// This memory is shared by all ads. That is safe, because it is used only while
// no code of others runs: `latest` in a single function, and `visited` by the
// outermost visit.
let latest = new Int32Array(1024);
let visited = new Int32Array(256 * FIELDS);
let visits = 0;

/** An attribute as the bytes of the file. */
export interface RawAttribute {
  /** The name as it was first written. */
  readonly name: string;
  /**
   * The value: the bytes of a ClassAd expression in old syntax, without a
   * newline.
   */
  readonly value: Uint8Array;
}

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
 * The records of one ad. They are split into fields when the first attribute is
 * needed, but not decoded. The bytes are never overwritten, so slices of them
 * stay valid.
 */
export class AdRecords {
  readonly #bytes: Uint8Array;
  readonly #words: DataView;
  // The offsets at which the first run begins and at which each run ends.
  readonly #ends: readonly number[];
  readonly #reader: FieldReader;
  #types: readonly [number, number, number, number] | undefined;
  #names!: NameTable;
  #fields!: Int32Array;
  #start = 0;
  #end = 0;

  /**
   * The records in `bytes`, which `words` shows as well. `ends` are the offsets
   * at which the first run begins and at which each run ends. After the last
   * run there must be {@linkcode SLACK} unused bytes.
   */
  constructor(
    bytes: Uint8Array,
    words: DataView,
    ends: readonly number[],
    reader: FieldReader,
  ) {
    this.#bytes = bytes;
    this.#words = words;
    this.#ends = ends;
    this.#reader = reader;
  }

  /** The start and the end of both types in the record that made the ad. */
  get types(): readonly [number, number, number, number] {
    return this.#types ?? this.#split();
  }

  #split(): readonly [number, number, number, number] {
    const reader = this.#reader;
    const ends = this.#ends;
    const bytes = this.#bytes;
    let at = ends[0];
    for (let run = 1; run < ends.length; run++) {
      if (run === 1) at = reader.begin(bytes, at, ends[run]);
      reader.add(bytes, this.#words, at, ends[run]);
      at = ends[run];
    }
    this.#types = reader.types;
    this.#names = reader.names;
    this.#fields = reader.fields;
    this.#start = reader.start;
    this.#end = reader.end;
    return this.#types;
  }

  /** Returns whether the bytes of all records are the same in `other`. */
  isSame(other: AdRecords): boolean {
    const start = this.#ends[0];
    const end = this.#ends[this.#ends.length - 1];
    const from = other.#ends[0];
    if (other.#ends[other.#ends.length - 1] - from !== end - start) {
      return false;
    }
    let at = start;
    for (; at <= end - 4; at += 4) {
      const there = other.#words.getInt32(from + at - start, true);
      if (this.#words.getInt32(at, true) !== there) return false;
    }
    for (; at < end; at++) {
      if (this.#bytes[at] !== other.#bytes[from + at - start]) return false;
    }
    return true;
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
    if (this.#types === undefined) this.#split();
    const f = this.#find(this.#names.find(name));
    if (f < 0) return undefined;
    return this.#bytes.subarray(this.#fields[f + 2], this.#fields[f + 3]);
  }

  /** Returns whether an attribute exists. The name may be in any case. */
  has(name: string): boolean {
    if (this.#types === undefined) this.#split();
    return this.#find(this.#names.find(name)) >= 0;
  }

  /**
   * Returns the names of the list that exist, in the order of the list. The same
   * list must always have the same names.
   */
  present(names: readonly string[]): readonly string[] {
    if (this.#types === undefined) this.#split();
    const places = this.#names.places(names);
    const fields = this.#fields;
    let found: number[] | undefined;
    for (let f = this.#start; f < this.#end; f += FIELDS) {
      const place = places[fields[f + 1]];
      if (place > 0 && this.#find(fields[f + 1]) === f) {
        found ??= [];
        found.push(place - 1);
      }
    }
    if (found === undefined) return noNames;
    return found.sort((a, b) => a - b).map((place) => names[place]);
  }

  /** Returns the fields of the attribute with this number, or -1. */
  #find(number: number): number {
    if (number < 0) return -1;
    const fields = this.#fields;
    for (let f = this.#end - FIELDS; f >= this.#start; f -= FIELDS) {
      if (fields[f + 1] === number) return fields[f + 2] < 0 ? -1 : f;
    }
    return -1;
  }

  /**
   * Returns the attributes whose bytes differ from those in `other`, or from
   * those in `parent` if `other` does not have them. They are in the order in
   * which they were first set.
   */
  differing(other: AdRecords, parent: AdRecords | undefined): RawAttribute[] {
    if (other.#types === undefined) other.#split();
    if (parent !== undefined && parent.#types === undefined) parent.#split();
    const entries: RawAttribute[] = [];
    const { fields, size } = this.#current();
    const same = other.#names === this.#names;
    other.#noteLatest();
    for (let f = 0; f < size; f += FIELDS) {
      if (fields[f] < 0) continue;
      const name = this.#names.text(fields[f]);
      const number = same ? fields[f + 1] : other.#names.find(name);
      const start = fields[f + 2];
      const end = fields[f + 3];
      const there = number >= 0 && number < latest.length
        ? latest[number] - 1
        : -1;
      if (there >= 0 && other.#fields[there + 2] >= 0) {
        if (other.#holds(there, this.#bytes, start, end)) continue;
      } else if (parent !== undefined) {
        const above = parent.#find(
          parent.#names === this.#names
            ? fields[f + 1]
            : parent.#names.find(name),
        );
        if (above >= 0 && parent.#holds(above, this.#bytes, start, end)) {
          continue;
        }
      }
      entries.push({ name, value: this.#bytes.subarray(start, end) });
    }
    other.#forgetLatest();
    return entries;
  }

  /** Compares the value at the fields `f` with other bytes. */
  #holds(f: number, bytes: Uint8Array, start: number, end: number): boolean {
    return isEqual(
      this.#bytes,
      this.#fields[f + 2],
      this.#fields[f + 3],
      bytes,
      start,
      end,
    );
  }

  /** Notes the last fields of each attribute, plus one, in `latest`. */
  #noteLatest(): void {
    const fields = this.#fields;
    for (let f = this.#start; f < this.#end; f += FIELDS) {
      const name = fields[f + 1];
      if (name >= latest.length) growLatest(name);
      latest[name] = f + 1;
    }
  }

  #forgetLatest(): void {
    for (let f = this.#start; f < this.#end; f += FIELDS) {
      latest[this.#fields[f + 1]] = 0;
    }
  }

  /**
   * Calls `visit` for the attributes that exist after all records, in the order
   * in which they were first set. It gets the name as it was first written.
   */
  visit(visit: AttributeVisitor): void {
    const { fields, size } = this.#current();
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

  /**
   * Returns a copy of the fields, in which only the attributes that exist have a
   * spelling. It is valid until the next call, or until the visit ends.
   */
  #current(): { readonly fields: Int32Array; readonly size: number } {
    if (this.#types === undefined) this.#split();
    const size = this.#end - this.#start;
    const fields = visits === 0 ? visitedRoom(size) : new Int32Array(size);
    for (let f = 0; f < size; f++) fields[f] = this.#fields[this.#start + f];
    keepLatest(fields, size);
    return { fields, size };
  }
}

const noNames: readonly string[] = [];

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

function visitedRoom(size: number): Int32Array {
  if (size > visited.length) visited = new Int32Array(size * 2);
  return visited;
}

function growLatest(name: number): void {
  const larger = new Int32Array(name * 2 + 1);
  larger.set(latest);
  latest = larger;
}
