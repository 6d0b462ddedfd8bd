import { AdFields, type ExpectedNames, FIELDS, SLACK } from "./ad_fields.ts";
import { textIn } from "./text.ts";

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
 * `start` to `end`. The bytes are valid only until the call returns.
 */
export type AttributeVisitor = (
  name: string,
  bytes: Uint8Array,
  start: number,
  end: number,
) => void;

// An ad is seldom longer. The room for a longer ad is not kept.
const MAX_KEPT = 256 * 1024;

/**
 * The records of one ad. They are split into fields when the first attribute is
 * needed, but not decoded.
 *
 * The memory is used again for the records of another ad, unless somebody holds
 * it. So nothing here gives away a part of it: what a caller may keep is a copy.
 */
export class AdRecords {
  /** The number of the ad, or -1. */
  ad = -1;
  #bytes = new Uint8Array(4096);
  #words = new DataView(this.#bytes.buffer);
  // The offsets at which each run ends.
  #ends: number[] = [];
  readonly #fields: AdFields;
  #isSplit = false;
  #holders = 0;

  /** `expected` is shared by ads that are like each other. */
  constructor(expected: ExpectedNames) {
    this.#fields = new AdFields(expected);
  }

  /** Whether the memory must not be used for another ad now. */
  get isHeld(): boolean {
    return this.#holders > 0;
  }

  /** Runs `work`, and keeps the records in this memory until it returns. */
  holding<Result>(work: () => Result): Result {
    this.#holders++;
    try {
      return work();
    } finally {
      this.#holders--;
    }
  }

