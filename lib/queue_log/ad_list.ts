/**
 * The ads of a table by the two numbers of their keys, in typed arrays. A queue
 * of 200 000 jobs takes a few megabytes, and finding an ad makes no objects.
 *
 * @module
 */

// Making the hash table takes as long as many searches without it.
const FEW = 1000;

/** A list of ads. They are numbered in the order in which they were made. */
export class AdList {
  #cluster: Int32Array;
  #proc: Int32Array;
  #first: Int32Array;
  #last: Int32Array;
  #alive: Uint8Array;
  #size = 0;
  #living = 0;
  // The ad that was found last. Ads are often asked for one after the other.
  #found = 0;
  // A hash table with open addressing. A slot holds the ad's number plus one. If
  // an ad was destroyed, the next ad with the same key uses its slot. While the
  // keys come in ascending order, a new key needs no search. So the table is made
  // when a key comes in another order, or when many are asked for in another one.
  #slots: Int32Array | undefined;
  #mask = 4095;
  #used = 0;
  #searches = 0;

  /** A list with room for about `expected` ads. It grows if there are more. */
  constructor(expected = 0) {
    const room = Math.max(1024, Math.ceil(expected));
    this.#cluster = new Int32Array(room);
    this.#proc = new Int32Array(room);
    this.#first = new Int32Array(room);
    this.#last = new Int32Array(room);
    this.#alive = new Uint8Array(room);
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
    const ad = this.#holder(cluster, proc);
    return ad >= 0 && this.#alive[ad] === 1 ? ad : -1;
  }

  /**
   * Returns whether an ad with this key existed before and does not exist now.
   */
  wasDestroyed(cluster: number, proc: number): boolean {
    const ad = this.#holder(cluster, proc);
    return ad >= 0 && this.#alive[ad] === 0;
  }

  /**
   * Makes an ad and returns its number. The caller must know that no ad with
   * this key exists.
   */
  add(cluster: number, proc: number): number {
    if (this.#size === this.#cluster.length) this.#grow();
    const isLast = this.#slots === undefined && this.#isBeyond(cluster, proc);
    const slots = isLast ? undefined : this.#table();
    const ad = this.#size++;
    this.#cluster[ad] = cluster;
    this.#proc[ad] = proc;
    this.#first[ad] = -1;
    this.#last[ad] = -1;
    this.#alive[ad] = 1;
    this.#living++;
    this.#found = ad;
    if (slots !== undefined) this.#put(slots, ad);
    return ad;
  }

  /** Whether a key comes after all keys, if these are in order. */
  #isBeyond(cluster: number, proc: number): boolean {
    const last = this.#size - 1;
    return last < 0 || cluster > this.#cluster[last] ||
      (cluster === this.#cluster[last] && proc > this.#proc[last]);
  }

  /** Returns the newest ad with this key, or -1. It may be destroyed. */
  #holder(cluster: number, proc: number): number {
    // The ad that was found last, and the one after it. Another ad may have the
    // key of a destroyed one.
    for (let ad = this.#found; ad <= this.#found + 1; ad++) {
      if (
        this.#proc[ad] === proc && this.#cluster[ad] === cluster &&
        ad < this.#size && this.#alive[ad] === 1
      ) return this.#found = ad;
    }
    const ad = this.#search(cluster, proc);
    if (ad >= 0) this.#found = ad;
    return ad;
  }

  #search(cluster: number, proc: number): number {
    if (this.#slots === undefined) {
      if (this.#isBeyond(cluster, proc)) return -1;
      if (this.#searches++ < FEW) return this.#searchInOrder(cluster, proc);
    }
    const slots = this.#table();
    return slots[this.#slotOf(slots, cluster, proc)] - 1;
  }

  /** Finds a key if the keys are in ascending order. */
  #searchInOrder(cluster: number, proc: number): number {
    let from = 0;
    let to = this.#size;
    while (from < to) {
      const middle = (from + to) >> 1;
      const order = this.#cluster[middle] - cluster ||
        this.#proc[middle] - proc;
      if (order === 0) return middle;
      if (order < 0) from = middle + 1;
      else to = middle;
    }
    return -1;
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
    if (this.#slots === undefined) return;
    this.#slots[this.#slotOf(this.#slots, cluster, proc)] = ad + 1;
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

  /** Returns the hash table. */
  #table(): Int32Array {
    if (this.#slots !== undefined) return this.#slots;
    while (this.#mask < this.#cluster.length * 2) {
      this.#mask = this.#mask * 2 + 1;
    }
    return this.#rehash();
  }

  /**
   * Returns the slot of a key, or the free slot that the key would get.
   */
  #slotOf(slots: Int32Array, cluster: number, proc: number): number {
    const mask = this.#mask;
    // A cluster ad and its first procs are neighbours, as in the log.
    const group = (proc + 1) >> 4;
    let hash = Math.imul(cluster, 0x9e3779b1) + Math.imul(group, 0x85ebca6b);
    hash ^= hash >>> 15;
    hash = (hash << 4) + ((proc + 1) & 15);
    for (let slot = hash & mask;; slot = (slot + 1) & mask) {
      const ad = slots[slot] - 1;
      if (
        ad < 0 || (this.#cluster[ad] === cluster && this.#proc[ad] === proc)
      ) return slot;
    }
  }

  /** Puts an ad into the hash table. */
  #put(slots: Int32Array, ad: number): void {
    const slot = this.#slotOf(slots, this.#cluster[ad], this.#proc[ad]);
    if (slots[slot] === 0) this.#used++;
    slots[slot] = ad + 1;
    if (this.#used * 2 > this.#mask) {
      this.#mask = this.#mask * 2 + 1;
      this.#rehash();
    }
  }

  #rehash(): Int32Array {
    const slots = new Int32Array(this.#mask + 1);
    this.#slots = slots;
    this.#used = 0;
    for (let ad = 0; ad < this.#size; ad++) {
      const slot = this.#slotOf(slots, this.#cluster[ad], this.#proc[ad]);
      const before = slots[slot] - 1;
      if (before < 0) this.#used++;
      // At most one of the ads with the same key exists. If none does, the last
      // one counts.
      if (before < 0 || this.#alive[before] === 0) slots[slot] = ad + 1;
    }
    return slots;
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
}

function grown(array: Int32Array, size: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(size);
  larger.set(array);
  return larger;
}
