import { AdList } from "./ad_list.ts";
import type { ByteSource } from "./byte_source.ts";
import { endOfTransactionFollows } from "./damage.ts";
import { Findings } from "./findings.ts";
import { formatKey, isCanonicalKey, NAMED, parseKey } from "./key.ts";
import { WordNumbers } from "./word_numbers.ts";
import { daemonOf, type LogKind } from "./log_kind.ts";
import { Op, Outcome } from "./record.ts";
import type { QuickCheck } from "./quick_check.ts";
import { RecordDecoder } from "./record_decoder.ts";
import { textOf } from "./text.ts";
import { ValueCheck } from "./value_check.ts";

const PIECE = 1024 * 1024;
const noBytes = new Uint8Array(0);

/**
 * The first pass of a check: each record is checked by itself, and whether its
 * ad exists.
 */
export class RecordCheck {
  readonly findings = new Findings();
  records = 0;
  transactions = 0;
  /** The offset of the record that ends the reading, in bytes. */
  readable = 0;
  readonly #source: ByteSource;
  readonly #names: WordNumbers | undefined;
  readonly #daemon: string;
  readonly #decoder: RecordDecoder;
  readonly #values = new ValueCheck();
  readonly #ads: AdList;
  #transaction: number;
  // Several records in a row for one missing ad are reported as one problem.
  #missing: { key: string; offset: number; count: number } | undefined;
  #lastKey = "";
  #lastKeyBytes: Uint8Array = noBytes;
  #lastAd = -1;
  #cluster = 0;
  #proc = 0;

  /**
   * Checks a log from its beginning, or from where a quick check ended. The ads
   * and the names of the quick check are then changed.
   */
  constructor(source: ByteSource, kind: LogKind, quick?: QuickCheck) {
    this.#source = source;
    this.#names = quick?.names ??
      (kind === "job-queue" ? undefined : new WordNumbers());
    this.#daemon = daemonOf(kind);
    this.#decoder = new RecordDecoder(quick?.index.end.offset);
    this.#ads = quick?.index.ads ?? new AdList();
    this.#transaction = quick?.index.end.transaction ?? -1;
    this.records = quick?.index.records ?? 0;
    this.transactions = quick?.transactions ?? 0;
    if (this.records > 0 && quick?.index.creationTimestamp === undefined) {
      this.#noSequence(0);
    }
  }

  /** The offset of a transaction that never ends, or -1. */
  get unfinished(): number {
    return this.#transaction;
  }

  run(): void {
    const { size } = this.#source;
    let more = true;
    for (let at = this.#decoder.offset; more; at += PIECE) {
      const count = Math.max(0, Math.min(PIECE, size - at));
      const piece = new Uint8Array(count);
      this.#source.readInto(piece, at);
      this.#decoder.push(piece);
      if (at + count >= size) this.#decoder.end();
      more = this.#readAll() && at + count < size;
    }
    this.#reportMissing();
    this.readable = this.#decoder.offset;
    if (this.#transaction >= 0) {
      this.findings.add(
        "loss",
        "unfinished-transaction",
        this.#transaction,
        `the transaction is never ended: the ${this.#daemon} drops it`,
      );
    }
  }

  /** Checks the records that the decoder has. Returns false if reading ends. */
  #readAll(): boolean {
    const decoder = this.#decoder;
    for (;;) {
      const outcome = decoder.next();
      if (outcome === Outcome.record) {
        if (!this.#check()) return false;
        decoder.advance();
        this.records++;
        continue;
      }
      const atEnd = decoder.offset + decoder.pending >= this.#source.size;
      if (outcome === Outcome.stop) this.#unreadable();
      else if (outcome === Outcome.bad) this.#bad();
      else if (!atEnd) return true;
      else if (outcome === Outcome.torn) this.#torn();
      return false;
    }
  }

