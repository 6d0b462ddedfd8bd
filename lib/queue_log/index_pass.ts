/**
 * Reads a log once and finds its ads and the places of their records. Nearly
 * all of the time of opening a log is spent here.
 *
 * @module
 */
import { AdList } from "./ad_list.ts";
import { allocate, type ByteSource } from "./byte_source.ts";
import type { WordNumbers } from "./word_numbers.ts";
import { KeyReader } from "./key_reader.ts";
import { Op, Outcome, type OutcomeCode, RecordParser } from "./record.ts";
import { RunList } from "./run_list.ts";
import { isSameKey } from "./same_key.ts";
import { leadingInteger } from "./text.ts";

// The room after the last byte. It is needed because four bytes are compared at
// once.
const SLACK = 16;
// "103 ", "105 " and "106 " as little-endian words.
const SET = 0x20333031;
const BEGIN = 0x20353031;
const END = 0x20363031;
const SPLIT_RUN_AT = 1024 * 1024 * 1024;

/** Where and why reading ended. */
export interface LogEnd {
  /** The result of the last attempt to read a record. */
  readonly outcome: OutcomeCode;
  /** The offset of that record. */
  readonly offset: number;
  /** What was wrong with that record. */
  readonly reason: string;
  /** The offset of a transaction that never ended, or -1. */
  readonly transaction: number;
}

/** Gets the values of a log while a pass reads it. */
export interface ValueVisitor {
  /**
   * Called for each record 103. The value begins after the name and one blank,
   * and ends before `valueEnd`. Returns false if it is not an expression.
   */
  set(
    ad: number,
    bytes: Uint8Array,
    nameStart: number,
    nameEnd: number,
    valueEnd: number,
  ): boolean;
  /** Called for each record 104. */
  delete(
    ad: number,
    bytes: Uint8Array,
    nameStart: number,
    nameEnd: number,
  ): void;
}

/** The options of an {@linkcode IndexPass}. */
export interface PassOptions {
  /** Keys are words, which are kept here. Otherwise they are two numbers. */
  readonly names?: WordNumbers;
  /**
   * Gets all values. The pass then ends before the first record that is unusual.
   */
  readonly check?: ValueVisitor;
}

/** One pass over the first `limit` bytes of a log. */
export class IndexPass {
  /** The ads that were found. */
  readonly ads = new AdList();
  /** The places of their records. */
  readonly runs = new RunList();
  /** How many good records were read. */
  records = 0;
  /** How many transactions have ended. */
  transactions = 0;
  /**
   * Whether there was anything that is no damage and that a schedd would not
   * write. It is only complete with a `check`.
   */
  isOdd = false;
  /** The sequence number of record 107, or 1 if there is none. */
  sequence = 1;
  /** The creation time of record 107 in seconds since 1970, or undefined. */
  creationTimestamp: number | undefined;
  readonly #source: ByteSource;
  readonly #limit: number;
  readonly #keys: KeyReader;
  readonly #check: ValueVisitor | undefined;
  readonly #parser = new RecordParser();
  #transaction = -1;
  // The ad whose run is being read, and that run.
  #ad = -1;
  #run = -1;
  #runStart = 0;
  #bytes: Uint8Array;
  #words: DataView;
  #base = 0;
  #filled = 0;
  /** The offset at which HTCondor's reader stopped at a bad record. */
  failedAt = 0;

  /** A pass over the first `limit` bytes, of which `window` are in memory. */
  constructor(
    source: ByteSource,
    limit: number,
    window: number,
    { names, check }: PassOptions = {},
  ) {
    this.#source = source;
    this.#limit = limit;
    this.#keys = new KeyReader(names);
    this.#check = check;
    this.#bytes = new Uint8Array(Math.min(Math.max(window, 1), limit) + SLACK);
    this.#words = new DataView(this.#bytes.buffer);
  }

