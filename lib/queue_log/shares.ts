/**
 * Counts what fills a log, by key.
 *
 * @module
 */

/** How many records and bytes one kind has. */
export interface LogShare {
  /** The kind: a record type, an attribute, an owner, a cluster, or an hour. */
  readonly name: string;
  /** How many records. */
  readonly records: number;
  /** How many bytes, including newlines. */
  readonly bytes: number;
  /** In how many transactions the records are. */
  readonly transactions: number;
}

/** The numbers of one key while a log is read. */
export interface Count {
  records: number;
  bytes: number;
  transactions: number;
  /** The number of the transaction that was counted last. */
  last: number;
}

/** The counts of all keys. */
export class Shares<Key extends string | number> {
  readonly #counts = new Map<Key, Count>();

  /** Returns the count of a key. It is the same until the key is moved. */
  of(key: Key): Count {
    let count = this.#counts.get(key);
    if (count === undefined) {
      count = { records: 0, bytes: 0, transactions: 0, last: 0 };
      this.#counts.set(key, count);
    }
    return count;
  }

  /** Adds the counts of one key to another key, and forgets the first one. */
  move(from: Key, to: Key): void {
    const moved = this.#counts.get(from);
    if (moved === undefined) return;
    this.#counts.delete(from);
    const count = this.#counts.get(to);
    if (count === undefined) {
      this.#counts.set(to, moved);
      return;
    }
    count.records += moved.records;
    count.bytes += moved.bytes;
    count.transactions += moved.transactions;
    if (moved.last > 0 && moved.last === count.last) count.transactions--;
    count.last = Math.max(count.last, moved.last);
  }

  list(): LogShare[] {
    const shares: LogShare[] = [];
    for (const [key, { records, bytes, transactions }] of this.#counts) {
      if (records === 0) continue;
      shares.push({ name: String(key), records, bytes, transactions });
    }
    return shares.sort((a, b) => b.bytes - a.bytes);
  }
}

/**
 * Counts one record. `transaction` is the number of its transaction, or 0.
 */
export function add(count: Count, bytes: number, transaction: number): void {
  count.records++;
  count.bytes += bytes;
  if (transaction > 0 && count.last !== transaction) {
    count.transactions++;
    count.last = transaction;
  }
}
