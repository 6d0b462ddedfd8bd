import { decodeText } from "../../classad/mod.ts";
import type { AttributeChange, BytesOfValue } from "../job/change.ts";

const pieceSize = 32 * 1024;
let piece = new Uint8Array(0);
let used = 0;

/**
 * A result as it came. Its text is decoded only when somebody asks for it.
 *
 * The bytes are copied into a larger piece of memory, in which no byte is written
 * twice: an array of its own for each result takes longer than everything else.
 */
export class MergedResult implements AttributeChange, BytesOfValue {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;

  /** Copies the bytes from `start` to `end`. */
  constructor(name: string, bytes: Uint8Array, start: number, end: number) {
    const length = end - start;
    if (length > piece.length - used) {
      piece = new Uint8Array(Math.max(pieceSize, length));
      used = 0;
    }
    for (let at = 0; at < length; at++) piece[used + at] = bytes[start + at];
    this.name = name;
    this.bytes = piece;
    this.start = used;
    used += length;
    this.end = used;
  }

  get raw(): BytesOfValue {
    return this;
  }

  get value(): string {
    return decodeText(this.bytes.subarray(this.start, this.end));
  }
}
