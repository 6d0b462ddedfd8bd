/**
 * Reads a damaged log line by line. HTCondor's reader cannot be used here,
 * because it takes a missing field from the next line and stops at the first
 * bad record. A line counts only if it is a record in exactly the form that the
 * schedd writes. Everything else is damage.
 *
 * @module
 */
import { formatKey, isCanonicalKey, NAMED, parseKey } from "./key.ts";
import { WordNumbers } from "./word_numbers.ts";
import { kindOfKey, type LogKind } from "./log_kind.ts";
import { Op, Outcome, RecordParser } from "./record.ts";
import { bytesOf, textOf } from "./text.ts";
import { ValueCheck } from "./value_check.ts";

// The schedd writes no other Owner or JobUniverse. If a job has one, the schedd
// removes the job when it starts (`InitJobQueue` in condor_schedd.V6/qmgmt.cpp).
const OWNER = /^".+"$/;
const UNIVERSE = /^([1-9]|1[0-3])$/;
const NAME = /^[A-Za-z_][A-Za-z0-9_.]*$/;
const NEWLINE = 10;
const RETURN = 13;

/** Checks single lines and holds the parts of the last good one. */
export class LineReader {
  /** The record type. */
  op = 0;
  /** The number before the dot of the key. */
  cluster = 0;
  /** The number after the dot of the key. */
  proc = 0;
  /** The attribute name of a 103 or 104, or the type of a 101. */
  name = "";
  readonly #parser = new RecordParser();
  readonly #values = new ValueCheck();
  #bytes: Uint8Array = new Uint8Array(0);
  #keyText = "";
  readonly #kind: LogKind;
  readonly #names: WordNumbers | undefined;

  /** Reads the lines of such a log. */
  constructor(kind: LogKind = "job-queue") {
    this.#kind = kind;
    this.#names = kind === "job-queue" ? undefined : new WordNumbers();
  }

  /**
   * Reads the line from `start` to `end`, including its newline. Returns what
   * is wrong with the line, or undefined if it is a record. `end` may be the
   * end of the bytes without a newline. Such a line is always damage.
   */
  read(bytes: Uint8Array, start: number, end: number): string | undefined {
    this.op = 0;
    this.#bytes = bytes;
    if (bytes[end - 1] !== NEWLINE) return "the line has no end";
    if (bytes[end - 2] === RETURN) return "the line ends with CR LF";
    const parser = this.#parser;
    const outcome = parser.parse(bytes, start, end, true);
    if (outcome === Outcome.torn || outcome === Outcome.end) {
      return "a field is missing";
    }
    if (outcome !== Outcome.record) return parser.reason;
    if (parser.next !== end || bytes[start] !== 49 || bytes[start + 3] !== 32) {
      return "the line is not a record that HTCondor writes";
    }
    const problem = this.#check(start, end);
    if (problem === undefined) this.op = parser.op;
    return problem;
  }

  /** Returns the value of a 103 (or the time of a 107) as text. */
  value(): string {
    const { valueStart, valueEnd } = this.#parser;
    return textOf(this.#bytes.subarray(valueStart, valueEnd));
  }

  /** Returns the sequence number of a 107 as text. */
  sequence(): string {
    const { keyStart, keyEnd } = this.#parser;
    return textOf(this.#bytes.subarray(keyStart, keyEnd));
  }

  /** Returns the key of an ad as the daemon writes it. */
  keyOf(cluster: number, proc: number): string {
    return this.#names?.text(cluster) ?? formatKey(cluster, proc);
  }

  /** Returns the number of a key that is a word, or 0 if no record has it. */
  numberOf(key: string): number {
    return this.#names?.find(bytesOf(key)) ?? 0;
  }

  #check(start: number, end: number): string | undefined {
    const parser = this.#parser;
    switch (parser.op) {
      case Op.begin:
      case Op.end:
        return undefined;
      case Op.sequence:
        return /^\d{1,15}$/.test(this.sequence()) &&
            /^\d{1,15}$/.test(this.value())
          ? undefined
          : "the sequence number or the time is not a number";
    }
    if (parser.keyStart !== start + 4) return "there is more than one blank";
    const problem = this.#readKey();
    if (problem !== undefined || parser.op === Op.destroyAd) return problem;
    if (parser.nameStart !== parser.keyEnd + 1) {
      return "there is more than one blank";
    }
    const { nameStart, nameEnd } = parser;
    this.name = textOf(this.#bytes.subarray(nameStart, nameEnd));
    if (parser.op === Op.newAd) {
      const { valueStart, valueEnd } = parser;
      if (valueStart !== nameEnd + 1 || valueEnd !== end - 1) {
        return "a field is missing";
      }
      return /^(\*|\(empty\)|[A-Za-z]+)$/.test(this.name)
        ? undefined
        : "the type of the ad is not a name";
    }
    if (!NAME.test(this.name)) return "the attribute name is not a name";
    if (parser.op === Op.delete) return undefined;
    return this.#checkValue();
  }

  #readKey(): string | undefined {
    const { keyStart, keyEnd } = this.#parser;
    const text = textOf(this.#bytes.subarray(keyStart, keyEnd));
    if (text === this.#keyText) return undefined;
    if (this.#names !== undefined) {
      if (this.#kind !== "other" && kindOfKey(text) !== this.#kind) {
        return `${JSON.stringify(text)} is not a key`;
      }
      this.#keyText = text;
      this.cluster = this.#names.number(this.#bytes, keyStart, keyEnd);
      this.proc = NAMED;
      return undefined;
    }
    if (!isCanonicalKey(text)) return `${JSON.stringify(text)} is not a key`;
    const { cluster, proc, kind } = parseKey(text);
    if (kind === "other") return `${text} is not the key of an ad`;
    this.#keyText = text;
    this.cluster = cluster;
    this.proc = proc;
    return undefined;
  }

  #checkValue(): string | undefined {
    const { valueStart, valueEnd } = this.#parser;
    const problem = this.#values.problem(this.#bytes, valueStart, valueEnd);
    if (problem !== undefined) {
      return `the value of ${this.name} does not parse: ${problem}`;
    }
    if (this.#names !== undefined) return undefined;
    switch (this.name.toLowerCase()) {
      case "clusterid":
        return this.cluster > 0 && this.value() !== String(this.cluster)
          ? `ClusterId is ${this.value()}, and the key says ${this.cluster}`
          : undefined;
      case "procid":
        return this.cluster > 0 && this.proc >= 0 &&
            this.value() !== String(this.proc)
          ? `ProcId is ${this.value()}, and the key says ${this.proc}`
          : undefined;
      case "jobstatus":
        return this.proc >= 0 && !/^([1-9]|10)$/.test(this.value())
          ? `JobStatus is ${this.value()}`
          : undefined;
      case "owner":
        return this.cluster > 0 && !OWNER.test(this.value())
          ? `Owner is ${this.value()}, which is not a string`
          : undefined;
      case "jobuniverse":
        return this.cluster > 0 && !UNIVERSE.test(this.value())
          ? `JobUniverse is ${this.value()}`
          : undefined;
    }
    return undefined;
  }
}
