/**
 * Reads a log once and finds its ads and the places of their records. Nearly
 * all of the time of opening a log is spent here.
 *
 * @module
 */
import { AdRuns } from "./ad_runs.ts";
import type { ByteSource } from "./byte_source.ts";
import { KeyReader } from "./key_reader.ts";
import { LogWindow } from "./log_window.ts";
import type { RecordExplainer, ValueVisitor } from "./pass_check.ts";
import { Op, Outcome, type OutcomeCode, RecordParser } from "./record.ts";
import { isSameKey } from "./same_key.ts";
import { leadingInteger } from "./text.ts";
import type { WordNumbers } from "./word_numbers.ts";

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

/** What checks a log while a pass reads it. */
export interface PassCheck {
  /** Gets all values. */
  readonly values: ValueVisitor;
  /** Gets all unusual records. */
  readonly records: RecordExplainer;
}

/** The options of an {@linkcode IndexPass}. */
export interface PassOptions {
  /** Keys are words, which are kept here. Otherwise they are two numbers. */
  readonly names?: WordNumbers;
  readonly check?: PassCheck;
}

/** One pass over the first `limit` bytes of a log. */
export class IndexPass {
  /** How many good records were read. */
  records = 0;
  /** How many transactions have ended. */
  transactions = 0;
  /** Whether the first record is a 107. */
  beginsWithSequence = false;
  /** The sequence number of record 107, or 1 if there is none. */
  sequence = 1;
  /** The creation time of record 107 in seconds since 1970, or undefined. */
  creationTimestamp: number | undefined;
  /** The offset at which HTCondor's reader stopped at a bad record. */
  failedAt = 0;
  readonly #window: LogWindow;
  readonly #keys: KeyReader;
  readonly #check: PassCheck | undefined;
  readonly #parser = new RecordParser();
  readonly #found: AdRuns;
  #transaction = -1;
  // Where in the window the last scan ended.
  #at = 0;

  /** A pass over the first `limit` bytes, of which `window` are in memory. */
  constructor(
    source: ByteSource,
    limit: number,
    window: number,
    { names, check }: PassOptions = {},
  ) {
    this.#window = new LogWindow(source, limit, window);
    this.#found = new AdRuns(limit);
    this.#keys = new KeyReader(names);
    this.#check = check;
  }

  /** The ads that were found. */
  get ads(): AdRuns["ads"] {
    return this.#found.ads;
  }

  /** The places of their records. */
  get runs(): AdRuns["runs"] {
    return this.#found.runs;
  }

  /** Reads up to the limit, or up to a record that cannot be read. */
  run(): LogEnd {
    const window = this.#window;
    let start = 0;
    for (;;) {
      const atEnd = window.fill(start);
      const outcome = this.#scan(atEnd);
      start = this.#at;
      if (outcome <= Outcome.torn && !atEnd) continue;
      const offset = window.base + start;
      this.#found.finish(offset);
      this.failedAt = window.base + this.#parser.next;
      return {
        outcome,
        offset,
        reason: this.#parser.reason,
        transaction: this.#transaction,
      };
    }
  }

  /**
   * Reads records until the window contains no complete one. Nearly all records
   * are a 103 in the form that the schedd writes, with the key of the record
   * before. They are read here, four bytes at a time. All other records are
   * read by the parser, and with a check also those that are unusual.
   *
   * `(w - n * 0x01010101) & ~w & 0x80808080` is not zero if a byte of `w` is
   * less than `n`. Its lowest bit belongs to the first such byte.
   */
  #scan(atEnd: boolean): OutcomeCode {
    const { bytes, words, filled, base } = this.#window;
    const found = this.#found;
    const values = this.#check?.values;
    let at = 0;
    let records = 0;
    let keyAt = 0;
    let keyLength = 0;
    if (base - found.start > SPLIT_RUN_AT) found.finish(base);
    for (;;) {
      const head = words.getInt32(at, true);
      if (head === SET) {
        let next = at + 4;
        if (keyLength === 0 || !isSameKey(words, next, keyAt, keyLength)) {
          keyAt = next;
          keyLength = this.#startKey(bytes, next, base + at);
        }
        if (keyLength !== 0) {
          next += keyLength;
          const name = next;
          let word = words.getInt32(next, true);
          let less = (word - 0x21212121) & ~word & -0x7f7f7f80;
          while (less === 0) {
            next += 4;
            word = words.getInt32(next, true);
            less = (word - 0x21212121) & ~word & -0x7f7f7f80;
          }
          next += (31 - Math.clz32(less & -less)) >> 3;
          if (bytes[next] === 32 && next > name && bytes[next + 1] > 10) {
            const nameEnd = next;
            next += 1;
            do {
              word = words.getInt32(next, true);
              less = (word - 0x0b0b0b0b) & ~word & -0x7f7f7f80;
              while (less === 0) {
                next += 4;
                word = words.getInt32(next, true);
                less = (word - 0x0b0b0b0b) & ~word & -0x7f7f7f80;
              }
              next += ((31 - Math.clz32(less & -less)) >> 3) + 1;
              // The byte is a tab, or another byte that is neither newline nor
              // NUL.
            } while (bytes[next - 1] !== 10 && bytes[next - 1] !== 0);
            if (
              bytes[next - 1] === 10 && next <= filled &&
              (values === undefined ||
                values.set(found.ad, bytes, name, nameEnd, next - 1))
            ) {
              at = next;
              records++;
              continue;
            }
          }
        }
      } else if (head === BEGIN || head === END) {
        if (
          bytes[at + 4] === 10 && at + 5 <= filled &&
          (values === undefined || (head === END) === this.#transaction >= 0)
        ) {
          this.#mark(head === BEGIN, base + at);
          at += 5;
          keyLength = 0;
          records++;
          continue;
        }
      }
      const outcome = this.#parser.parse(bytes, at, filled, atEnd);
      if (outcome !== Outcome.record || !this.#play(base + at)) {
        this.#at = at;
        this.records += records;
        return outcome === Outcome.record ? Outcome.bad : outcome;
      }
      at = this.#parser.next;
      keyLength = 0;
      records++;
    }
  }

