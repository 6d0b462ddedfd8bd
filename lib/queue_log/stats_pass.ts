/**
 * Reads a log as a stream and counts its records.
 *
 * @module
 */
import type { ByteSource } from "./byte_source.ts";
import { parseKey } from "./key.ts";
import type { LogKind } from "./log_kind.ts";
import { Op, Outcome } from "./record.ts";
import { RecordDecoder } from "./record_decoder.ts";
import { add, type Count, Shares } from "./shares.ts";
import { textOf } from "./text.ts";
import { WordNumbers } from "./word_numbers.ts";

const PIECE = 256 * 1024;

const typeNames: Record<number, string> = {
  [Op.newAd]: "101 new ad",
  [Op.destroyAd]: "102 destroy ad",
  [Op.set]: "103 set attribute",
  [Op.delete]: "104 delete attribute",
  [Op.begin]: "105 begin transaction",
  [Op.end]: "106 end transaction",
  [Op.sequence]: "107 sequence number",
};

/**
 * The attributes whose value is the time at which they are set. The last two
 * are those of the negotiator and of the collector.
 */
const times = new Set([
  "QDate",
  "EnteredCurrentStatus",
  "LastUpdateTime",
  "LastHeardFrom",
]);

/**
 * Returns the name under which records are counted until the Owner is known. No
 * owner can have this name.
 */
function nameless(cluster: number): string {
  return `\0${cluster}`;
}

/** An attribute name of the log. */
interface Name {
  readonly text: string;
  readonly count: Count;
  /** Whether the value says who owns a cluster, or what time it is. */
  readonly isNoted: boolean;
}

/** Counts the records of a log, up to the place where a schedd stops reading. */
export class StatsPass {
  records = 0;
  transactions = 0;
  bytesRead = 0;
  readonly types = new Shares<string>();
  readonly attributes = new Shares<string>();
  readonly clusters = new Shares<number>();
  readonly keys = new Shares<string>();
  readonly hours = new Shares<string>();
  readonly #source: ByteSource;
  readonly #kind: LogKind;
  readonly #decoder = new RecordDecoder();
  readonly #owners = new Map<number, string>();
  readonly #ownerShares = new Shares<string>();
  readonly #nameless = new Set<number>();
  // Names are found by their bytes, because making their text takes longer.
  readonly #words = new WordNumbers();
  readonly #names: Name[] = [];
  readonly #spellings = new Map<string, string>();
  // The key of the record before, and where its records are counted. Nearly
  // every record has the key of the record before.
  #key: Uint8Array = new Uint8Array(0);
  #cluster = 0;
  #adCount: Count | undefined;
  #ownerCount: Count | undefined;
  #transaction = 0;
  #number = 0;
  #hourCount = this.hours.of("unknown");
  #latest = 0;

  constructor(source: ByteSource, kind: LogKind) {
    this.#source = source;
    this.#kind = kind;
  }

  run(): void {
    const { size } = this.#source;
    const buffer = new Uint8Array(Math.min(PIECE, size));
    for (let at = 0, more = true; more; at += PIECE) {
      const piece = buffer.subarray(0, Math.max(0, size - at));
      this.#source.readInto(piece, at);
      this.#decoder.push(piece);
      if (at + piece.length >= size) this.#decoder.end();
      more = this.#readAll() && at + piece.length < size;
    }
    this.bytesRead = this.#decoder.offset;
  }

  owners(): Shares<string> {
    // These are clusters without an Owner, and ads that belong to no cluster.
    for (const cluster of this.#nameless) {
      this.#ownerShares.move(nameless(cluster), "(none)");
    }
    this.#nameless.clear();
    return this.#ownerShares;
  }

