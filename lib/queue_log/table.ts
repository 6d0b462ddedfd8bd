import { type AdOwner, QueueAd } from "./ad.ts";
import { AdRecords, SLACK } from "./ad_records.ts";
import { BlockCache } from "./block_cache.ts";
import {
  type ByteSource,
  changedError,
  FileSource,
  MemorySource,
} from "./byte_source.ts";
import { ExpressionCache } from "./expression.ts";
import { parseKey } from "./key.ts";
import { indexLog, type LogIndex } from "./log_index.ts";
import { NameTable } from "./name_table.ts";

/** How a {@linkcode QueueTable} reads. */
export interface QueueTableOptions {
  /**
   * Take a damaged log for what a schedd would make of it: where the schedd
   * silently drops the damage and all that follows, so does the table. Without
   * it damage is an error. A log that the schedd refuses is always one.
   */
  readonly tolerant?: boolean;
  /** Read only this many bytes, as if the log ended there. */
  readonly upTo?: number;
  /** How many bytes are read at a time; half a mebibyte by default. */
  readonly window?: number;
  /** What messages call a log in memory. */
  readonly name?: string;
}

const RECENT = 8;
const ARENA = 256 * 1024;
const CLUSTERS = 256;
const COPY_PIECE = 4 * 1024 * 1024;

/**
 * The table of ads that a queue log stands for: the latest value wins, proc
 * ads are chained to their cluster ad, and an unfinished transaction or a torn
 * last record at the end counts for nothing.
 *
 * The values stay in the file, which stays open: close it with `using` or
 * {@linkcode QueueTable.close}. What the schedd appends meanwhile is not seen,
 * and a rotation does not matter. For each ad and each group of its records a
 * few bytes are kept in memory.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { QueueTable } from "./mod.ts";
 *
 * using table = QueueTable.read(new TextEncoder().encode(
 *   '101 01.-1 Job Machine\n103 01.-1 Owner "alice"\n' +
 *     "101 1.0 Job Machine\n103 1.0 JobStatus 1\n103 1.0 JobStatus 5\n",
 * ));
 * const job = table.get("1.0");
 * assertEquals(job?.text("jobstatus"), "5");
 * assertEquals(job?.chainedText("Owner"), '"alice"');
 * ```
 */