  /** Reads up to the limit, or up to a record that cannot be read. */
  run(): LogEnd {
    let start = 0;
    for (;;) {
      const atEnd = this.#fill(start);
      const outcome = this.#scan(atEnd);
      start = this.#at;
      if (outcome <= Outcome.torn && !atEnd && !this.#isOver) continue;
      const offset = this.#base + start;
      this.#finishRun(offset);
      this.failedAt = this.#base + this.#parser.next;
      return {
        outcome,
        offset,
        reason: this.#parser.reason,
        transaction: this.#transaction,
      };
    }
  }

  #at = 0;

  /**
   * Keeps the bytes from `start` on and reads more after them. Returns whether
   * the window ends where the log ends.
   */
  #fill(start: number): boolean {
    const left = this.#filled - start;
    const capacity = this.#bytes.length - SLACK;
    if (start > 0) {
      this.#bytes.copyWithin(0, start, this.#filled);
    } else if (left === capacity && capacity > 0) {
      // One record fills the window, so the window is enlarged.
      const larger = allocate(capacity * 2 + SLACK, this.#source.name);
      larger.set(this.#bytes.subarray(0, left));
      this.#bytes = larger;
      this.#words = new DataView(larger.buffer);
    }
    this.#base += start;
    const from = this.#base + left;
    const count = Math.min(
      this.#bytes.length - SLACK - left,
      this.#limit - from,
    );
    if (count > 0) {
      this.#source.readInto(this.#bytes.subarray(left, left + count), from);
    }
    this.#filled = left + Math.max(count, 0);
    // A newline after the last byte ends every loop over a line.
    this.#bytes[this.#filled] = 10;
    return this.#base + this.#filled >= this.#limit;
  }

  /**
   * Reads records until the window contains no complete one. Nearly all records
   * are a 103 in the form that the schedd writes, with the key of the record
   * before. They are read here, four bytes at a time. All other records are
   * read by the parser.
   *
   * `(w - n * 0x01010101) & ~w & 0x80808080` is not zero if a byte of `w` is
   * less than `n`. Its lowest bit belongs to the first such byte.
   */
  #scan(atEnd: boolean): OutcomeCode {
    const bytes = this.#bytes;
    const words = this.#words;
    const filled = this.#filled;
    let at = 0;
    let records = 0;
    let keyAt = 0;
    let keyLength = 0;
    const check = this.#check;
    if (this.#base - this.#runStart > SPLIT_RUN_AT) {
      this.#finishRun(this.#base);
    }
    for (;;) {
      const head = words.getInt32(at, true);
      if (head === SET) {
        let next = at + 4;
        if (keyLength === 0 || !isSameKey(words, next, keyAt, keyLength)) {
          keyAt = next;
          keyLength = this.#startKey(bytes, next, this.#base + at);
        }
        if (keyLength !== 0) {
          next += keyLength;
          const name = next;
          let word = words.getInt32(next, true);
          let found = (word - 0x21212121) & ~word & -0x7f7f7f80;
          while (found === 0) {
            next += 4;
            word = words.getInt32(next, true);
            found = (word - 0x21212121) & ~word & -0x7f7f7f80;
          }
          next += (31 - Math.clz32(found & -found)) >> 3;
          if (bytes[next] === 32 && next > name && bytes[next + 1] > 10) {
            const nameEnd = next;
            next += 1;
            do {
              word = words.getInt32(next, true);
              found = (word - 0x0b0b0b0b) & ~word & -0x7f7f7f80;
              while (found === 0) {
                next += 4;
                word = words.getInt32(next, true);
                found = (word - 0x0b0b0b0b) & ~word & -0x7f7f7f80;
              }
              next += ((31 - Math.clz32(found & -found)) >> 3) + 1;
              // The byte is a tab, or another byte that is neither newline nor
              // NUL.
            } while (bytes[next - 1] !== 10 && bytes[next - 1] !== 0);
            if (bytes[next - 1] === 10 && next <= filled) {
              if (
                check !== undefined && (this.isOdd ||
                  !check.set(this.#ad, bytes, name, nameEnd, next - 1))
              ) {
                this.isOdd = true;
                return this.#stopAt(at, records);
              }
              at = next;
              records++;
              continue;
            }
          }
        }
      } else if (head === BEGIN || head === END) {
        if (bytes[at + 4] === 10 && at + 5 <= filled) {
          this.#mark(head === BEGIN, this.#base + at);
          if (this.#isOver) return this.#stopAt(at, records);
          at += 5;
          keyLength = 0;
          records++;
          continue;
        }
      }
      const outcome = this.#parser.parse(bytes, at, filled, atEnd);
      if (outcome !== Outcome.record) {
        this.#stopAt(at, records);
        return outcome;
      }
      this.#play(bytes, this.#base + at);
      if (this.#isOver) return this.#stopAt(at, records);
      at = this.#parser.next;
      keyLength = 0;
      records++;
    }
  }

  /** Whether a check has met something unusual. */
  get #isOver(): boolean {
    return this.#check !== undefined && this.isOdd;
  }

  /** Ends a scan. The outcome means nothing if the log is odd. */
  #stopAt(at: number, records: number): OutcomeCode {
    this.#at = at;
    this.records += records;
    return Outcome.end;
  }

  /**
   * Reads `C.P ` or `0C.-1 ` and makes that ad the current one. Returns the
   * length including the blank, or 0 if the key has another form.
   */
  #startKey(bytes: Uint8Array, start: number, offset: number): number {
    const keys = this.#keys;
    const end = keys.read(bytes, start, this.#filled);
    if (end < 0 || bytes[end] !== 32) return 0;
    this.#turnTo(this.ads.find(keys.cluster, keys.proc), offset);
    if (this.#check !== undefined && !keys.isCanonical(bytes, start, end)) {
      this.isOdd = true;
    }
    return end + 1 - start;
  }

  /**
   * Makes `ad` the current ad. The record at `offset` belongs to it. -1 means
   * that the ad does not exist.
   */
  #turnTo(ad: number, offset: number): void {
    if (ad === this.#ad && this.#run >= 0) return;
    this.#finishRun(offset);
    this.#ad = ad;
    if (ad < 0) return;
    this.#run = this.runs.add(offset, this.ads.lastRun(ad));
    this.#runStart = offset;
    this.ads.setLastRun(ad, this.#run);
  }

  #finishRun(offset: number): void {
    if (this.#run >= 0) {
      this.runs.setLength(this.#run, offset - this.#runStart);
    }
    this.#run = -1;
    this.#ad = -1;
    this.#runStart = offset;
  }

  /** Applies a record that the parser has read. */
  #play(bytes: Uint8Array, offset: number): void {
    const parser = this.#parser;
    switch (parser.op) {
      case Op.set:
      case Op.delete:
        this.#turnTo(this.#find(bytes), offset);
        if (this.#check !== undefined) this.#visit(this.#check, bytes);
        return;
      case Op.newAd: {
        let ad = this.#find(bytes);
        if (
          ad >= 0 || parser.valueEnd === parser.nameEnd ||
          bytes[parser.next - 1] !== 10
        ) this.isOdd = true;
        if (this.#isOver) return;
        if (ad < 0) ad = this.ads.add(this.#keys.cluster, this.#keys.proc);
        return this.#turnTo(ad, offset);
      }
      case Op.destroyAd: {
        this.#finishRun(offset);
        const ad = this.#find(bytes);
        if (ad < 0) this.isOdd = true;
        if (ad >= 0 && !this.#isOver) this.ads.destroy(ad);
        return;
      }
      case Op.begin:
      case Op.end:
        return this.#mark(parser.op === Op.begin, offset);
      case Op.sequence:
        this.#finishRun(offset);
        if (offset > 0) this.isOdd = true;
        if (this.#isOver) return;
        this.sequence = leadingInteger(bytes, parser.keyStart, parser.keyEnd);
        this.creationTimestamp = leadingInteger(
          bytes,
          parser.valueStart,
          parser.valueEnd,
        );
    }
  }

  /**
   * Begins or ends a transaction. A transaction within another one has no
   * effect.
   */
  #mark(begins: boolean, offset: number): void {
    this.#finishRun(offset);
    if (begins === this.#transaction >= 0) this.isOdd = true;
    if (this.#isOver) return;
    if (!begins) {
      if (this.#transaction >= 0) this.transactions++;
      this.#transaction = -1;
    } else if (this.#transaction < 0) this.#transaction = offset;
  }

  /** Shows a record 103 or 104 that the parser has read to the check. */
  #visit(check: ValueVisitor, bytes: Uint8Array): void {
    const { op, nameStart, nameEnd, valueStart, valueEnd } = this.#parser;
    if (op === Op.delete) {
      if (this.#ad < 0) this.isOdd = true;
      check.delete(this.#ad, bytes, nameStart, nameEnd);
    } else if (
      valueStart !== nameEnd + 1 ||
      !check.set(this.#ad, bytes, nameStart, nameEnd, valueEnd)
    ) this.isOdd = true;
  }

  #find(bytes: Uint8Array): number {
    const { keyStart, keyEnd } = this.#parser;
    const keys = this.#keys;
    if (
      this.#check !== undefined &&
      (keys.read(bytes, keyStart, keyEnd + 1) !== keyEnd ||
        !keys.isCanonical(bytes, keyStart, keyEnd))
    ) this.isOdd = true;
    keys.parse(bytes, keyStart, keyEnd);
    return this.ads.find(keys.cluster, keys.proc);
  }
}