  #unreadable(): void {
    const rest = this.#source.size - this.#decoder.failedAt;
    this.findings.add(
      "loss",
      "unreadable",
      this.#decoder.offset,
      `${this.#decoder.parser.reason} instead of a record type: ` +
        `the ${this.#daemon} treats it as the end of the file and drops ` +
        `the ${rest} bytes after it`,
    );
  }

  #bad(): void {
    this.#damaged("bad-record", this.#decoder.parser.reason);
  }

  #damaged(kind: "bad-record" | "bad-value", what: string): void {
    const { offset, failedAt } = this.#decoder;
    if (endOfTransactionFollows(this.#source, failedAt)) {
      this.findings.add(
        "fatal",
        kind,
        offset,
        `${what}: an end of transaction follows, so the ${this.#daemon} refuses to start`,
      );
    } else {
      this.findings.add(
        "loss",
        kind,
        offset,
        `${what}: no end of transaction follows, so the ${this.#daemon} silently drops ` +
          `this record and the ${this.#source.size - failedAt} bytes after it`,
      );
    }
  }

  #torn(): void {
    this.findings.add(
      "loss",
      "torn-record",
      this.#decoder.offset,
      `the file ends inside this record: the ${this.#daemon} drops it`,
    );
  }

  /** Checks a good record. Returns false if its value makes the record bad. */
  #check(): boolean {
    const { parser, offset } = this.#decoder;
    if (this.records === 0 && parser.op !== Op.sequence) {
      this.#noSequence(offset);
    }
    switch (parser.op) {
      case Op.set:
        return this.#set();
      case Op.delete:
      case Op.destroyAd:
        this.#turnTo();
        this.#deleteOrDestroy();
        return true;
      case Op.newAd:
        this.#newAd();
        return true;
      case Op.begin:
        this.#begin(offset);
        return true;
      case Op.end:
        this.#end(offset);
        return true;
      default:
        this.#sequence(offset);
        return true;
    }
  }

  #noSequence(offset: number): void {
    this.findings.add(
      "warning",
      "no-sequence",
      offset,
      `record 107 is missing: the ${this.#daemon} starts with sequence number 1; ` +
        "programs that follow the log refuse it",
    );
  }

  /** Checks a record 103. Returns false if its value makes it bad. */
  #set(): boolean {
    const { parser, bytes } = this.#decoder;
    const { nameStart, nameEnd, valueStart, valueEnd } = parser;
    const problem = this.#values.problem(bytes, valueStart, valueEnd);
    if (problem !== undefined) {
      const name = textOf(bytes.subarray(nameStart, nameEnd));
      this.#damaged("bad-value", `value of ${name} does not parse: ${problem}`);
      return false;
    }
    this.#turnTo();
    if (this.#lastAd < 0) this.#addMissing();
    return true;
  }

  #newAd(): void {
    const { offset, parser, failedAt } = this.#decoder;
    this.#turnTo();
    if (this.#lastAd >= 0) {
      this.findings.add(
        "warning",
        "duplicate-ad",
        offset,
        `ad ${this.#lastKey} exists already: the ${this.#daemon} ignores this record`,
      );
    } else {
      this.#lastAd = this.#ads.add(this.#cluster, this.#proc);
    }
    const last = failedAt === this.#source.size;
    if (
      last && (parser.valueEnd === failedAt - this.#base() ||
        this.#decoder.bytes[failedAt - this.#base() - 1] !== 10)
    ) {
      this.findings.add(
        "warning",
        "torn-new-ad",
        offset,
        `the file ends inside this record, which the ${this.#daemon} treats as ` +
          "complete: it appends its next record to this line",
      );
    }
  }

  /** The offset in the log of the decoder's first byte. */
  #base(): number {
    return this.#decoder.failedAt - this.#decoder.parser.next;
  }

  #deleteOrDestroy(): void {
    const { offset, parser } = this.#decoder;
    if (this.#lastAd < 0) {
      this.findings.add(
        "warning",
        "missing-ad",
        offset,
        `there is no ad ${this.#lastKey}: the ${this.#daemon} ignores this record`,
      );
    } else if (parser.op === Op.destroyAd) {
      this.#ads.destroy(this.#lastAd);
      this.#lastAd = -1;
    }
  }

  #begin(offset: number): void {
    this.#forget();
    if (this.#transaction < 0) {
      this.#transaction = offset;
    } else {
      this.findings.add(
        "warning",
        "nested-transaction",
        offset,
        `a transaction is open already: the ${this.#daemon} continues that one`,
      );
    }
  }

  #end(offset: number): void {
    this.#forget();
    if (this.#transaction < 0) {
      this.findings.add(
        "warning",
        "unmatched-end",
        offset,
        `no transaction is open: the ${this.#daemon} ignores this record`,
      );
    } else {
      this.transactions++;
      this.#transaction = -1;
    }
  }

  #sequence(offset: number): void {
    this.#forget();
    if (this.records > 0) {
      this.findings.add(
        "warning",
        "late-sequence",
        offset,
        `record 107 is not the first: the ${this.#daemon} uses its number and goes on`,
      );
    }
  }

  /** Finds the ad of the current record. */
  #turnTo(): void {
    const { parser, bytes, offset } = this.#decoder;
    if (this.#isLastKey(bytes, parser.keyStart, parser.keyEnd)) return;
    this.#forget();
    this.#lastKeyBytes = bytes.slice(parser.keyStart, parser.keyEnd);
    const key = textOf(this.#lastKeyBytes);
    this.#lastKey = key;
    if (this.#names !== undefined) {
      const number = this.#names.number(
        this.#lastKeyBytes,
        0,
        this.#lastKeyBytes.length,
      );
      this.#cluster = number;
      this.#proc = NAMED;
      this.#lastAd = this.#ads.find(number, NAMED);
      return;
    }
    const { cluster, proc } = parseKey(key);
    this.#cluster = cluster;
    this.#proc = proc;
    this.#lastAd = this.#ads.find(cluster, proc);
    if (!isCanonicalKey(key)) {
      const isKey = /^\+?\d+(\.(-?\d+)?)?$/.test(key);
      this.findings.add(
        isKey ? "warning" : "loss",
        "odd-key",
        offset,
        `the ${this.#daemon} reads key ${key} as ${formatKey(cluster, proc)}`,
      );
    }
  }

  #isLastKey(bytes: Uint8Array, start: number, end: number): boolean {
    const known = this.#lastKeyBytes;
    if (end - start !== known.length) return false;
    for (let k = 0; k < known.length; k++) {
      if (bytes[start + k] !== known[k]) return false;
    }
    return true;
  }

  #forget(): void {
    this.#reportMissing();
    this.#lastKey = "";
    this.#lastKeyBytes = noBytes;
    this.#lastAd = -1;
  }

  #addMissing(): void {
    this.#missing ??= {
      key: this.#lastKey,
      offset: this.#decoder.offset,
      count: 0,
    };
    this.#missing.count++;
  }

  #reportMissing(): void {
    if (this.#missing === undefined) return;
    const { key, offset, count } = this.#missing;
    this.#missing = undefined;
    this.findings.add(
      "loss",
      "missing-ad",
      offset,
      `there is no ad ${key}: the ${this.#daemon} ignores ${
        count === 1 ? "this record" : `these ${count} records`
      }`,
    );
  }
}
