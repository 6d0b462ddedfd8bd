/**
 * Shows what fills a log. The log is read once as a stream. Then its table is
 * read to find the size of a compacted log.
 *
 * @module
 */
import { type ByteSource, FileSource, MemorySource } from "./byte_source.ts";
import { writeTable } from "./compact.ts";
import { parseKey } from "./key.ts";
import { kindOfSource, type LogKind } from "./log_kind.ts";
import { Op, Outcome } from "./record.ts";
import { RecordDecoder } from "./record_decoder.ts";
import { QueueTable } from "./table.ts";
import { textOf } from "./text.ts";

const PIECE = 1024 * 1024;

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

/**
 * The result of {@linkcode logStats}. Each list is sorted by size, the largest
 * first.
 */
export interface LogStats {
  /** The path of the log. */
  readonly file: string;
  /** Whose log it is. The keys of its first records decide. */
  readonly kind: LogKind;
  /** The size of the log, in bytes. */
  readonly bytes: number;
  /**
   * How many bytes were read. If the log is damaged, they are fewer than
   * `bytes`.
   */
  readonly bytesRead: number;
  /** How many records were read. */
  readonly records: number;
  /** How many transactions end. */
  readonly transactions: number;
  /** The shares of the record types, such as `103 set attribute`. */
  readonly types: readonly LogShare[];
  /** The shares of the attribute names, in records 103 and 104. */
  readonly attributes: readonly LogShare[];
  /**
   * The shares of the owners, from the Owner of the cluster ad. Other ads count
   * as `(none)`.
   */
  readonly owners: readonly LogShare[];
  /**
   * The shares of the clusters. Cluster 0 is the header and the user records.
   * Only a job queue has clusters.
   */
  readonly clusters: readonly LogShare[];
  /** The shares of the ads, by key, in a log that is not a job queue. */
  readonly keys: readonly LogShare[];
  /**
   * The shares of the hours, in UTC, such as `2026-11-28T02`. Records have no
   * time. An hour begins when a QDate or EnteredCurrentStatus of that hour is
   * set. In the negotiator's log it is a LastUpdateTime, and in the collector's
   * log a LastHeardFrom.
   */
  readonly hours: readonly LogShare[];
  /** The size of the log that `log compact` would write. */
  readonly compacted: {
    /** How many records it would have. */
    readonly records: number;
    /** Its size, in bytes. */
    readonly bytes: number;
  };
}

const typeNames: Record<number, string> = {
  [Op.newAd]: "101 new ad",
  [Op.destroyAd]: "102 destroy ad",
  [Op.set]: "103 set attribute",
  [Op.delete]: "104 delete attribute",
  [Op.begin]: "105 begin transaction",
  [Op.end]: "106 end transaction",
  [Op.sequence]: "107 sequence number",
};

/**
 * Counts the contents of the log at `path`, up to the place where a schedd
 * stops reading. Throws {@linkcode QueueLogError} if the file cannot be read.
 */
export function logStats(path: string): LogStats {
  const source = FileSource.open(path);
  try {
    return statsOf(source);
  } finally {
    source.close();
  }
}

/** Counts the contents of a log in memory. Works as {@linkcode logStats}. */
export function logStatsOfBytes(bytes: Uint8Array): LogStats {
  return statsOf(new MemorySource(bytes));
}

function statsOf(source: ByteSource): LogStats {
  const kind = kindOfSource(source);
  const pass = new StatsPass(source, kind);
  pass.run();
  const table = QueueTable.from(source, {
    tolerant: true,
    upTo: pass.bytesRead,
    kind,
  });
  const compacted = writeTable(table, { writeSync: (bytes) => bytes.length });
  return {
    file: source.name,
    kind,
    bytes: source.size,
    bytesRead: pass.bytesRead,
    records: pass.records,
    transactions: pass.transactions,
    types: pass.types.list(),
    attributes: pass.attributes.list(),
    owners: kind === "job-queue" ? pass.owners().list() : [],
    keys: pass.keys.list(),
    clusters: pass.clusters.list(),
    hours: pass.hours.list(),
    compacted: { records: compacted.records, bytes: compacted.bytesAfter },
  };
}

/**
 * The attributes whose value is the time at which they are set. The last two
 * are those of the negotiator and of the collector.
 */
const times = new Set([
  "QDate",
  "EnteredCurrentStatus",
  "LastUpdateTime",
  "LastHeardFrom",
]);

interface Count {
  records: number;
  bytes: number;
  transactions: number;
  /** The number of the transaction that was counted last. */
  last: number;
}

class Shares<Key extends string | number> {
  readonly #counts = new Map<Key, Count>();

  /**
   * Counts one record. `transaction` is the number of its transaction, or 0.
   */
  add(key: Key, bytes: number, transaction: number): void {
    let count = this.#counts.get(key);
    if (count === undefined) {
      count = { records: 0, bytes: 0, transactions: 0, last: 0 };
      this.#counts.set(key, count);
    }
    count.records++;
    count.bytes += bytes;
    if (transaction > 0 && count.last !== transaction) {
      count.transactions++;
      count.last = transaction;
    }
  }

