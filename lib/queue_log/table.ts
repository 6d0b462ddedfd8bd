import { type AdOwner, QueueAd } from "./ad.ts";
import { type ByteSource, FileSource, MemorySource } from "./byte_source.ts";
import { ExpressionCache } from "./expression.ts";
import { formatKey, kindOf, NAMED, parseKey } from "./key.ts";
import { indexLog, type LogIndex } from "./log_index.ts";
import type { LogKind } from "./log_kind.ts";
import type { CheckedRecords } from "./check_records.ts";
import { RecentAds } from "./recent_ads.ts";
import { bytesOf } from "./text.ts";
import { WordNumbers } from "./word_numbers.ts";

/** The options of a {@linkcode QueueTable}. */
export interface QueueTableOptions {
  /**
   * Whether a damaged log is accepted. If a schedd would silently drop the
   * damage and everything after it, the table drops it too. By default damage
   * is an error. A log that a schedd would refuse is always an error.
   */
  readonly tolerant?: boolean;
  /** How many bytes to read, as if the log ended there. By default all. */
  readonly upTo?: number;
  /** How many bytes to read at a time. The default is 512 KiB. */
  readonly window?: number;
  /** Whose log it is. By default it is a job queue. */
  readonly kind?: LogKind;
  /** The name of a log in memory, for error messages. */
  readonly name?: string;
}

const CLUSTERS = 256;
// The kernel takes ten times as long for pieces of 4 MiB.
const COPY_PIECE = 256 * 1024;

