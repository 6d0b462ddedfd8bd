/**
 * Where the records of each ad stand. The records of an ad come in runs
 * (`condor_submit` writes an ad as a whole, an update sets a few attributes),
 * so an ad is a chain of runs, and a run is an offset and a length: what is in
 * it is read when somebody asks. Twelve bytes a run, in blocks, as a doubling
 * array would need twice the memory while it grows.
 *
 * @module
 */
const BLOCK_BITS = 16;
const BLOCK_SIZE = 1 << BLOCK_BITS;
const FIELDS = 3;
const FOUR_GIB = 2 ** 32;

/** The longest run, in bytes; a longer one is kept as several. */
export const MAX_RUN_LENGTH = FOUR_GIB - 1;

/** Chains of runs. A run is named by its number, from 0; -1 is none. */
export class RunList {
  #blocks: Uint32Array[] = [];
  #size = 0;
  // Offsets only grow, so their high words are a few steps.
  #steps: number[] = [];

  /** How many runs there are. */
  get size(): number {
    return this.#size;
  }

  /** Adds a run of unknown length behind `previous`, or -1 to begin a chain. */
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

  /** Says how long a run is. */
  setLength(run: number, length: number): void {
    const at = (run & (BLOCK_SIZE - 1)) * FIELDS + 1;
    this.#blocks[run >>> BLOCK_BITS][at] = length;
  }

  /** Where the run begins in the file. */
  offset(run: number): number {
    const at = (run & (BLOCK_SIZE - 1)) * FIELDS;
    let offset = this.#blocks[run >>> BLOCK_BITS][at];
    for (const step of this.#steps) if (run >= step) offset += FOUR_GIB;
    return offset;
  }

  /** How many bytes it takes. */
  length(run: number): number {
    const at = (run & (BLOCK_SIZE - 1)) * FIELDS + 1;
    return this.#blocks[run >>> BLOCK_BITS][at];
  }

  /** The ad's next run, or -1. */
  next(run: number): number {
    const at = (run & (BLOCK_SIZE - 1)) * FIELDS + 2;
    return this.#blocks[run >>> BLOCK_BITS][at] - 1;
  }
}
