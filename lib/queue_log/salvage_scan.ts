/**
 * The first half of a salvage. It reads every line of a damaged log, applies
 * the good lines, and notes where records may be lost. docs/queue-log.md,
 * section "Salvage", explains the rules.
 *
 * @module
 */
import { AdList } from "./ad_list.ts";
import type { ByteSource } from "./byte_source.ts";
import { formatKey } from "./key.ts";
import { visitLines } from "./line_pieces.ts";
import { Op } from "./record.ts";
import { AdStates, Doubt } from "./salvage_state.ts";
import { LineReader } from "./salvage_line.ts";
import type { QueueLogSink } from "./writer.ts";

const MAX_DAMAGE = 100_000;
const ascii = new TextEncoder();

/** One damaged place of a log. */
export interface Damage {
  /** The offset, in bytes, counted from 0. */
  readonly offset: number;
  /** The kind of damage, for programs. */
  readonly kind: DamageKind;
  /** What is wrong. */
  readonly message: string;
}

/** The kinds of damage that a salvage distinguishes. */
export type DamageKind =
  | "bad-line"
  | "blank-line"
  | "nul-bytes"
  | "cr-lf"
  | "unknown-record"
  | "empty"
  | "torn-record"
  | "unfinished-transaction"
  | "nested-transaction"
  | "unmatched-end"
  | "no-sequence"
  | "late-sequence"
  | "second-log"
  | "duplicate-ad"
  | "missing-ad"
  | "next-cluster";

/** How to scan a log. */
export interface ScanOptions {
  /** The offset at which the log begins in the source. */
  readonly from: number;
  /** The offset at which the log ends. */
  readonly limit: number;
  /** Whether nothing is missing after the end of the log. */
  readonly trustEnd: boolean;
}

/** Applies the good lines of one log and writes them to a sink. */
export class SalvageScan {
  readonly ads = new AdList();
  readonly states = new AdStates();
  readonly damage: Damage[] = [];
  /** How many places are damaged beyond the first hundred thousand. */
  omitted = 0;
  /**
   * How many places there are at which a removal or a change of status may be
   * lost.
   */
  gaps = 0;
  /** Whether ads that were in the log from its beginning may be lost. */
  lostAds = false;
  /** The highest cluster number of any ad. */
  highestCluster = 0;
  /** The sequence number of record 107, or 0. */
  sequence = 0;
  /** The creation time of record 107, or 0. */
  creationTimestamp = 0;
  /**
   * The offset of the next log in the same file, or the limit if there is none.
   */
  end: number;
  /** The offset of a transaction that is never ended, or -1. */
  open = -1;
  /** How many good records there are. */
  records = 0;
  readonly #source: ByteSource;
  readonly #sink: QueueLogSink;
  readonly #options: ScanOptions;
  readonly #line = new LineReader();
  readonly #removedEarly = new Set<string>();
  // Whether the journal has begun: records that change ads, from the first 105,
  // 102 or 104 on.
  #journal = false;
  // Whether there is damage among the records that make ads. The damage may
  // extend into the journal.
  #undecided = false;
  #afterGap = false;
  #afterBadLine = false;
  #last = -1;
  // The ad that the last 101 made. A rotation writes its attributes directly
  // after it.
  #made = -1;
  #crlf = false;
  #stripped: Uint8Array = new Uint8Array(0);
  #lateSequence = -1;

  constructor(source: ByteSource, sink: QueueLogSink, options: ScanOptions) {
    this.#source = source;
    this.#sink = sink;
    this.#options = options;
    this.end = options.limit;
  }