  /** Adds the counts of one key to another key. */
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
      shares.push({ name: String(key), records, bytes, transactions });
    }
    return shares.sort((a, b) => b.bytes - a.bytes);
  }
}

/**
 * Returns the name under which records are counted until the Owner is known. No
 * owner can have this name.
 */
function nameless(cluster: number): string {
  return `\0${cluster}`;
}

class StatsPass {
  records = 0;
  transactions = 0;
  bytesRead = 0;
  readonly types = new Shares<string>();
  readonly attributes = new Shares<string>();
  readonly clusters = new Shares<number>();
  readonly keys = new Shares<string>();
  readonly hours = new Shares<string>();
  readonly #source: ByteSource;
  readonly #kind: LogKind;
  readonly #decoder = new RecordDecoder();
  readonly #owners = new Map<number, string>();
  readonly #ownerShares = new Shares<string>();
  readonly #nameless = new Set<number>();
  readonly #spellings = new Map<string, string>();
  #transaction = 0;
  #number = 0;
  #hour = "unknown";
  #latest = 0;

  constructor(source: ByteSource, kind: LogKind) {
    this.#source = source;
    this.#kind = kind;
  }

  run(): void {
    const { size } = this.#source;
    for (let at = 0, more = true; more; at += PIECE) {
      const piece = new Uint8Array(Math.max(0, Math.min(PIECE, size - at)));
      this.#source.readInto(piece, at);
      this.#decoder.push(piece);
      if (at + piece.length >= size) this.#decoder.end();
      more = this.#readAll() && at + piece.length < size;
    }
    this.bytesRead = this.#decoder.offset;
  }

  owners(): Shares<string> {
    // These are clusters without an Owner, and ads that belong to no cluster.
    for (const cluster of this.#nameless) {
      this.#ownerShares.move(nameless(cluster), "(none)");
    }
    this.#nameless.clear();
    return this.#ownerShares;
  }

  #readAll(): boolean {
    const decoder = this.#decoder;
    for (;;) {
      const outcome = decoder.next();
      if (outcome !== Outcome.record) {
        return outcome === Outcome.torn || outcome === Outcome.end;
      }
      this.#count();
      decoder.advance();
      this.records++;
    }
  }

  #count(): void {
    const { parser, offset, failedAt } = this.#decoder;
    const bytes = failedAt - offset;
    if (parser.op === Op.begin && this.#transaction === 0) {
      this.#transaction = ++this.#number;
    }
    const transaction = this.#transaction;
    this.types.add(typeNames[parser.op], bytes, transaction);
    if (parser.op >= Op.newAd && parser.op <= Op.delete) {
      this.#countAd(bytes, transaction);
    }
    this.hours.add(this.#hour, bytes, transaction);
    if (parser.op === Op.end && transaction > 0) {
      this.transactions++;
      this.#transaction = 0;
    }
  }

  #countAd(size: number, transaction: number): void {
    const { parser, bytes } = this.#decoder;
    const key = textOf(bytes.subarray(parser.keyStart, parser.keyEnd));
    const { cluster } = parseKey(key);
    if (this.#kind === "job-queue") {
      this.clusters.add(cluster, size, transaction);
    } else {
      this.keys.add(key, size, transaction);
    }
    if (parser.op === Op.set || parser.op === Op.delete) {
      const name = textOf(bytes.subarray(parser.nameStart, parser.nameEnd));
      this.attributes.add(this.#spelling(name), size, transaction);
      if (parser.op === Op.set) this.#note(cluster, name);
    }
    let owner = this.#owners.get(cluster);
    if (owner === undefined) {
      owner = nameless(cluster);
      this.#nameless.add(cluster);
    }
    this.#ownerShares.add(owner, size, transaction);
  }

  /** Returns the first spelling of a name. Names rarely differ in case. */
  #spelling(name: string): string {
    const known = this.#spellings.get(name);
    if (known !== undefined) return known;
    const lower = name.toLowerCase();
    const first = this.#spellings.get(lower) ?? name;
    this.#spellings.set(lower, first);
    this.#spellings.set(name, first);
    return first;
  }

  #note(cluster: number, name: string): void {
    if (name === "Owner" && cluster > 0) {
      const owner = this.#value().replace(/^"|"$/g, "");
      this.#owners.set(cluster, owner);
      // The records before this one belong to the same owner.
      if (this.#nameless.delete(cluster)) {
        this.#ownerShares.move(nameless(cluster), owner);
      }
    } else if (times.has(name)) {
      const time = Number(this.#value());
      if (!(time >= this.#latest) || time > 32503680000) return;
      this.#latest = time;
      this.#hour = new Date(time * 1000).toISOString().slice(0, 13);
    }
  }

  #value(): string {
    const { parser, bytes } = this.#decoder;
    return textOf(bytes.subarray(parser.valueStart, parser.valueEnd));
  }
}