  #readAll(): boolean {
    const decoder = this.#decoder;
    for (;;) {
      const outcome = decoder.next();
      if (outcome !== Outcome.record) {
        return outcome === Outcome.torn || outcome === Outcome.end;
      }
      this.#count();
      decoder.advance();
      this.records++;
    }
  }

  #count(): void {
    const { parser, offset, failedAt } = this.#decoder;
    const bytes = failedAt - offset;
    if (parser.op === Op.begin && this.#transaction === 0) {
      this.#transaction = ++this.#number;
    }
    const transaction = this.#transaction;
    add(this.types.of(typeNames[parser.op]), bytes, transaction);
    if (parser.op >= Op.newAd && parser.op <= Op.delete) {
      this.#countAd(bytes, transaction);
    }
    add(this.#hourCount, bytes, transaction);
    if (parser.op === Op.end && transaction > 0) {
      this.transactions++;
      this.#transaction = 0;
    }
  }

  #countAd(size: number, transaction: number): void {
    const { parser } = this.#decoder;
    this.#turnTo();
    add(this.#adCount!, size, transaction);
    if (parser.op === Op.set || parser.op === Op.delete) {
      const name = this.#name();
      add(name.count, size, transaction);
      if (parser.op === Op.set && name.isNoted) this.#note(name.text);
    }
    this.#ownerCount ??= this.#countOfOwner(this.#cluster);
    add(this.#ownerCount, size, transaction);
  }

  /** Finds the counts of the ad of the current record. */
  #turnTo(): void {
    const { parser, bytes } = this.#decoder;
    const { keyStart, keyEnd } = parser;
    const known = this.#key;
    let isSame = this.#adCount !== undefined &&
      known.length === keyEnd - keyStart;
    for (let at = 0; isSame && at < known.length; at++) {
      isSame = known[at] === bytes[keyStart + at];
    }
    if (isSame) return;
    this.#key = bytes.slice(keyStart, keyEnd);
    const key = textOf(this.#key);
    this.#cluster = parseKey(key).cluster;
    this.#adCount = this.#kind === "job-queue"
      ? this.clusters.of(this.#cluster)
      : this.keys.of(key);
    this.#ownerCount = undefined;
  }

  #countOfOwner(cluster: number): Count {
    const owner = this.#owners.get(cluster);
    if (owner !== undefined) return this.#ownerShares.of(owner);
    this.#nameless.add(cluster);
    return this.#ownerShares.of(nameless(cluster));
  }

  #name(): Name {
    const { parser, bytes } = this.#decoder;
    const { nameStart, nameEnd } = parser;
    const number = this.#words.number(bytes, nameStart, nameEnd);
    let name = this.#names[number];
    if (name === undefined) {
      const text = textOf(bytes.subarray(nameStart, nameEnd));
      const count = this.attributes.of(this.#spelling(text));
      const isNoted = text === "Owner" || times.has(text);
      name = { text, count, isNoted };
      this.#names[number] = name;
    }
    return name;
  }

  /** Returns the first spelling of a name. Names rarely differ in case. */
  #spelling(name: string): string {
    const lower = name.toLowerCase();
    const first = this.#spellings.get(lower) ?? name;
    this.#spellings.set(lower, first);
    return first;
  }

  #note(name: string): void {
    const cluster = this.#cluster;
    if (name === "Owner" && cluster > 0) {
      const owner = this.#value().replace(/^"|"$/g, "");
      this.#owners.set(cluster, owner);
      // The records before this one belong to the same owner.
      if (this.#nameless.delete(cluster)) {
        this.#ownerShares.move(nameless(cluster), owner);
      }
      this.#ownerCount = undefined;
    } else if (times.has(name)) {
      const time = Number(this.#value());
      if (!(time >= this.#latest) || time > 32503680000) return;
      this.#latest = time;
      const hour = new Date(time * 1000).toISOString().slice(0, 13);
      this.#hourCount = this.hours.of(hour);
    }
  }

  #value(): string {
    const { parser, bytes } = this.#decoder;
    return textOf(bytes.subarray(parser.valueStart, parser.valueEnd));
  }
}