  /**
   * Forgets the records, and returns room for `size` bytes of other ones. After
   * them there are {@linkcode SLACK} unused bytes.
   */
  room(size: number): Uint8Array {
    this.ad = -1;
    this.#ends = [];
    this.#isSplit = false;
    const wanted = size + SLACK;
    if (
      wanted > this.#bytes.length ||
      (this.#bytes.length > MAX_KEPT && wanted <= MAX_KEPT)
    ) {
      const length = wanted > MAX_KEPT
        ? wanted
        : Math.min(wanted * 2, MAX_KEPT);
      this.#bytes = new Uint8Array(length);
      this.#words = new DataView(this.#bytes.buffer);
    }
    return this.#bytes;
  }

  /** Says that a run of records ends at `end`. The first one begins at 0. */
  addRun(end: number): void {
    this.#ends.push(end);
  }

  /** The memory that {@linkcode room} has returned. */
  get words(): DataView {
    return this.#words;
  }

  /** The type in the record that made the ad. */
  get myType(): string {
    const [start, end] = this.#split().types;
    return textIn(this.#bytes, start, end);
  }

  /** The target type in the record that made the ad. */
  get targetType(): string {
    const [, , start, end] = this.#split().types;
    return textIn(this.#bytes, start, end);
  }

  #split(): AdFields {
    const fields = this.#fields;
    if (this.#isSplit) return fields;
    const bytes = this.#bytes;
    const ends = this.#ends;
    let at = fields.begin(bytes, 0, ends.length > 0 ? ends[0] : 0);
    for (let run = 0; run < ends.length; run++) {
      fields.add(bytes, this.#words, at, ends[run]);
      at = ends[run];
    }
    this.#isSplit = true;
    return fields;
  }

  get #length(): number {
    const ends = this.#ends;
    return ends.length > 0 ? ends[ends.length - 1] : 0;
  }

  /** Returns whether the bytes of all records are the same in `other`. */
  isSame(other: AdRecords): boolean {
    const length = this.#length;
    if (other.#length !== length) return false;
    let at = 0;
    for (; at <= length - 4; at += 4) {
      const there = other.#words.getInt32(at, true);
      if (this.#words.getInt32(at, true) !== there) return false;
    }
    for (; at < length; at++) {
      if (this.#bytes[at] !== other.#bytes[at]) return false;
    }
    return true;
  }

  /**
   * Returns a copy of the value of an attribute, or undefined. The name may be
   * in any case.
   */
  value(name: string): Uint8Array | undefined {
    const f = this.#find(name);
    if (f < 0) return undefined;
    const { values } = this.#fields;
    return this.#bytes.slice(values[f + 2], values[f + 3]);
  }

  /** Returns the value of an attribute as text, or undefined. */
  text(name: string): string | undefined {
    const f = this.#find(name);
    if (f < 0) return undefined;
    const { values } = this.#fields;
    return textIn(this.#bytes, values[f + 2], values[f + 3]);
  }

  /**
   * Returns what `read` makes of the bytes of a value, or undefined if there is
   * no such attribute. `read` must not keep the bytes.
   */
  read<Result>(
    name: string,
    read: (bytes: Uint8Array, start: number, end: number) => Result,
  ): Result | undefined {
    const f = this.#find(name);
    if (f < 0) return undefined;
    const { values } = this.#fields;
    return read(this.#bytes, values[f + 2], values[f + 3]);
  }

  /** Returns whether the value of an attribute is these bytes. */
  holds(name: string, bytes: Uint8Array): boolean {
    const f = this.#find(name);
    return f >= 0 && this.#equals(f, bytes, 0, bytes.length);
  }

  /** Returns whether an attribute exists. The name may be in any case. */
  has(name: string): boolean {
    return this.#find(name) >= 0;
  }

  /**
   * Returns the names of the list that exist, in the order of the list. The same
   * list must always have the same names.
   */
  present(names: readonly string[]): readonly string[] {
    const fields = this.#split();
    const places = fields.names.places(names);
    let found: number[] | undefined;
    for (let f = 0; f < fields.size; f += FIELDS) {
      const number = fields.values[f + 1];
      const place = number < 0 ? 0 : places[number];
      if (place > 0) {
        found ??= [];
        found.push(place - 1);
      }
    }
    if (found === undefined) return noNames;
    return found.sort((a, b) => a - b).map((place) => names[place]);
  }

  /** Returns where the fields of an attribute are, or -1. */
  #find(name: string): number {
    const fields = this.#split();
    return fields.find(fields.names.find(name));
  }

  /**
   * Returns whether an attribute has the same bytes in `other`. If one of them
   * does not have it, they differ.
   */
  shares(name: string, other: AdRecords): boolean {
    const f = this.#find(name);
    if (f < 0) return false;
    const { values } = this.#fields;
    const there = other.#find(name);
    return there >= 0 &&
      other.#equals(there, this.#bytes, values[f + 2], values[f + 3]);
  }

  /**
   * Calls `visit` for the attributes whose bytes differ from those in `other`, or
   * from those in `parent` if `other` does not have them. They are in the order
   * in which they were first set.
   */
  visitOtherThan(
    other: AdRecords,
    parent: AdRecords | undefined,
    visit: AttributeVisitor,
  ): void {
    const { names, values, size } = this.#split();
    const bytes = this.#bytes;
    const theirs = other.#split();
    const above = parent === undefined ? undefined : parent.#split();
    for (let f = 0; f < size; f += FIELDS) {
      const name = values[f];
      if (name < 0) continue;
      const number = values[f + 1];
      const start = values[f + 2];
      const end = values[f + 3];
      const there = theirs.find(
        theirs.names === names ? number : theirs.names.find(names.text(name)),
      );
      if (there >= 0) {
        if (other.#equals(there, bytes, start, end)) continue;
      } else if (parent !== undefined && above !== undefined) {
        const at = above.find(
          above.names === names ? number : above.names.find(names.text(name)),
        );
        if (at >= 0 && parent.#equals(at, bytes, start, end)) continue;
      }
      visit(names.text(name), bytes, start, end);
    }
  }

  /** Compares the value at the fields `f` with other bytes. */
  #equals(f: number, bytes: Uint8Array, start: number, end: number): boolean {
    const mine = this.#bytes;
    const { values } = this.#fields;
    let at = values[f + 2];
    if (values[f + 3] - at !== end - start) return false;
    for (let k = start; k < end; k++) {
      if (mine[at++] !== bytes[k]) return false;
    }
    return true;
  }

  /**
   * Calls `visit` for the attributes that exist after all records, in the order
   * in which they were first set. It gets the name as it was first written. Hold
   * the records if `visit` may read other ads.
   */
  visit(visit: AttributeVisitor): void {
    const { names, values, size } = this.#split();
    const bytes = this.#bytes;
    for (let f = 0; f < size; f += FIELDS) {
      if (values[f] < 0) continue;
      visit(names.text(values[f]), bytes, values[f + 2], values[f + 3]);
    }
  }
}

const noNames: readonly string[] = [];