  /** Reads the log up to its end, or up to the beginning of another log. */
  run(): void {
    const { from, limit } = this.#options;
    this.#crlf = this.#beginsWithCrlf(from);
    visitLines(this.#source, from, limit, (bytes, start, end, offset) => {
      if (this.#lateSequence >= 0 && this.#secondLog(bytes, start)) {
        this.end = this.#lateSequence;
        return false;
      }
      this.#visit(bytes, start, end, offset);
      return true;
    });
    this.#finish();
  }

  /** Returns whether a record removed the ad before a record made it. */
  wasRemovedEarly(cluster: number, proc: number): boolean {
    return this.#removedEarly.has(formatKey(cluster, proc));
  }

  /** Reports damage that does not belong to a record. */
  report(kind: DamageKind, offset: number, message: string): void {
    if (this.damage.length >= MAX_DAMAGE) this.omitted++;
    else this.damage.push({ kind, offset, message });
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
      this.#gap(
        "late-sequence",
        this.#lateSequence,
        "record 107 is not the first",
      );
      this.#lateSequence = -1;
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
    const problem = this.#line.read(bytes, start, end);
    if (problem !== undefined) {
      this.#badLine(bytes, start, end, offset, problem);
      return;
    }
    this.#afterBadLine = false;
    this.#play(bytes.subarray(start, end), offset);
    this.records++;
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
    this.#gap(kindOfLine(bytes, start, end), offset, problem);
  }

  #tornEnd(offset: number): void {
    const message = "the log ends inside this record";
    if (this.#options.trustEnd) this.report("torn-record", offset, message);
    else this.#gap("torn-record", offset, message);
  }

  #play(line: Uint8Array, offset: number): void {
    const { op, cluster, proc } = this.#line;
    if (this.records === 0 && op !== Op.sequence) this.#noSequence(offset);
    switch (op) {
      case Op.begin:
        this.#enterJournal();
        if (this.open >= 0) {
          this.#gap(
            "nested-transaction",
            offset,
            "the transaction before it has no end",
          );
        }
        this.open = offset;
        this.#last = -1;
        this.#afterGap = false;
        return;
      case Op.end:
        this.#enterJournal();
        if (this.open < 0) {
          this.#gap("unmatched-end", offset, "no transaction is open");
        }
        this.open = -1;
        this.#last = -1;
        this.#afterGap = false;
        return;
      case Op.sequence:
        return this.#sequence(offset);
      case Op.newAd:
        return this.#newAd(line, cluster, proc, offset);
      case Op.destroyAd:
        return this.#destroyAd(line, cluster, proc, offset);
      default:
        return this.#change(line, cluster, proc, offset);
    }
  }

  #sequence(offset: number): void {
    if (this.records > 0) {
      this.#lateSequence = offset;
      return;
    }
    this.sequence = Number(this.#line.sequence());
    this.creationTimestamp = Number(this.#line.value());
  }

  #noSequence(offset: number): void {
    const { op, cluster, proc } = this.#line;
    this.report(
      "no-sequence",
      offset,
      "the log does not begin with record 107",
    );
    if (op === Op.newAd && cluster === 0 && proc === 0) return;
    this.lostAds = true;
    this.#afterGap = true;
  }

  #newAd(
    line: Uint8Array,
    cluster: number,
    proc: number,
    offset: number,
  ): void {
    if (this.open < 0 && !this.#journal && cluster > 0 && this.#undecided) {
      // The ad is made outside of a transaction. So the damage before it is
      // among the records that a rotation wrote, where nothing is removed.
      this.#undecided = false;
      this.lostAds = true;
    }
    this.#afterGap = false;
    const known = this.ads.find(cluster, proc);
    if (known >= 0) {
      // The schedd's own export repeats the header and the cluster ad.
      if (this.open >= 0 || (cluster > 0 && proc >= 0)) {
        this.#gap(
          "duplicate-ad",
          offset,
          `ad ${formatKey(cluster, proc)} exists already`,
        );
      }
      this.#last = this.#made = known;
      return;
    }
    const reborn = this.ads.wasDestroyed(cluster, proc);
    const ad = this.ads.add(cluster, proc);
    const doubts = (reborn ? Doubt.reborn : 0) |
      (this.wasRemovedEarly(cluster, proc) ? Doubt.ended : 0);
    this.states.reset(ad, this.gaps, doubts);
    this.highestCluster = Math.max(this.highestCluster, cluster);
    this.#last = this.#made = ad;
    this.#sink.writeSync(line);
  }

  #destroyAd(
    line: Uint8Array,
    cluster: number,
    proc: number,
    offset: number,
  ): void {
    this.#enterJournal();
    const ad = this.ads.find(cluster, proc);
    this.#last = -1;
    if (ad < 0) {
      this.#gap(
        "missing-ad",
        offset,
        `ad ${formatKey(cluster, proc)} is removed but was never made`,
      );
      this.#removedEarly.add(formatKey(cluster, proc));
      return;
    }
    this.ads.destroy(ad);
    this.#sink.writeSync(line);
  }

  /** Applies record 103 or 104. */
  #change(
    line: Uint8Array,
    cluster: number,
    proc: number,
    offset: number,
  ): void {
    if (this.#line.op === Op.delete) this.#enterJournal();
    let ad = this.ads.find(cluster, proc);
    if (ad < 0) {
      this.#gap(
        "missing-ad",
        offset,
        `there is no ad ${formatKey(cluster, proc)}`,
      );
      if (this.ads.wasDestroyed(cluster, proc) || cluster < 0) return;
      if (cluster === 0 && proc > 0) return;
      ad = this.#made = this.#guessAd(cluster, proc);
    }
    if (ad !== this.#made) this.#enterJournal();
    if (this.#afterGap) {
      this.states.doubt(ad, Doubt.affected);
      this.#afterGap = false;
    }
    this.#last = ad;
    this.#sink.writeSync(line);
    if (this.#line.op === Op.set) this.#note(ad, proc);
  }

  /** Makes an ad whose first record is lost, but which has another record. */
  #guessAd(cluster: number, proc: number): number {
    const ad = this.ads.add(cluster, proc);
    this.states.reset(ad, this.gaps, Doubt.guessed | Doubt.affected);
    this.#sink.writeSync(
      ascii.encode(`101 ${formatKey(cluster, proc)} Job Machine\n`),
    );
    return ad;
  }

  /** Notes the values that decide whether the job may start. */
  #note(ad: number, proc: number): void {
    const { name } = this.#line;
    switch (name.length) {
      case 6:
        if (proc >= 0 && name.toLowerCase() === "procid") {
          this.states.doubt(ad, Doubt.numbered);
        }
        return;
      case 9: {
        const lower = name.toLowerCase();
        if (proc === -1 && lower === "clusterid") {
          this.states.doubt(ad, Doubt.numbered);
        } else if (proc >= 0 && lower === "jobstatus") {
          if (this.states.status(ad) > 0) this.#enterJournal();
          this.states.setStatus(ad, Number(this.#line.value()), this.gaps);
        }
        return;
      }
      case 14:
        if (
          name.toLowerCase() === "completiondate" &&
          Number(this.#line.value()) > 0
        ) {
          this.states.doubt(ad, Doubt.completed);
        }
        return;
      case 20:
        if (name.toLowerCase() === "enteredcurrentstatus") {
          this.states.setEntered(ad, Number(this.#line.value()));
        }
    }
  }

  #enterJournal(): void {
    this.#journal = true;
    if (!this.#undecided) return;
    this.#undecided = false;
    this.lostAds = true;
    this.gaps++;
  }

  /** Reports damage at which records may be lost. */
  #gap(kind: DamageKind, offset: number, message: string): void {
    this.report(kind, offset, message);
    if (this.#last >= 0) this.states.doubt(this.#last, Doubt.affected);
    this.#afterGap = true;
    if (this.#journal) this.gaps++;
    else this.#undecided = true;
  }

  #finish(): void {
    const { from, limit, trustEnd } = this.#options;
    if (this.#lateSequence >= 0 && this.end === limit) {
      this.#gap(
        "late-sequence",
        this.#lateSequence,
        "record 107 is not the first",
      );
    }
    if (this.open >= 0) {
      const message = "the transaction is never ended";
      if (trustEnd) this.report("unfinished-transaction", this.open, message);
      else this.#gap("unfinished-transaction", this.open, message);
    }
    // There is nothing good after the last damage, so its size is not known.
    const tail = this.#afterBadLine ||
      this.damage.at(-1)?.kind === "torn-record";
    if (this.#undecided) {
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

function kindOfLine(
  bytes: Uint8Array,
  start: number,
  end: number,
): DamageKind {
  if (end - start === 1) return "blank-line";
  const line = bytes.subarray(start, end);
  if (line.includes(0)) return "nul-bytes";
  const text = new TextDecoder("latin1").decode(line.subarray(0, 5));
  return /^\d{3} /.test(text) && !/^10[1-7]/.test(text)
    ? "unknown-record"
    : "bad-line";
}
