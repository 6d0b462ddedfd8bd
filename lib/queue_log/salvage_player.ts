/**
 * Applies the good records of a damaged log. docs/queue-log.md, section
 * "Salvage", explains the rules.
 *
 * @module
 */
import { AdList } from "./ad_list.ts";
import { NAMED } from "./key.ts";
import type { LogKind } from "./log_kind.ts";
import { Op } from "./record.ts";
import type { Damage, DamageKind } from "./salvage_damage.ts";
import { LineReader } from "./salvage_line.ts";
import { AdStates, Doubt } from "./salvage_state.ts";
import type { QueueLogSink } from "./sink.ts";
import { bytesOf } from "./text.ts";

const MAX_DAMAGE = 100_000;

/** The types that the daemon gives to its ads. */
const types: Record<LogKind, string> = {
  "job-queue": "Job Machine",
  accountant: "* *",
  collector: "Machine (empty)",
  other: "(empty) (empty)",
};

/**
 * Applies the records of a damaged log and writes them to a sink. It notes
 * damage, and which ads are doubtful because of it.
 */
export class SalvagePlayer {
  /** The ads that the records make. */
  readonly ads = new AdList();
  /** The doubts about these ads. */
  readonly states = new AdStates();
  /** The damage that was found. */
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
  /** The offset of a transaction that is never ended, or -1. */
  open = -1;
  /** How many good records there are. */
  records = 0;
  /** Reads the lines and holds the parts of the current record. */
  protected readonly line: LineReader;
  /**
   * Whether there is damage among the records that make ads. The damage may
   * extend into the journal.
   */
  protected undecided = false;
  /**
   * Whether the line before was the rest of a record. A schedd before 8.8.2
   * could leave the end of an older file after a rotation (ticket 6929).
   */
  protected afterRest = false;
  /** The offset of a record 107 that is not the first record, or -1. */
  protected lateSequence = -1;
  readonly #sink: QueueLogSink;
  readonly #kind: LogKind;
  readonly #removedEarly = new Set<string>();
  // Whether the journal has begun: records that change ads, from the first 105,
  // 102 or 104 on.
  #journal = false;
  #afterGap = false;
  // The ad of the last record, or -1.
  #last = -1;
  // The ad that the last 101 made. A rotation writes its attributes directly
  // after it.
  #made = -1;

  /** Writes good records to `sink`. */
  constructor(sink: QueueLogSink, kind: LogKind) {
    this.#sink = sink;
    this.#kind = kind;
    this.line = new LineReader(kind);
  }

  /**
   * Returns the ad with this key, or -1. The key is that of a log whose keys
   * are words.
   */
  findNamed(key: string): number {
    return this.ads.find(this.line.numberOf(key), NAMED);
  }

  /** Returns whether such an ad was made and is destroyed, or was never made. */
  wasRemoved(key: string): boolean {
    const number = this.line.numberOf(key);
    return this.ads.wasDestroyed(number, NAMED) ||
      this.wasRemovedEarly(number, NAMED);
  }

  /** Returns whether a record removed the ad before a record made it. */
  wasRemovedEarly(cluster: number, proc: number): boolean {
    return this.#removedEarly.has(this.line.keyOf(cluster, proc));
  }

  /** Reports damage that does not belong to a record. */
  report(kind: DamageKind, offset: number, message: string): void {
    if (this.damage.length >= MAX_DAMAGE) this.omitted++;
    else this.damage.push({ kind, offset, message });
  }