/**
 * The table of ads that a queue log describes. The latest value of an attribute
 * counts, and proc ads are chained to their cluster ad. An unfinished
 * transaction or a torn record at the end is ignored.
 *
 * The values stay in the file, and the file stays open. Close it with `using`
 * or {@linkcode QueueTable.close}. Records that the schedd appends later are
 * not seen, and a rotation does no harm. The table keeps only a few bytes in
 * memory for each ad and for each group of its records.
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
  /** The name of the log for error messages: its path. */
  readonly name: string;
  /** Whose log it is. */
  readonly kind: LogKind;
  /**
   * The length of the part that counts, in bytes. After it there is a torn
   * record, an unfinished transaction, or (with `tolerant`) damage.
   */
  readonly committedBytes: number;
  /** How many bytes the log had when it was opened. */
  readonly totalBytes: number;
  /**
   * The sequence number of record 107. Without a record 107 it is 1, as in the
   * schedd.
   */
  readonly sequence: number;
  /** The creation time of record 107 in seconds since 1970, or undefined. */
  readonly creationTimestamp: number | undefined;
  /** How many records were read. */
  readonly records: number;
  readonly #source: ByteSource;
  readonly #keys: WordNumbers | undefined;
  readonly #index: LogIndex;
  readonly #expressions = new ExpressionCache();
  readonly #recent: RecentAds;
  readonly #clusters = new Map<number, QueueAd | undefined>();
  readonly #owner: AdOwner = {
    records: (ad) => this.#recent.records(ad),
    offset: (ad) => this.#index.runs.offset(this.#index.ads.firstRun(ad)),
    key: (cluster, proc) =>
      this.#keys?.text(cluster) ?? formatKey(cluster, proc),
    clusterAd: (cluster) => this.#clusterAd(cluster),
    parse: (text, where) => this.#expressions.parse(text, where),
  };

  private constructor(
    source: ByteSource,
    options: QueueTableOptions,
    ready?: Pick<CheckedRecords, "index" | "names">,
  ) {
    this.#source = source;
    this.name = source.name;
    this.kind = options.kind ?? "job-queue";
    this.#keys = ready?.names ??
      (this.kind === "job-queue" ? undefined : new WordNumbers());
    this.totalBytes = source.size;
    this.#index = ready?.index ?? indexLog(
      source,
      options.tolerant ?? false,
      options.upTo,
      options.window,
      this.#keys,
    );
    this.#recent = new RecentAds(source, this.#index);
    this.committedBytes = this.#index.committedBytes;
    this.sequence = this.#index.sequence;
    this.creationTimestamp = this.#index.creationTimestamp;
    this.records = this.#index.records;
  }

  /**
   * Reads the log at `path`. Throws {@linkcode QueueLogError} if the log cannot
   * be read, and {@linkcode QueueLogDamage} if it is damaged.
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
   * Reads from a source, which the table then owns. Throws the same errors as
   * {@linkcode QueueTable.open}.
   */
  static from(source: ByteSource, options: QueueTableOptions = {}): QueueTable {
    return new QueueTable(source, options);
  }

  /** Uses what a check has found in the source, which the table then owns. */
  static checked(
    source: ByteSource,
    kind: LogKind,
    check: Pick<CheckedRecords, "index" | "names">,
  ): QueueTable {
    return new QueueTable(source, { kind }, check);
  }

  /**
   * Reads a log in memory. The bytes must not change afterwards. Throws
   * {@linkcode QueueLogDamage} if the log is damaged.
   */
  static read(bytes: Uint8Array, options: QueueTableOptions = {}): QueueTable {
    return new QueueTable(new MemorySource(bytes, options.name), options);
  }

  /** How many ads there are. */
  get size(): number {
    return this.#index.ads.living;
  }

  /** Returns the ad with this key, in any spelling of the key, or undefined. */
  get(key: string): QueueAd | undefined {
    if (this.#keys !== undefined) {
      return this.find(this.#keys.find(bytesOf(key)), NAMED);
    }
    const { cluster, proc } = parseKey(key);
    return this.find(cluster, proc);
  }

  /** Returns the ad with these numbers, or undefined. */
  find(cluster: number, proc: number): QueueAd | undefined {
    const ad = this.#index.ads.find(cluster, proc);
    return ad < 0 ? undefined : new QueueAd(this.#owner, ad, cluster, proc);
  }

  /** Returns whether there is an ad with these numbers. */
  has(cluster: number, proc: number): boolean {
    return this.#index.ads.find(cluster, proc) >= 0;
  }

  /** How many proc ads there are. */
  get jobs(): number {
    const { ads } = this.#index;
    let jobs = 0;
    for (let ad = 0; ad < ads.size; ad++) {
      if (ads.isAlive(ad) && isProc(ads.cluster(ad), ads.proc(ad))) jobs++;
    }
    return jobs;
  }

  /**
   * Yields every ad that `wanted` accepts, in the order in which the log makes
   * them. `wanted` gets the two numbers of the key, and the number of the ad.
   */
  *some(
    wanted: (cluster: number, proc: number, ad: number) => boolean,
  ): Iterable<QueueAd> {
    const { ads } = this.#index;
    for (let ad = 0; ad < ads.size; ad++) {
      if (!ads.isAlive(ad)) continue;
      const cluster = ads.cluster(ad);
      const proc = ads.proc(ad);
      if (!wanted(cluster, proc, ad)) continue;
      yield new QueueAd(this.#owner, ad, cluster, proc);
    }
  }

  /** Yields every ad, in the order in which the log makes them. */
  ads(): Iterable<QueueAd> {
    return this.some(() => true);
  }

  /** Yields the cluster ads, in the order of the file. */
  clusters(): Iterable<QueueAd> {
    return this.some((cluster, proc) => kindOf(cluster, proc) === "cluster");
  }

  /** Yields the proc ads, in the order of the file. */
  procs(): Iterable<QueueAd> {
    return this.some(isProc);
  }

  /**
   * Writes the part that counts to `sink`, byte for byte. Throws
   * {@linkcode QueueLogError} if the log cannot be read, and the errors of the
   * sink.
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

  /** Closes the file. The ads cannot be read afterwards. */
  close(): void {
    this.#source.close();
  }

  /** Does the same as {@linkcode QueueTable.close}. */
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
}

function isProc(cluster: number, proc: number): boolean {
  return kindOf(cluster, proc) === "proc";
}
