/**
 * The first pass over a log: which ads there are, and where their records
 * stand. Values are neither kept nor decoded.
 *
 * @module
 */
import { AdList } from "./ad_list.ts";
import type { ByteSource } from "./byte_source.ts";
import { endOfTransactionFollows } from "./damage.ts";
import { QueueLogDamage, QueueLogError } from "./errors.ts";
import { parseKey } from "./key.ts";
import { Op, Outcome, type OutcomeCode, RecordParser } from "./record.ts";
import { RunList } from "./run_list.ts";

const WINDOW = 4 * 1024 * 1024;
const SPLIT_RUN_AT = 1024 * 1024 * 1024;

/** Why reading ended where it did. */
export interface LogEnd {
  /** How the last attempt to read a record went. */
  readonly outcome: OutcomeCode;
  /** Where that record begins. */
  readonly offset: number;
  /** What was wrong with it. */
  readonly reason: string;
  /** Where the transaction that never ended begins, or -1. */
  readonly transaction: number;
}

/** What the first pass finds. */
export interface LogIndex {
  readonly ads: AdList;
  readonly runs: RunList;
  /** Length of the prefix that counts, in bytes. */
  readonly committedBytes: number;
  /** Good records, those of an unfinished transaction included. */
  readonly records: number;
  /** The number that record 107 gives; 1 when there is none. */
  readonly sequence: number;
  /** The time that record 107 gives, in seconds since 1970, or undefined. */
  readonly creationTimestamp: number | undefined;
  readonly end: LogEnd;
}

/**
 * Reads `source` once. With `tolerant`, what the schedd would silently drop is
 * dropped here too; without, only a torn tail is. Throws
 * {@linkcode QueueLogDamage}.
 */
export function indexLog(source: ByteSource, tolerant: boolean): LogIndex {
  const pass = new IndexPass(source, source.size);
  const end = pass.run();
  if (end.outcome === Outcome.bad || end.outcome === Outcome.stop) {
    const refuse = end.outcome === Outcome.bad &&
      endOfTransactionFollows(source, pass.failedAt);
    if (refuse || !tolerant) throw damageError(source, end, refuse);
  }
  if (end.transaction < 0) return pass.result(end, end.offset);
  // The unfinished transaction never happened: read again up to it. Its ads
  // would otherwise have to be told apart for the whole pass.
  const again = new IndexPass(source, end.transaction);
  again.run();
  return again.result(end, end.transaction, pass);
}

function damageError(
  source: ByteSource,
  end: LogEnd,
  refuse: boolean,
): QueueLogDamage {
  return new QueueLogDamage(
    `damaged queue log (${end.reason})`,
    end.offset,
    refuse ? "refuse" : "drop",
    {
      subject: `${source.name} at byte ${end.offset}`,
      remedy: refuse
        ? "a schedd would not start on it; `log verify` shows the damage"
        : "a schedd would drop all that follows; `log verify` shows the damage",
    },
  );
}

class IndexPass {
  readonly #source: ByteSource;
  readonly #limit: number;
  readonly #ads = new AdList();
  readonly #runs = new RunList();
  readonly #parser = new RecordParser();
  #records = 0;
  #sequence = 1;
  #creation: number | undefined;
  #transaction = -1;
  // The ad whose run is being read, and that run.
  #ad = -1;
  #run = -1;
  #runStart = 0;
  #bytes: Uint8Array;
  #base = 0;
  #filled = 0;
  /** Where HTCondor's reader stood when a record turned out bad. */
  failedAt = 0;

  constructor(source: ByteSource, limit: number) {
    this.#source = source;
    this.#limit = limit;
    this.#bytes = new Uint8Array(Math.min(WINDOW, limit) + 8);
  }

  result(end: LogEnd, committedBytes: number, first?: IndexPass): LogIndex {
    const whole = first ?? this;
    return {
      ads: this.#ads,
      runs: this.#runs,
      committedBytes,
      records: whole.#records,
      sequence: whole.#sequence,
      creationTimestamp: whole.#creation,
      end,
    };
  }