  /** Applies the record that the line reader has read. */
  protected play(line: Uint8Array, offset: number): void {
    const { op, cluster, proc } = this.line;
    if (this.records === 0 && op !== Op.sequence) this.#noSequence(offset);
    switch (op) {
      case Op.begin:
        this.#enterJournal();
        if (this.open >= 0) {
          this.gap(
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
          this.gap("unmatched-end", offset, "no transaction is open");
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
      this.lateSequence = offset;
      return;
    }
    this.sequence = Number(this.line.sequence());
    this.creationTimestamp = Number(this.line.value());
  }

  #noSequence(offset: number): void {
    const { op, cluster, proc } = this.line;
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
    if (this.open < 0 && !this.#journal && cluster > 0 && this.undecided) {
      // The ad is made outside of a transaction. So the damage before it is
      // among the records that a rotation wrote, where nothing is removed.
      this.undecided = false;
      this.lostAds = true;
    }
    this.#afterGap = false;
    const known = this.ads.find(cluster, proc);
    if (known >= 0) {
      // The schedd's own export repeats the header and the cluster ad.
      if (this.open >= 0 || this.#isNamed || (cluster > 0 && proc >= 0)) {
        this.gap(
          "duplicate-ad",
          offset,
          `ad ${this.line.keyOf(cluster, proc)} exists already`,
        );
      }
      this.#last = this.#made = known;
      return;
    }
    const reborn = this.ads.wasDestroyed(cluster, proc);
    const ad = this.ads.add(cluster, proc);
    const doubts = (reborn ? Doubt.reborn : 0) |
      (this.afterRest && !this.#journal ? Doubt.stale : 0) |
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
      this.gap(
        "missing-ad",
        offset,
        `ad ${this.line.keyOf(cluster, proc)} is removed but was never made`,
      );
      this.#removedEarly.add(this.line.keyOf(cluster, proc));
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
    if (this.line.op === Op.delete) this.#enterJournal();
    let ad = this.ads.find(cluster, proc);
    if (ad < 0) {
      this.gap(
        "missing-ad",
        offset,
        `there is no ad ${this.line.keyOf(cluster, proc)}`,
      );
      if (this.ads.wasDestroyed(cluster, proc) || cluster < 0) return;
      if (cluster === 0 && proc > 0) return;
      // The schedd makes a jobset that its jobs name and that is not there.
      if (!this.#isNamed && proc < -1) return;
      ad = this.#made = this.#guessAd(cluster, proc);
    }
    if (ad !== this.#made) this.#enterJournal();
    if (this.#afterGap) {
      this.states.doubt(ad, Doubt.affected);
      this.#afterGap = false;
    }
    this.#last = ad;
    this.#sink.writeSync(line);
    if (this.#isNamed) this.states.confirm(ad, this.gaps);
    else if (this.line.op === Op.set) this.#note(ad, proc);
  }

  get #isNamed(): boolean {
    return this.#kind !== "job-queue";
  }

  /** Makes an ad whose first record is lost, but which has another record. */
  #guessAd(cluster: number, proc: number): number {
    const ad = this.ads.add(cluster, proc);
    this.states.reset(ad, this.gaps, Doubt.guessed | Doubt.affected);
    const key = this.line.keyOf(cluster, proc);
    this.#sink.writeSync(bytesOf(`101 ${key} ${types[this.#kind]}\n`));
    return ad;
  }

  /** Notes the values that decide whether the job may start. */
  #note(ad: number, proc: number): void {
    const { name } = this.line;
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
          this.states.setStatus(ad, Number(this.line.value()), this.gaps);
        }
        return;
      }
      case 14:
        if (
          name.toLowerCase() === "completiondate" &&
          Number(this.line.value()) > 0
        ) {
          this.states.doubt(ad, Doubt.completed);
        }
        return;
      case 20:
        if (name.toLowerCase() === "enteredcurrentstatus") {
          this.states.setEntered(ad, Number(this.line.value()));
        }
    }
  }

  #enterJournal(): void {
    this.#journal = true;
    if (!this.undecided) return;
    this.undecided = false;
    this.lostAds = true;
    this.gaps++;
  }

  /** Reports damage at which records may be lost. */
  protected gap(kind: DamageKind, offset: number, message: string): void {
    this.report(kind, offset, message);
    if (this.#last >= 0) this.states.doubt(this.#last, Doubt.affected);
    this.#afterGap = true;
    if (this.#journal) this.gaps++;
    else this.undecided = true;
  }
}
