/** What is known of an ad while a damaged log is read. */
export const Doubt = {
  /** Records of this ad may be lost. */
  affected: 1,
  /** The record that made the ad is lost. */
  guessed: 2,
  /** The job had ended, and a later record says that it has not. */
  ended: 4,
  /** A later record carries an earlier time. */
  backwards: 8,
  /** The ad was removed and made again. */
  reborn: 16,
  /** A record says ClusterId (of a cluster ad) or ProcId (of a job). */
  numbered: 32,
  /** CompletionDate was set. */
  completed: 64,
} as const;

/**
 * For each ad: its doubts, its last JobStatus, and how much damage had been
 * met when the ad was made and when its status was last set. Typed arrays,
 * because a queue can hold a million jobs.
 */
export class AdStates {
  #doubts = new Uint8Array(1024);
  #status = new Uint8Array(1024);
  #known = new Uint32Array(1024);
  #entered = new Float64Array(1024);

  /** Starts over for the ad with this number. */
  reset(ad: number, gaps: number, doubts: number): void {
    if (ad >= this.#doubts.length) this.#grow(ad);
    this.#doubts[ad] = doubts;
    this.#status[ad] = 0;
    this.#known[ad] = gaps;
    this.#entered[ad] = 0;
  }

  /** Adds doubts. */
  doubt(ad: number, doubts: number): void {
    this.#doubts[ad] |= doubts;
  }

  /** All doubts about the ad. */
  doubts(ad: number): number {
    return this.#doubts[ad];
  }

  /** The last JobStatus; 0 if there was none. */
  status(ad: number): number {
    return this.#status[ad];
  }

  /** How many gaps stand before the record that last said what the job does. */
  known(ad: number): number {
    return this.#known[ad];
  }

  /** The status is set. A job that had ended stays suspicious. */
  setStatus(ad: number, status: number, gaps: number): void {
    const before = this.#status[ad];
    if (isEnd(before) && !isEnd(status)) this.#doubts[ad] |= Doubt.ended;
    this.#status[ad] = status;
    this.#known[ad] = gaps;
  }

  /** The time of the last change of status is set. */
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

/** Whether the status is removed (3) or completed (4). */
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
