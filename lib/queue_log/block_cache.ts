import type { ByteSource } from "./byte_source.ts";

// Blocks are small, because the changes of one ad are spread over the log.
// Reading a large block for each of them takes longer than the many small reads
// of a complete pass.
const BLOCK = 32 * 1024;
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

  /** Keeps at most 8 MiB. */
  constructor(source: ByteSource) {
    this.#source = source;
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
    const first = (number % SETS) * WAYS;
    for (let slot = first; slot < first + WAYS; slot++) {
      if (this.#numbers[slot] === number) return this.#blocks[slot];
    }
    return this.#read(number);
  }

  #read(number: number): Uint8Array {
    const set = number % SETS;
    const slot = set * WAYS + this.#next[set];
    this.#next[set] = (this.#next[set] + 1) % WAYS;
    const offset = number * BLOCK;
    const size = Math.min(BLOCK, this.#source.size - offset);
    let block = this.#blocks[slot];
    if (block?.length !== size) block = new Uint8Array(size);
    // If reading fails, no half-filled block is kept.
    this.#numbers[slot] = -1;
    this.#source.readInto(block, offset);
    this.#blocks[slot] = block;
    this.#numbers[slot] = number;
    return block;
  }
}
