import { allocate, type ByteSource } from "./byte_source.ts";

// The room after the last byte. It is needed because four bytes are compared at
// once.
const SLACK = 16;

/**
 * The part of a log that is in memory while a pass reads it. The part moves
 * forward, and grows if one record is longer than it.
 */
export class LogWindow {
  /** The bytes. After the last one there is a newline. */
  bytes: Uint8Array;
  /** The same bytes. */
  words: DataView;
  /** The offset in the log of the first byte. */
  base = 0;
  /** How many bytes there are. */
  filled = 0;
  readonly #source: ByteSource;
  readonly #limit: number;

  /** A window of `size` bytes on the first `limit` bytes of the source. */
  constructor(source: ByteSource, limit: number, size: number) {
    this.#source = source;
    this.#limit = limit;
    this.bytes = new Uint8Array(Math.min(Math.max(size, 1), limit) + SLACK);
    this.words = new DataView(this.bytes.buffer);
  }

  /**
   * Keeps the bytes from `start` on and reads more after them. Returns whether
   * the window ends where the log ends.
   */
  fill(start: number): boolean {
    const left = this.filled - start;
    const capacity = this.bytes.length - SLACK;
    if (start > 0) {
      this.bytes.copyWithin(0, start, this.filled);
    } else if (left === capacity && capacity > 0) {
      // One record fills the window, so the window is enlarged.
      const larger = allocate(capacity * 2 + SLACK, this.#source.name);
      larger.set(this.bytes.subarray(0, left));
      this.bytes = larger;
      this.words = new DataView(larger.buffer);
    }
    this.base += start;
    const from = this.base + left;
    const count = Math.min(
      this.bytes.length - SLACK - left,
      this.#limit - from,
    );
    if (count > 0) {
      this.#source.readInto(this.bytes.subarray(left, left + count), from);
    }
    this.filled = left + Math.max(count, 0);
    // A newline after the last byte ends every loop over a line.
    this.bytes[this.filled] = 10;
    return this.base + this.filled >= this.#limit;
  }
}
