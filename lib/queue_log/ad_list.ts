/**
 * The ads of a table by the two numbers of their keys, in typed arrays. A queue
 * of 200 000 jobs takes a few megabytes, and finding an ad makes no objects.
 *
 * @module
 */

const SLOT = 3;

/** A list of ads. They are numbered in the order in which they were made. */
export class AdList {
  #cluster: Int32Array;
  #proc: Int32Array;
  #first: Int32Array;
  #last: Int32Array;
  #alive: Uint8Array;
  #size = 0;
  #living = 0;
  // A hash table with open addressing. A slot holds the two numbers of a key,
  // and the ad's number plus one. They are neighbours, so that a search touches
  // memory only once. If an ad was destroyed, the next ad with the same key
  // uses its slot.
  #slots: Int32Array;
  #mask: number;
  #used = 0;

  /** A list with room for about `expected` ads. It grows if there are more. */
  constructor(expected = 0) {
    const room = Math.max(1024, Math.ceil(expected));
    this.#cluster = new Int32Array(room);
    this.#proc = new Int32Array(room);
    this.#first = new Int32Array(room);
    this.#last = new Int32Array(room);
    this.#alive = new Uint8Array(room);
    this.#mask = 4095;
    while (this.#mask < room * 2) this.#mask = this.#mask * 2 + 1;
    this.#slots = new Int32Array((this.#mask + 1) * SLOT);
  }

  /** How many ads were ever made. */
  get size(): number {
    return this.#size;
  }

  /** How many ads exist now. */
  get living(): number {
    return this.#living;
  }

  /** Returns the existing ad with this key, or -1. */
  find(cluster: number, proc: number): number {
    const ad = this.#slots[this.#slotOf(cluster, proc) + 2] - 1;
    return ad >= 0 && this.#alive[ad] === 1 ? ad : -1;
  }

  /**
   * Returns whether an ad with this key existed before and does not exist now.
   */
  wasDestroyed(cluster: number, proc: number): boolean {
    const ad = this.#slots[this.#slotOf(cluster, proc) + 2] - 1;
    return ad >= 0 && this.#alive[ad] === 0;
  }

  /**
   * Makes an ad and returns its number. The caller must know that no ad with
   * this key exists.
   */
  add(cluster: number, proc: number): number {
    if (this.#size === this.#cluster.length) this.#grow();
    const ad = this.#size++;
    this.#cluster[ad] = cluster;
    this.#proc[ad] = proc;
    this.#first[ad] = -1;
    this.#last[ad] = -1;
    this.#alive[ad] = 1;
    this.#living++;
    const slot = this.#slotOf(cluster, proc);
    if (this.#slots[slot + 2] === 0) this.#used++;
    this.#fill(slot, cluster, proc, ad);
    if (this.#used * 2 > this.#mask) this.#rehash();
    return ad;
  }

  /** Destroys an ad. Its number is not used again. */
  destroy(ad: number): void {
    this.#alive[ad] = 0;
    this.#living--;
  }

  /**
   * Takes back that an ad was destroyed. No other ad with its key may exist.
   */
  revive(ad: number): void {
    const cluster = this.#cluster[ad];
    const proc = this.#proc[ad];
    this.#alive[ad] = 1;
    this.#living++;
    this.#fill(this.#slotOf(cluster, proc), cluster, proc, ad);
  }

  /** Returns the number before the dot of the key. */
  cluster(ad: number): number {
    return this.#cluster[ad];
  }

  /** Returns the number after the dot of the key. */
  proc(ad: number): number {
    return this.#proc[ad];
  }

  /** Returns whether the ad was not destroyed. */
  isAlive(ad: number): boolean {
    return this.#alive[ad] === 1;
  }

  /** Returns the first of the ad's runs, or -1. */
  firstRun(ad: number): number {
    return this.#first[ad];
  }

  /** Returns the last of the ad's runs, or -1. */
  lastRun(ad: number): number {
    return this.#last[ad];
  }

  /**
   * Stores `run` as the ad's last run. If the ad has no runs yet, it is also
   * the first.
   */
  setLastRun(ad: number, run: number): void {
    if (this.#first[ad] < 0) this.#first[ad] = run;
    this.#last[ad] = run;
  }

  /** Returns the slot of a key, or the free slot that the key would get. */
  #slotOf(cluster: number, proc: number): number {
    const slots = this.#slots;
    const mask = this.#mask;
    // A cluster ad and its first procs are neighbours, as in the log.
    const group = (proc + 1) >> 4;
    let hash = Math.imul(cluster, 0x9e3779b1) + Math.imul(group, 0x85ebca6b);
    hash ^= hash >>> 15;
    hash = (hash << 4) + ((proc + 1) & 15);
    for (let slot = (hash & mask) * SLOT;;) {
      if (
        slots[slot + 2] === 0 ||
        (slots[slot] === cluster && slots[slot + 1] === proc)
      ) {
        return slot;
      }
      slot += SLOT;
      if (slot === slots.length) slot = 0;
    }
  }

  #fill(slot: number, cluster: number, proc: number, ad: number): void {
    this.#slots[slot] = cluster;
    this.#slots[slot + 1] = proc;
    this.#slots[slot + 2] = ad + 1;
  }

  #grow(): void {
    const size = Math.ceil(this.#size * 1.5);
    this.#cluster = grown(this.#cluster, size);
    this.#proc = grown(this.#proc, size);
    this.#first = grown(this.#first, size);
    this.#last = grown(this.#last, size);
    const alive = new Uint8Array(size);
    alive.set(this.#alive);
    this.#alive = alive;
  }

  #rehash(): void {
    const old = this.#slots;
    this.#mask = this.#mask * 2 + 1;
    this.#slots = new Int32Array(old.length * 2);
    for (let from = 0; from < old.length; from += SLOT) {
      if (old[from + 2] === 0) continue;
      const cluster = old[from];
      const proc = old[from + 1];
      this.#fill(
        this.#slotOf(cluster, proc),
        cluster,
        proc,
        old[from + 2] - 1,
      );
    }
  }
}

function grown(array: Int32Array, size: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(size);
  larger.set(array);
  return larger;
}
