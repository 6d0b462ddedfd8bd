import type { ByteSource } from "./byte_source.ts";

// Blocks are small, because the changes of one ad are spread over the log.
// Reading a large block for each of them takes longer than the many small reads
// of a complete pass.
const BLOCK = 32 * 1024;
const AHEAD = 4;
const SETS = 32;
const WAYS = 4;
// A call costs more than a loop over so few bytes.
const SHORT = 512;

/**
 * Reads parts of a source in blocks, some of which stay in memory. The number of
 * a block decides in which set it is. A set has four blocks, and a new block
 * replaces the oldest one. So finding a block makes no objects.
 *
 * The blocks of a way are neighbours in memory, so that several blocks are read
 * at once. Memory that is not used is not touched.
 */
export class BlockCache {
  readonly #source: ByteSource;
  readonly #numbers = new Float64Array(SETS * WAYS).fill(-1);
  readonly #next = new Uint8Array(SETS);
  readonly #bytes: Uint8Array;
  readonly #words: DataView;
  // Few blocks need few ways.
  readonly #ways: number;

  /** Keeps at most 4 MiB. */
  constructor(source: ByteSource) {
    this.#source = source;
    const blocks = Math.ceil(source.size / BLOCK);
    this.#ways = Math.min(Math.ceil(blocks / SETS), WAYS);
    const kept = this.#ways > 1 ? this.#ways * SETS : blocks;
    // Four bytes are read at once.
    this.#bytes = new Uint8Array(kept * BLOCK + 4);
    this.#words = new DataView(this.#bytes.buffer);
  }

  /**
   * Copies `length` bytes from `offset` of the source to `at` in `target`, which
   * `words` shows as well. Up to three more bytes are overwritten.
   */
  copy(
    target: Uint8Array,
    words: DataView,
    at: number,
    offset: number,
    length: number,
  ): void {
    while (length > 0) {
      const number = Math.floor(offset / BLOCK);
      const inBlock = offset - number * BLOCK;
      const count = Math.min(length, BLOCK - inBlock);
      const from = this.#block(number) + inBlock;
      if (count < SHORT) {
        for (let k = 0; k < count; k += 4) {
          words.setInt32(at + k, this.#words.getInt32(from + k, true), true);
        }
      } else {
        target.set(this.#bytes.subarray(from, from + count), at);
      }
      at += count;
      offset += count;
      length -= count;
    }
  }

  /** Returns where a block is in memory. */
  #block(number: number): number {
    const slot = this.#slotOf(number);
    return (slot < 0 ? this.#read(number) : slot) * BLOCK;
  }

  /** Returns the slot that holds a block, or -1. */
  #slotOf(number: number): number {
    const end = this.#ways * SETS;
    for (let slot = number % SETS; slot < end; slot += SETS) {
      if (this.#numbers[slot] === number) return slot;
    }
    return -1;
  }

  /**
   * Reads a block. If the block before it is in memory, ads are read one after
   * the other, and the next blocks are read together with it.
   */
  #read(number: number): number {
    const set = number % SETS;
    const slot = this.#next[set] * SETS + set;
    const offset = number * BLOCK;
    const isNext = number > 0 && this.#slotOf(number - 1) >= 0;
    const blocks = isNext ? Math.min(AHEAD, SETS - set) : 1;
    const size = Math.min(blocks * BLOCK, this.#source.size - offset);
    const count = Math.ceil(size / BLOCK);
    // If the read fails, these slots hold no block.
    this.#numbers.fill(-1, slot, slot + count);
    const at = slot * BLOCK;
    this.#source.readInto(this.#bytes.subarray(at, at + size), offset);
    for (let k = 0; k < count; k++) {
      const old = this.#slotOf(number + k);
      if (old >= 0) this.#numbers[old] = -1;
      this.#numbers[slot + k] = number + k;
      const way = Math.floor((slot + k) / SETS);
      this.#next[set + k] = (way + 1) % this.#ways;
    }
    return slot;
  }
}
