/**
 * The first half of a salvage. It reads every line of a damaged log, applies the
 * good lines, and notes where records may be lost. docs/queue-log.md, section
 * "Salvage", explains the rules.
 *
 * @module
 */
import type { ByteSource } from "./byte_source.ts";
import type { LogKind } from "./log_kind.ts";
import { visitLines } from "./line_pieces.ts";
import { SalvagePlayer } from "./salvage_player.ts";
import { kindOfLine } from "./salvage_damage.ts";
import type { QueueLogSink } from "./sink.ts";
import { latin1 } from "./text.ts";

/** How to scan a log. */
export interface ScanOptions {
  /** The offset at which the log begins in the source. */
  readonly from: number;
  /** The offset at which the log ends. */
  readonly limit: number;
  /** Whether nothing is missing after the end of the log. */
  readonly trustEnd: boolean;
  /** Whose log it is. */
  readonly kind: LogKind;
}

/** Reads the lines of one log. Good lines are applied, others are damage. */
export class SalvageScan extends SalvagePlayer {
  /**
   * The offset of the next log in the same file, or the limit if there is none.
   */
  end: number;
  readonly #source: ByteSource;
  readonly #options: ScanOptions;
  #afterBadLine = false;
  #crlf = false;
  #spaced = false;
  #stripped: Uint8Array = new Uint8Array(0);

  /** Scans a part of `source` and writes its good records to `sink`. */
  constructor(source: ByteSource, sink: QueueLogSink, options: ScanOptions) {
    super(sink, options.kind);
    this.#source = source;
    this.#options = options;
    this.end = options.limit;
  }

  /** Reads the log up to its end, or up to the beginning of another log. */
  run(): void {
    const { from, limit } = this.#options;
    this.#crlf = this.#beginsWithCrlf(from);
    visitLines(this.#source, from, limit, (bytes, start, end, offset) => {
      if (this.lateSequence >= 0 && this.#secondLog(bytes, start)) {
        this.end = this.lateSequence;
        return false;
      }
      this.#visit(bytes, start, end, offset);
      return true;
    });
    this.#finish();
  }

  #beginsWithCrlf(from: number): boolean {
    let found = false;
    visitLines(this.#source, from, this.#options.limit, (bytes, start, end) => {
      found = end - start > 5 && bytes[end - 1] === 10 && bytes[end - 2] === 13;
      return false;
    });
    if (found) {
      this.report("cr-lf", from, "the lines end with CR LF");
    }
    return found;
  }

  /**
   * Returns whether a second 107 begins another log. It does if an ad is made
   * directly after it.
   */
  #secondLog(bytes: Uint8Array, start: number): boolean {
    const isNewAd = bytes[start] === 49 && bytes[start + 1] === 48 &&
      bytes[start + 2] === 49 && bytes[start + 3] === 32;
    if (!isNewAd) {
      this.gap(
        "late-sequence",
        this.lateSequence,
        "record 107 is not the first",
      );
      this.lateSequence = -1;
    }
    return isNewAd;
  }

  #visit(
    bytes: Uint8Array,
    start: number,
    end: number,
    offset: number,
  ): void {
    if (this.#crlf && bytes[end - 2] === 13 && bytes[end - 1] === 10) {
      this.#stripped = bytes.slice(start, end - 1);
      this.#stripped[end - start - 2] = 10;
      bytes = this.#stripped;
      end -= start + 1;
      start = 0;
    }
    const problem = this.line.read(bytes, start, end);
    if (problem !== undefined) {
      const whole = this.#withoutBlanks(bytes, start, end, offset);
      if (whole !== undefined) {
        this.#afterBadLine = false;
        this.play(whole, offset);
        this.records++;
        return;
      }
      this.#badLine(bytes, start, end, offset, problem);
      return;
    }
    this.#afterBadLine = false;
    this.play(bytes.subarray(start, end), offset);
    this.records++;
  }

  /**
   * The negotiator of HTCondor 7.8.4 wrote blanks into its keys, and could not
   * read them again (ticket 3221). Returns the record without these blanks, or
   * undefined if it is no such record.
   */
  #withoutBlanks(
    bytes: Uint8Array,
    start: number,
    end: number,
    offset: number,
  ): Uint8Array | undefined {
    if (this.#options.kind === "job-queue") return undefined;
    const text = latin1(bytes, start, end);
    const spaced = /^(10[1-4] [^ <]*)< ([^ ]+)( , [^ ]+)? >/.exec(text);
    if (spaced === null) return undefined;
    const [all, head, name, address = ""] = spaced;
    const key = `${head}<${name}${address.replace(" , ", ",")}>`;
    const record = Uint8Array.from(
      key + text.slice(all.length),
      (character) => character.charCodeAt(0),
    );
    if (this.line.read(record, 0, record.length) !== undefined) {
      return undefined;
    }
    if (!this.#spaced) {
      this.report("spaced-key", offset, "there are blanks in the keys");
    }
    this.#spaced = true;
    return record;
  }

  #badLine(
    bytes: Uint8Array,
    start: number,
    end: number,
    offset: number,
    problem: string,
  ): void {
    // Several bad lines in a row count as one damage.
    if (this.#afterBadLine) return;
    const last = offset + end - start >= this.#options.limit;
    if (
      last && bytes[end - 1] !== 10 && !bytes.subarray(start, end).includes(0)
    ) {
      this.#tornEnd(offset);
      return;
    }
    this.#afterBadLine = true;
    const kind = kindOfLine(bytes, start, end);
    if (kind === "rest-of-record") this.afterRest = true;
    this.gap(kind, offset, problem);
  }

  #tornEnd(offset: number): void {
    const message = "the log ends inside this record";
    if (this.#options.trustEnd) this.report("torn-record", offset, message);
    else this.gap("torn-record", offset, message);
  }

  #finish(): void {
    const { from, limit, trustEnd } = this.#options;
    if (this.lateSequence >= 0 && this.end === limit) {
      this.gap(
        "late-sequence",
        this.lateSequence,
        "record 107 is not the first",
      );
    }
    if (this.open >= 0) {
      const message = "the transaction is never ended";
      if (trustEnd) this.report("unfinished-transaction", this.open, message);
      else this.gap("unfinished-transaction", this.open, message);
    }
    // There is nothing good after the last damage, so its size is not known.
    const tail = this.#afterBadLine ||
      this.damage.at(-1)?.kind === "torn-record";
    if (this.undecided) {
      this.lostAds = true;
      if (tail && !trustEnd) this.gaps++;
    } else if (this.#afterBadLine && trustEnd) {
      this.gaps--;
    }
    if (this.ads.size === 0) {
      this.lostAds = true;
      this.report("empty", from, "the log holds no ads");
    }
  }
}