  run(): LogEnd {
    let start = 0;
    for (;;) {
      const atEnd = this.#fill(start);
      const outcome = this.#scan(atEnd);
      start = this.#at;
      if (outcome === Outcome.torn && !atEnd) continue;
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

  /** Keeps what is left from `start` on and reads more behind it. */
  #fill(start: number): boolean {
    const left = this.#filled - start;
    const capacity = this.#bytes.length - 8;
    if (start > 0) {
      this.#bytes.copyWithin(0, start, this.#filled);
    } else if (left === capacity && capacity > 0) {
      // One record fills the window: make room for it.
      const larger = allocate(capacity * 2 + 8, this.#source.name);
      larger.set(this.#bytes.subarray(0, left));
      this.#bytes = larger;
    }
    this.#base += start;
    const from = this.#base + left;
    const count = Math.min(
      this.#bytes.length - 8 - left,
      this.#limit - from,
    );
    if (count > 0) {
      this.#source.readInto(this.#bytes.subarray(left, left + count), from);
    }
    this.#filled = left + Math.max(count, 0);
    // A newline behind the last byte ends every loop over a line.
    this.#bytes[this.#filled] = 10;
    return this.#base + this.#filled >= this.#limit;
  }

  /**
   * Reads records until the window holds no whole one. Nearly all records are
   * a 103 in the one form that the schedd writes, for the key of the record
   * before: these are read here, all else by the parser.
   */
  #scan(atEnd: boolean): OutcomeCode {
    const bytes = this.#bytes;
    const filled = this.#filled;
    let at = 0;
    let records = 0;
    let keyAt = 0;
    let keyLength = 0;
    if (this.#base - this.#runStart > SPLIT_RUN_AT) {
      this.#finishRun(this.#base);
    }
    for (;;) {
      if (
        bytes[at] === 49 && bytes[at + 1] === 48 && bytes[at + 2] === 51 &&
        bytes[at + 3] === 32
      ) {
        let name = at + 4;
        let k = 0;
        while (k < keyLength && bytes[name + k] === bytes[keyAt + k]) k++;
        if (k !== keyLength || k === 0) {
          k = this.#startKey(bytes, name, this.#base + at);
          keyAt = name;
          keyLength = k;
        }
        if (k !== 0) {
          name += k;
          if (bytes[name] > 32) {
            do name++; while (bytes[name] > 32);
            if (bytes[name] === 32 && bytes[name + 1] > 10) {
              name += 2;
              let byte: number;
              do {
                while ((byte = bytes[name]) > 10) name++;
                name++;
              } while (byte < 10 && byte > 0);
              if (byte === 10 && name <= filled) {
                at = name;
                records++;
                continue;
              }
            }
          }
        }
      }
      const outcome = this.#parser.parse(bytes, at, filled, atEnd);
      if (outcome !== Outcome.record) {
        this.#at = at;
        this.#records += records;
        return outcome;
      }
      this.#play(bytes, this.#base + at);
      at = this.#parser.next;
      keyLength = 0;
      records++;
    }
  }

  /**
   * Reads `C.P ` or `0C.-1 ` and turns to that ad. Answers the length with the
   * blank, or 0 if the key is in another form.
   */
  #startKey(bytes: Uint8Array, start: number, offset: number): number {
    let at = start;
    let cluster = 0;
    let digit = bytes[at] - 48;
    while (digit >= 0 && digit <= 9) {
      cluster = cluster * 10 + digit;
      digit = bytes[++at] - 48;
    }
    if (at === start || at - start > 9 || bytes[at] !== 46) return 0;
    const negative = bytes[++at] === 45;
    if (negative) at++;
    const digits = at;
    let proc = 0;
    digit = bytes[at] - 48;
    while (digit >= 0 && digit <= 9) {
      proc = proc * 10 + digit;
      digit = bytes[++at] - 48;
    }
    if (at === digits || at - digits > 9 || bytes[at] !== 32) return 0;
    this.#turnTo(this.#ads.find(cluster, negative ? -proc : proc), offset);
    return at + 1 - start;
  }

  /** The record at `offset` is one of this ad's (-1: of an ad not there). */
  #turnTo(ad: number, offset: number): void {
    if (ad === this.#ad && this.#run >= 0) return;
    this.#finishRun(offset);
    this.#ad = ad;
    if (ad < 0) return;
    this.#run = this.#runs.add(offset, this.#ads.lastRun(ad));
    this.#runStart = offset;
    this.#ads.setLastRun(ad, this.#run);
  }

  #finishRun(offset: number): void {
    if (this.#run >= 0) {
      this.#runs.setLength(this.#run, offset - this.#runStart);
    }
    this.#run = -1;
    this.#ad = -1;
    this.#runStart = offset;
  }

  /** Does what a record that the parser has read says. */
  #play(bytes: Uint8Array, offset: number): void {
    const parser = this.#parser;
    switch (parser.op) {
      case Op.set:
      case Op.delete:
        return this.#turnTo(this.#find(bytes), offset);
      case Op.newAd: {
        const key = parseKey(latin1(bytes, parser.keyStart, parser.keyEnd));
        let ad = this.#ads.find(key.cluster, key.proc);
        if (ad < 0) ad = this.#ads.add(key.cluster, key.proc);
        return this.#turnTo(ad, offset);
      }
      case Op.destroyAd: {
        this.#finishRun(offset);
        const ad = this.#find(bytes);
        if (ad >= 0) this.#ads.destroy(ad);
        return;
      }
      case Op.begin:
        this.#finishRun(offset);
        if (this.#transaction < 0) this.#transaction = offset;
        return;
      case Op.end:
        this.#finishRun(offset);
        this.#transaction = -1;
        return;
      case Op.sequence:
        this.#finishRun(offset);
        this.#sequence = leadingInteger(bytes, parser.keyStart, parser.keyEnd);
        this.#creation = leadingInteger(
          bytes,
          parser.valueStart,
          parser.valueEnd,
        );
    }
  }

  #find(bytes: Uint8Array): number {
    const parser = this.#parser;
    const key = parseKey(latin1(bytes, parser.keyStart, parser.keyEnd));
    return this.#ads.find(key.cluster, key.proc);
  }
}

/** Bytes as characters of the same number; keys need no more. */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at]);
  return text;
}

/** The number a word begins with, 0 if none, as HTCondor reads record 107. */
export function leadingInteger(
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  return Number(/^[+-]?\d+/.exec(latin1(bytes, start, end))?.[0] ?? 0);
}

/** A buffer for one long record, or an error that says so. */
export function allocate(size: number, name: string): Uint8Array {
  try {
    return new Uint8Array(size);
  } catch (cause) {
    throw new QueueLogError("record too long to be read", {
      subject: name,
      cause,
    });
  }
}
