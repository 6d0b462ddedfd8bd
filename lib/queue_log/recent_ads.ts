import { ExpectedNames } from "./ad_fields.ts";
import { AdRecords } from "./ad_records.ts";
import { BlockCache } from "./block_cache.ts";
import { type ByteSource, changedError, MemorySource } from "./byte_source.ts";
import type { LogIndex } from "./log_index.ts";

// An import reads a job, its cluster ad, and asks for the job again.
const KEPT = 4;

/**
 * Reads the records of ads from a log, and keeps those of the ads that were read
 * last. Cluster ads are kept apart: all jobs of the cluster ask for them.
 */
export class RecentAds {
  readonly #source: ByteSource;
  readonly #index: Pick<LogIndex, "ads" | "runs">;
  readonly #cache: BlockCache | undefined;
  readonly #clusters = new Kept();
  readonly #others = new Kept();

  /** Reads from `source`, where `index` says. */
  constructor(source: ByteSource, index: Pick<LogIndex, "ads" | "runs">) {
    this.#source = source;
    this.#index = index;
    this.#cache = source instanceof MemorySource
      ? undefined
      : new BlockCache(source);
  }

  /** Returns the records of an ad. They are valid until other ads are read. */
  records(ad: number): AdRecords {
    const kept = this.#index.ads.proc(ad) === -1
      ? this.#clusters
      : this.#others;
    return kept.find(ad) ?? this.#read(ad, kept.next());
  }

  /** Reads all runs of an ad. */
  #read(ad: number, records: AdRecords): AdRecords {
    const { ads, runs } = this.#index;
    const first = ads.firstRun(ad);
    let size = 0;
    for (let run = first; run >= 0; run = runs.next(run)) {
      size += runs.length(run);
    }
    const bytes = records.room(size);
    let at = 0;
    for (let run = first; run >= 0; run = runs.next(run)) {
      const length = runs.length(run);
      if (length > 0) {
        this.#copyRun(records.words, bytes, at, runs.offset(run), length);
      }
      at += length;
      records.addRun(at);
    }
    records.ad = ad;
    return records;
  }

  #copyRun(
    words: DataView,
    bytes: Uint8Array,
    at: number,
    offset: number,
    length: number,
  ): void {
    if (this.#cache !== undefined) {
      this.#cache.copy(bytes, words, at, offset, length);
    } else {
      this.#source.readInto(bytes.subarray(at, at + length), offset);
    }
    // A run begins with 101, 103 or 104. Otherwise the file is another one now.
    if (bytes[at] !== 49 && !startsRecord(bytes, at)) {
      throw changedError(this.#source.name);
    }
  }
}

/** The records of a few ads. The oldest ones make room for new ones. */
class Kept {
  readonly #records: AdRecords[] = [];
  readonly #expected = new ExpectedNames();
  #last: AdRecords | undefined;
  #next = 0;

  /** Returns the records of an ad if they are kept. */
  find(ad: number): AdRecords | undefined {
    if (this.#last?.ad === ad) return this.#last;
    for (const records of this.#records) {
      if (records.ad === ad) return this.#last = records;
    }
    return undefined;
  }

  /** Returns records whose memory nobody holds. */
  next(): AdRecords {
    const at = this.#next;
    this.#next = (at + 1) % KEPT;
    let records = this.#records[at];
    if (records === undefined || records.isHeld) {
      records = new AdRecords(this.#expected);
      this.#records[at] = records;
    }
    return this.#last = records;
  }
}

/** Returns whether a record in one of its rarer forms may begin here. */
function startsRecord(bytes: Uint8Array, at: number): boolean {
  const byte = bytes[at];
  return byte === 32 || (byte >= 9 && byte <= 13) || byte === 43 || byte === 48;
}
