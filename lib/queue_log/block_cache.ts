import type { ByteSource } from "./byte_source.ts";

// Blocks are small, because the changes of one ad are spread over the log.
// Reading a large block for each of them takes longer than the many small reads
// of a complete pass.
const BLOCK = 32 * 1024;
const AHEAD = 4;
const SETS = 64;
const WAYS = 4;

/**
 * Reads parts of a source in blocks, some of which stay in memory. The number of
 * a block decides in which set it is. A set has four blocks, and a new block
 * replaces the oldest one. So finding a block makes no objects.
 */
export class BlockCache {
  readonly #source: ByteSource;
  readonly #numbers = new Float64Array(SETS * WAYS).fill(-1);
  readonly #next = new Uint8Array(SETS);
  readonly #blocks: Uint8Array[] = [];
  readonly #ahead: Uint8Array;

  /** Keeps at most 8 MiB. */
  constructor(source: ByteSource) {
    this.#source = source;
    this.#ahead = new Uint8Array(Math.min(BLOCK * AHEAD, source.size));
  }

  /**
   * Copies `length` bytes from `offset` of the source to `target`, starting at
   * `at`.
   */
  copy(target: Uint8Array, at: number, offset: number, length: number): void {
    while (length > 0) {
      const number = Math.floor(offset / BLOCK);
      const block = this.#block(number);
      const from = offset - number * BLOCK;
      const count = Math.min(length, block.length - from);
      if (count < 64) {
        for (let k = 0; k < count; k++) target[at + k] = block[from + k];
      } else {
        target.set(block.subarray(from, from + count), at);
      }
      at += count;
      offset += count;
      length -= count;
    }
  }

  #block(number: number): Uint8Array {
    const slot = this.#slotOf(number);
    return slot < 0 ? this.#read(number) : this.#blocks[slot];
  }

  /** Returns the slot that holds a block, or -1. */
  #slotOf(number: number): number {
    const first = (number % SETS) * WAYS;
    for (let slot = first; slot < first + WAYS; slot++) {
      if (this.#numbers[slot] === number) return slot;
    }
    return -1;
  }

  /**
   * Reads a block. If the block before it is in memory, ads are read one after
   * the other, and the next blocks are read together with it.
   */
  #read(number: number): Uint8Array {
    const isNext = number > 0 && this.#slotOf(number - 1) >= 0;
    const offset = number * BLOCK;
    const bytes = this.#ahead.subarray(
      0,
      Math.min(isNext ? BLOCK * AHEAD : BLOCK, this.#source.size - offset),
    );
    this.#source.readInto(bytes, offset);
    for (let from = BLOCK; from < bytes.length; from += BLOCK) {
      this.#keep(number + from / BLOCK, bytes.subarray(from, from + BLOCK));
    }
    return this.#keep(number, bytes.subarray(0, BLOCK));
  }

  /** Copies a block to its slot, and returns the copy. */
  #keep(number: number, bytes: Uint8Array): Uint8Array {
    let slot = this.#slotOf(number);
    if (slot < 0) {
      const set = number % SETS;
      slot = set * WAYS + this.#next[set];
      this.#next[set] = (this.#next[set] + 1) % WAYS;
    }
    let block = this.#blocks[slot];
    if (block?.length === bytes.length) block.set(bytes);
    else this.#blocks[slot] = block = bytes.slice();
    this.#numbers[slot] = number;
    return block;
  }
}
