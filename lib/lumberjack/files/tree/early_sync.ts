/**
 * Writes to the disk while more is copied: one sync at a time, and nobody waits
 * for a slow disk before the end. The disk has less left to do then.
 */
export class EarlySync {
  /** The sync that runs now. */
  #running: Promise<void> | undefined;
  #failure: unknown;

  /** Whether a sync runs. */
  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** Starts a sync, unless one runs. */
  start(sync: () => Promise<void>): void {
    if (this.isRunning) return;
    this.#running = sync().catch((error) => {
      this.#failure = error;
    }).finally(() => {
      this.#running = undefined;
    });
  }

  /** Throws why an earlier sync failed, once. */
  throwFailure(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
  }

  /** Waits for the sync that runs. Its failure stays for `throwFailure`. */
  async settle(): Promise<void> {
    await this.#running;
  }
}
