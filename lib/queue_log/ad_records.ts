import { Op, Outcome, RecordParser } from "./record.ts";

const lower = new Uint8Array(256);
for (let byte = 0; byte < 256; byte++) {
  lower[byte] = byte >= 65 && byte <= 90 ? byte + 32 : byte;
}

const FIELDS = 5;
const parser = new RecordParser();
// Shared, as reading an ad never calls anybody else's code.
let scratch = new Int32Array(256 * FIELDS);

/**
 * The records of one ad, taken apart but not decoded. The bytes are the ad's
 * own: slices of them stay good.
 */
export class AdRecords {
  /** Bounds of the types in the record that made the ad. */
  readonly types: readonly [number, number, number, number];
  readonly #bytes: Uint8Array;
  readonly #fields: Int32Array;

  /** Takes bytes, and where in them each run ends. */
  constructor(bytes: Uint8Array, ends: readonly number[]) {
    this.#bytes = bytes;
    let count = 0;
    let at = 0;
    this.types = [0, 0, 0, 0];
    for (const end of ends) {
      while (parser.parse(bytes, at, end, true) === Outcome.record) {
        if (at === 0 && parser.op === Op.newAd) {
          this.types = [
            parser.nameStart,
            parser.nameEnd,
            parser.valueStart,
            parser.valueEnd,
          ];
        } else if (parser.op === Op.set || parser.op === Op.delete) {
          if ((count + 1) * FIELDS > scratch.length) growScratch();
          scratch[count * FIELDS] = parser.op;
          scratch[count * FIELDS + 1] = parser.nameStart;
          scratch[count * FIELDS + 2] = parser.nameEnd;
          scratch[count * FIELDS + 3] = parser.valueStart;
          scratch[count * FIELDS + 4] = parser.valueEnd;
          count++;
        }
        at = parser.next;
      }
      at = end;
    }
    this.#fields = scratch.slice(0, count * FIELDS);
  }

  /** A piece of the bytes, not copied. */
  slice(start: number, end: number): Uint8Array {
    return this.#bytes.subarray(start, end);
  }

  /** The latest value under a lower-case name, or undefined. */
  value(name: Uint8Array): Uint8Array | undefined {
    const fields = this.#fields;
    const bytes = this.#bytes;
    const length = name.length;
    for (let f = fields.length - FIELDS; f >= 0; f -= FIELDS) {
      const start = fields[f + 1];
      if (fields[f + 2] - start !== length) continue;
      let k = 0;
      while (k < length && lower[bytes[start + k]] === name[k]) k++;
      if (k < length) continue;
      if (fields[f] === Op.delete) return undefined;
      return bytes.subarray(fields[f + 3], fields[f + 4]);
    }
    return undefined;
  }

  /**
   * The attributes as they stand at the end, in the order in which they were
   * first set, by the name they were first set under.
   */
  *entries(): Iterable<{ name: Uint8Array; value: Uint8Array }> {
    const live = new Map<string, [name: number, value: number]>();
    const fields = this.#fields;
    for (let f = 0; f < fields.length; f += FIELDS) {
      const key = this.#lowerName(fields[f + 1], fields[f + 2]);
      if (fields[f] === Op.delete) {
        live.delete(key);
        continue;
      }
      const known = live.get(key);
      if (known === undefined) live.set(key, [f, f]);
      else known[1] = f;
    }
    for (const [name, value] of live.values()) {
      yield {
        name: this.slice(fields[name + 1], fields[name + 2]),
        value: this.slice(fields[value + 3], fields[value + 4]),
      };
    }
  }

  #lowerName(start: number, end: number): string {
    let text = "";
    for (let at = start; at < end; at++) {
      text += String.fromCharCode(lower[this.#bytes[at]]);
    }
    return text;
  }
}

function growScratch(): void {
  const larger = new Int32Array(scratch.length * 2);
  larger.set(scratch);
  scratch = larger;
}

/** A name as {@linkcode AdRecords.value} wants it. */
export function lowerBytes(name: Uint8Array): Uint8Array {
  return name.map((byte) => lower[byte]);
}
