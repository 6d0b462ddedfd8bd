/** A batch is to keep the schedd for about this long, in milliseconds. */
const target = 300;
const least = 100;
const most = 32_000;

/**
 * How much goes into one queue-management connection, counted in requests. The
 * schedd serves nobody else while a batch runs, and another client's handshake
 * is several turns, each of which waits for one of our batches: so the size
 * follows the time that the last one took.
 */
export class ScheddBatch {
  #requests = 1000;

  /** How many requests the next batch may hold. */
  get requests(): number {
    return Math.round(this.#requests);
  }

  /** Told what a batch took. */
  took(requests: number, milliseconds: number): void {
    if (requests < least / 2) return;
    const fitting = requests * target / Math.max(milliseconds, 1);
    // Halfway, lest one slow disk flush or one lucky batch decide.
    const next = (this.#requests + fitting) / 2;
    this.#requests = Math.min(most, Math.max(least, next));
  }
}