export class QueueTable implements Disposable {
  /** What messages call the log: its path. */
  readonly name: string;
  /**
   * Length of the prefix that counts, in bytes. What follows is a torn record,
   * an unfinished transaction, or (with `tolerant`) damage.
   */
  readonly committedBytes: number;
  /** How many bytes the log had when it was opened. */
  readonly totalBytes: number;
  /** The sequence number of record 107; 1 without one, as in the schedd. */
  readonly sequence: number;
  /** Seconds since 1970 that record 107 gives, or undefined. */
  readonly creationTimestamp: number | undefined;
  /** How many records were read. */
  readonly records: number;
  readonly #source: ByteSource;
  readonly #cache: BlockCache | undefined;
  readonly #index: LogIndex;
  readonly #expressions = new ExpressionCache();
  #names = new NameTable();
  readonly #recent: { ad: number; records: AdRecords }[] = [];
  #nextRecent = 0;
  #arena = new Uint8Array(0);
  #arenaUsed = ARENA;
  readonly #clusters = new Map<number, QueueAd | undefined>();
  readonly #owner: AdOwner = {
    records: (ad) => this.#recordsOf(ad),
    offset: (ad) => this.#index.runs.offset(this.#index.ads.firstRun(ad)),
    clusterAd: (cluster) => this.#clusterAd(cluster),
    parse: (text, where) => this.#expressions.parse(text, where),
  };

  private constructor(source: ByteSource, options: QueueTableOptions) {
    this.#source = source;
    this.#cache = source instanceof MemorySource
      ? undefined
      : new BlockCache(source);
    this.name = source.name;
    this.totalBytes = source.size;
    this.#index = indexLog(
      source,
      options.tolerant ?? false,
      options.upTo,
      options.window,
    );
    this.committedBytes = this.#index.committedBytes;
    this.sequence = this.#index.sequence;
    this.creationTimestamp = this.#index.creationTimestamp;
    this.records = this.#index.records;
  }

  /**
   * Reads the log at `path`. Throws {@linkcode QueueLogError} if it cannot be
   * read, and {@linkcode QueueLogDamage} if it is damaged.
   */
  static open(path: string, options: QueueTableOptions = {}): QueueTable {
    const source = FileSource.open(path);
    try {
      return new QueueTable(source, options);
    } catch (error) {
      source.close();
      throw error;
    }
  }

  /**
   * Reads from a source that the table then owns. Throws as
   * {@linkcode QueueTable.open} does.
   */
  static from(source: ByteSource, options: QueueTableOptions = {}): QueueTable {
    return new QueueTable(source, options);
  }

  /** Reads a log in memory. The bytes must not change afterwards. */
  static read(bytes: Uint8Array, options: QueueTableOptions = {}): QueueTable {
    return new QueueTable(new MemorySource(bytes, options.name), options);
  }

  /** How many ads there are. */
  get size(): number {
    return this.#index.ads.living;
  }

  /** The ad with this key, in any spelling of the key. */
  get(key: string): QueueAd | undefined {
    const { cluster, proc } = parseKey(key);
    return this.find(cluster, proc);
  }

  /** The ad with these numbers. */
  find(cluster: number, proc: number): QueueAd | undefined {
    const ad = this.#index.ads.find(cluster, proc);
    return ad < 0 ? undefined : new QueueAd(this.#owner, ad, cluster, proc);
  }

  /** Every ad, in the order in which the log makes them. */
  *ads(): Iterable<QueueAd> {
    const { ads } = this.#index;
    for (let ad = 0; ad < ads.size; ad++) {
      if (!ads.isAlive(ad)) continue;
      yield new QueueAd(this.#owner, ad, ads.cluster(ad), ads.proc(ad));
    }
  }

  /** The cluster ads, in file order. */
  *clusters(): Iterable<QueueAd> {
    for (const ad of this.ads()) if (ad.kind === "cluster") yield ad;
  }

  /** The proc ads, in file order. */
  *procs(): Iterable<QueueAd> {
    for (const ad of this.ads()) if (ad.kind === "proc") yield ad;
  }

  /**
   * Writes the prefix that counts to `sink`, byte for byte. Throws
   * {@linkcode QueueLogError} if the log cannot be read, and what the sink
   * throws.
   */
  copyTo(sink: { writeSync(bytes: Uint8Array): number }): void {
    const piece = new Uint8Array(Math.min(COPY_PIECE, this.committedBytes));
    for (let at = 0; at < this.committedBytes; at += piece.length) {
      const part = piece.subarray(0, this.committedBytes - at);
      this.#source.readInto(part, at);
      for (let sent = 0; sent < part.length;) {
        sent += sink.writeSync(part.subarray(sent));
      }
    }
  }

  /** Lets go of the file. The ads cannot be read afterwards. */
  close(): void {
    this.#source.close();
  }

  /** Same as {@linkcode QueueTable.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  #clusterAd(cluster: number): QueueAd | undefined {
    let ad = this.#clusters.get(cluster);
    if (ad === undefined && !this.#clusters.has(cluster)) {
      ad = this.find(cluster, -1);
      if (this.#clusters.size >= CLUSTERS) this.#clusters.clear();
      this.#clusters.set(cluster, ad);
    }
    return ad;
  }

  #recordsOf(ad: number): AdRecords {
    for (const entry of this.#recent) if (entry.ad === ad) return entry.records;
    const records = this.#gather(ad);
    this.#recent[this.#nextRecent] = { ad, records };
    this.#nextRecent = (this.#nextRecent + 1) % RECENT;
    return records;
  }

  /** New bytes, cut from a larger piece: many small buffers cost more. */
  #room(size: number): Uint8Array {
    if (size > ARENA / 8) return new Uint8Array(size);
    if (this.#arenaUsed + size > ARENA) {
      this.#arena = new Uint8Array(ARENA);
      this.#arenaUsed = 0;
    }
    const from = this.#arenaUsed;
    this.#arenaUsed = from + size;
    return this.#arena.subarray(from, from + size);
  }

  /** Brings the runs of an ad together. */
  #gather(ad: number): AdRecords {
    const { ads, runs } = this.#index;
    const ends: number[] = [];
    let size = 0;
    for (let run = ads.firstRun(ad); run >= 0; run = runs.next(run)) {
      size += runs.length(run);
      ends.push(size);
    }
    const bytes = this.#room(size + SLACK);
    let at = 0;
    for (let run = ads.firstRun(ad); run >= 0; run = runs.next(run)) {
      const length = runs.length(run);
      if (length === 0) continue;
      if (this.#cache !== undefined) {
        this.#cache.copy(bytes, at, runs.offset(run), length);
      } else {
        this.#source.readInto(
          bytes.subarray(at, at + length),
          runs.offset(run),
        );
      }
      // A run begins with 101, 103 or 104, or the file is another one now.
      if (bytes[at] !== 49 && !startsRecord(bytes, at)) {
        throw changedError(this.name);
      }
      at += length;
    }
    if (this.#names.isFull) this.#names = new NameTable();
    return new AdRecords(bytes, ends, this.#names);
  }
}

/** Whether a record may begin here in one of its rarer forms. */
function startsRecord(bytes: Uint8Array, at: number): boolean {
  const byte = bytes[at];
  return byte === 32 || (byte >= 9 && byte <= 13) || byte === 43 || byte === 48;
}
