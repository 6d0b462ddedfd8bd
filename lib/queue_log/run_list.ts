/**
 * The places of each ad's records. They come in runs: `condor_submit` writes a
 * complete ad, and a later change sets a few attributes. An ad is a chain of
 * runs, and a run is an offset and a length. Its records are read only when
 * they are needed. A run takes twelve bytes. Runs are stored in blocks, because
 * an array that doubles its size would need twice the memory while it grows.
 *
 * @module
 */
const BLOCK_BITS = 16;
const BLOCK_SIZE = 1 << BLOCK_BITS;
const FIELDS = 3;
const FOUR_GIB = 2 ** 32;

/** The longest run, in bytes. A longer run is stored as several runs. */
export const MAX_RUN_LENGTH = FOUR_GIB - 1;

/**
 * Chains of runs. Each run has a number, counted from 0. -1 means that there is
 * no run.
 */
export class RunList {
  #blocks: Uint32Array[] = [];
  #size = 0;
  // Offsets only grow, so their upper halves change only a few times.
  #steps: number[] = [];

  /** How many runs there are. */
  get size(): number {
    return this.#size;
  }

  /**
   * Adds a run whose length is not known yet. `previous` is the run before it
   * in the chain, or -1 to begin a chain.
   */
  add(offset: number, previous: number): number {
    const run = this.#size++;
    const block = run >>> BLOCK_BITS;
    if (block === this.#blocks.length) {
      this.#blocks.push(new Uint32Array(BLOCK_SIZE * FIELDS));
    }
    while (offset >= FOUR_GIB * (this.#steps.length + 1)) this.#steps.push(run);
    const at = (run & (BLOCK_SIZE - 1)) * FIELDS;
    this.#blocks[block][at] = offset % FOUR_GIB;
    if (previous >= 0) {
      const slot = (previous & (BLOCK_SIZE - 1)) * FIELDS + 2;
      this.#blocks[previous >>> BLOCK_BITS][slot] = run + 1;
    }
    return run;
  }

  /** Sets the length of a run, in bytes. */
  setLength(run: number, length: number): void {
    const at = (run & (BLOCK_SIZE - 1)) * FIELDS + 1;
    this.#blocks[run >>> BLOCK_BITS][at] = length;
  }

  /** Makes a run the last one of its chain. */
  cut(run: number): void {
    const at = (run & (BLOCK_SIZE - 1)) * FIELDS + 2;
    this.#blocks[run >>> BLOCK_BITS][at] = 0;
  }

  /** Returns the offset of a run in the file, in bytes. */
  offset(run: number): number {
    const at = (run & (BLOCK_SIZE - 1)) * FIELDS;
    let offset = this.#blocks[run >>> BLOCK_BITS][at];
    for (const step of this.#steps) if (run >= step) offset += FOUR_GIB;
    return offset;
  }

  /** Returns the length of a run, in bytes. */
  length(run: number): number {
    const at = (run & (BLOCK_SIZE - 1)) * FIELDS + 1;
    return this.#blocks[run >>> BLOCK_BITS][at];
  }

  /** Returns the next run of the ad, or -1. */
  next(run: number): number {
    const at = (run & (BLOCK_SIZE - 1)) * FIELDS + 2;
    return this.#blocks[run >>> BLOCK_BITS][at] - 1;
  }
}
