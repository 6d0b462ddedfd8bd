/** The doubts about an ad that arise while a damaged log is read. */
export const Doubt = {
  /** Records of this ad may be lost. */
  affected: 1,
  /** The record that made the ad is lost. */
  guessed: 2,
  /** The job had ended, but a later record says that it has not. */
  ended: 4,
  /** A later record has an earlier time. */
  backwards: 8,
  /** The ad was removed and made again. */
  reborn: 16,
  /** A record sets ClusterId (of a cluster ad) or ProcId (of a job). */
  numbered: 32,
  /** CompletionDate was set. */
  completed: 64,
  /** The ad may come from an older file. */
  stale: 128,
} as const;

/**
 * The state of each ad: its doubts, its last JobStatus, and how many gaps came
 * before the record that made the ad or last set its status. Typed arrays are
 * used, because a queue can have a million jobs.
 */
export class AdStates {
  #doubts = new Uint8Array(1024);
  #status = new Uint8Array(1024);
  #known = new Uint32Array(1024);
  #entered = new Float64Array(1024);

  /** Resets the state of an ad. */
  reset(ad: number, gaps: number, doubts: number): void {
    if (ad >= this.#doubts.length) this.#grow(ad);
    this.#doubts[ad] = doubts;
    this.#status[ad] = 0;
    this.#known[ad] = gaps;
    this.#entered[ad] = 0;
  }

  /** Adds doubts about an ad. */
  doubt(ad: number, doubts: number): void {
    this.#doubts[ad] |= doubts;
  }

  /** Returns all doubts about an ad. */
  doubts(ad: number): number {
    return this.#doubts[ad];
  }

  /** Returns the last JobStatus, or 0 if there was none. */
  status(ad: number): number {
    return this.#status[ad];
  }

  /**
   * Returns how many gaps came before the record that last set the job's
   * status.
   */
  known(ad: number): number {
    return this.#known[ad];
  }

  /** Sets the status. A job that had ended before stays doubtful. */
  setStatus(ad: number, status: number, gaps: number): void {
    const before = this.#status[ad];
    if (isEnd(before) && !isEnd(status)) this.#doubts[ad] |= Doubt.ended;
    this.#status[ad] = status;
    this.#known[ad] = gaps;
  }

  /** Notes that a record after so many gaps is about the ad. */
  confirm(ad: number, gaps: number): void {
    this.#known[ad] = gaps;
  }

  /** Sets the time of the last change of status. */
  setEntered(ad: number, time: number): void {
    if (time < this.#entered[ad]) this.#doubts[ad] |= Doubt.backwards;
    else this.#entered[ad] = time;
  }

  #grow(ad: number): void {
    const size = Math.max(ad + 1, Math.ceil(this.#doubts.length * 1.5));
    this.#doubts = grown(this.#doubts, new Uint8Array(size));
    this.#status = grown(this.#status, new Uint8Array(size));
    this.#known = grown(this.#known, new Uint32Array(size));
    this.#entered = grown(this.#entered, new Float64Array(size));
  }
}

/** Returns whether the status is removed (3) or completed (4). */
export function isEnd(status: number): boolean {
  return status === 3 || status === 4;
}

function grown<T extends Uint8Array | Uint32Array | Float64Array>(
  from: T,
  to: T,
): T {
  to.set(from);
  return to;
}
