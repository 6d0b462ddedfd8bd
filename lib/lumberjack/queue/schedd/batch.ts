/** A batch is to keep the schedd for about this long, in milliseconds. */
const target = 300;
/**
 * And then it has this long for others, in milliseconds: enough for a waiting
 * client's whole exchange (handshake, fork, answer), each turn of which would
 * else wait for one more of our batches.
 */
const pause = 40;
const least = 100;
const most = 32_000;

/**
 * How much goes into one queue-management connection, counted in requests. The
 * schedd serves nobody else while a batch runs: so the size follows the time
 * that the last one took, and others get their turn in between.
 */
export class ScheddBatch {
  #requests = 1000;

  /** How many requests the next batch may hold. */
  get requests(): number {
    return Math.round(this.#requests);
  }

  /** To be awaited between two batches. */
  async leaveToOthers(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, pause));
  }

  /**
   * Told what a batch took, and how much of that does not depend on its size: a
   * walk through a long queue is worth it for many requests only.
   */
  took(requests: number, milliseconds: number, fixed = 0): void {
    if (requests < least / 2) return;
    const wanted = Math.max(target - fixed, target * 2 / 3);
    const fitting = requests * wanted / Math.max(milliseconds - fixed, 1);
    // Halfway, lest one slow disk flush or one lucky batch decide.
    const next = (this.#requests + fitting) / 2;
    this.#requests = Math.min(most, Math.max(least, next));
  }
}
