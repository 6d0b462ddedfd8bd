/** How long a batch should keep the schedd busy, in milliseconds. */
const target = 300;
/**
 * The pause between two batches, in milliseconds. It is long enough for a complete
 * exchange with a waiting client (handshake, fork, answer). Without the pause,
 * each message of that client would wait for one more of our batches.
 */
const pause = 40;
const least = 100;
const most = 32_000;

/**
 * Decides how many requests go into one queue-management connection. The schedd
 * serves nobody else while a batch runs, so the size of a batch follows from the
 * time that the last one took.
 */
export class ScheddBatch {
  #requests = 1000;

  /** How many requests the next batch may hold. */
  get requests(): number {
    return Math.round(this.#requests);
  }

  /** Waits, so that the schedd can serve other clients between two batches. */
  async leaveToOthers(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, pause));
  }

  /**
   * Takes note of how long a batch took.
   *
   * @param requests How many requests it had.
   * @param milliseconds How long the schedd was busy with it.
   * @param fixed How much of that does not depend on the number of requests, such
   * as a walk through the queue. It pays only for a large batch.
   */
  took(requests: number, milliseconds: number, fixed = 0): void {
    if (requests < least / 2) return;
    const wanted = Math.max(target - fixed, target * 2 / 3);
    const fitting = requests * wanted / Math.max(milliseconds - fixed, 1);
    // Go only halfway, so that one slow disk flush does not decide.
    const next = (this.#requests + fitting) / 2;
    this.#requests = Math.min(most, Math.max(least, next));
  }
}
