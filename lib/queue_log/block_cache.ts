import type { ByteSource } from "./byte_source.ts";

// Blocks are small, because the changes of one ad are spread over the log.
// Reading a large block for each of them takes longer than the many small reads
// of a complete pass.
const BLOCK = 32 * 1024;
const BLOCKS = 128;

/**
 * Reads parts of a source in blocks. The blocks that were used last stay in
 * memory.
 */
export class BlockCache {
  readonly #source: ByteSource;
  readonly #blocks = new Map<number, Uint8Array>();
  #last = -1;
  #lastBlock: Uint8Array = new Uint8Array(0);

  /** Keeps at most 4 MiB. */
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
    if (number === this.#last) return this.#lastBlock;
    let block = this.#blocks.get(number);
    if (block !== undefined) {
      this.#blocks.delete(number);
    } else {
      block = this.#read(number);
    }
    this.#blocks.set(number, block);
    this.#last = number;
    this.#lastBlock = block;
    return block;
  }

  #read(number: number): Uint8Array {
    const offset = number * BLOCK;
    const size = Math.min(BLOCK, this.#source.size - offset);
    let block: Uint8Array | undefined;
    if (this.#blocks.size >= BLOCKS) {
      const [oldest, bytes] = this.#blocks.entries().next().value!;
      this.#blocks.delete(oldest);
      if (bytes.length === size) block = bytes;
    }
    block ??= new Uint8Array(size);
    // If reading fails, no half-filled block is kept.
    this.#source.readInto(block, offset);
    return block;
  }
}