  /**
   * Reads `C.P ` or `0C.-1 ` and makes that ad the current one. Returns the
   * length including the blank, or 0 if the key has another form.
   */
  #startKey(bytes: Uint8Array, start: number, offset: number): number {
    const keys = this.#keys;
    const end = keys.read(bytes, start, this.#window.filled);
    if (end < 0 || bytes[end] !== 32) return 0;
    if (this.#check !== undefined && !keys.isCanonical(bytes, start, end)) {
      return 0;
    }
    this.#found.turnTo(this.ads.find(keys.cluster, keys.proc), offset);
    return end + 1 - start;
  }

  /**
   * Applies a record that the parser has read. Returns false if the check stops
   * there.
   */
  #play(offset: number): boolean {
    const parser = this.#parser;
    const found = this.#found;
    const hasAd = parser.op >= Op.newAd && parser.op <= Op.delete;
    const ad = hasAd ? this.#find() : -1;
    const { cluster, proc } = this.#keys;
    if (this.#check !== undefined && !this.#examine(this.#check, ad, offset)) {
      return false;
    }
    switch (parser.op) {
      case Op.set:
      case Op.delete:
        found.turnTo(ad, offset);
        break;
      case Op.newAd:
        found.turnTo(ad < 0 ? found.ads.add(cluster, proc) : ad, offset);
        break;
      case Op.destroyAd:
        found.finish(offset);
        if (ad >= 0) found.destroy(ad);
        break;
      case Op.begin:
      case Op.end:
        this.#mark(parser.op === Op.begin, offset);
        break;
      case Op.sequence:
        this.#noteSequence(offset);
    }
    return true;
  }

  #noteSequence(offset: number): void {
    const { keyStart, keyEnd, valueStart, valueEnd } = this.#parser;
    const { bytes } = this.#window;
    this.#found.finish(offset);
    if (offset === 0) this.beginsWithSequence = true;
    this.sequence = leadingInteger(bytes, keyStart, keyEnd);
    this.creationTimestamp = leadingInteger(bytes, valueStart, valueEnd);
  }

  /**
   * Begins or ends a transaction. A transaction within another one has no
   * effect.
   */
  #mark(begins: boolean, offset: number): void {
    this.#found.finish(offset);
    if (!begins) {
      if (this.#transaction >= 0) this.transactions++;
      this.#transaction = -1;
      this.#found.commit();
    } else if (this.#transaction < 0) {
      this.#transaction = offset;
      this.#found.begin();
    }
  }

  /**
   * Takes back what the records after `end.transaction` have done, because that
   * transaction never ends. Calls `touched` for each ad that they have changed.
   */
  dropUnfinished(touched: (ad: number) => void = () => {}): void {
    if (this.#transaction >= 0) this.#found.rollBack(touched);
  }

  /**
   * Shows a record that the parser has read to the check. Returns false if the
   * check stops there.
   */
  #examine(
    { values, records }: PassCheck,
    ad: number,
    offset: number,
  ): boolean {
    const parser = this.#parser;
    const { bytes, base } = this.#window;
    const { op, nameStart, nameEnd, valueStart, valueEnd } = parser;
    const adExists = ad >= 0;
    if (
      this.#isOdd(ad, offset) &&
      !records.explain({ parser, bytes, base, offset, adExists })
    ) return false;
    if (op === Op.delete) values.delete(ad, bytes, nameStart, nameEnd);
    else if (op === Op.set && adExists) {
      if (valueStart !== nameEnd + 1) values.unclear(ad);
      else values.set(ad, bytes, nameStart, nameEnd, valueEnd);
    }
    return true;
  }

  /** Returns whether the schedd would not write the record, or not here. */
  #isOdd(ad: number, offset: number): boolean {
    const { op, keyStart, keyEnd, nameEnd, valueEnd, next } = this.#parser;
    const { bytes } = this.#window;
    switch (op) {
      case Op.set:
        return true;
      case Op.begin:
      case Op.end:
        return (op === Op.begin) === this.#transaction >= 0;
      case Op.sequence:
        return offset > 0;
    }
    const keys = this.#keys;
    if (
      keys.read(bytes, keyStart, keyEnd + 1) !== keyEnd ||
      !keys.isCanonical(bytes, keyStart, keyEnd)
    ) return true;
    if (op !== Op.newAd) return ad < 0;
    return ad >= 0 || valueEnd === nameEnd || bytes[next - 1] !== 10;
  }

  /** Finds the ad of the record that the parser has read. */
  #find(): number {
    const { keyStart, keyEnd } = this.#parser;
    const keys = this.#keys;
    keys.parse(this.#window.bytes, keyStart, keyEnd);
    return this.ads.find(keys.cluster, keys.proc);
  }
}
