import type { ByteSource } from "./byte_source.ts";
import { endOfTransactionFollows } from "./damage.ts";
import type { Findings } from "./findings.ts";
import { formatKey, isCanonicalKey, parseKey } from "./key.ts";
import { daemonOf, type LogKind } from "./log_kind.ts";
import type { OddRecord, RecordExplainer } from "./pass_check.ts";
import { Op, Outcome, type OutcomeCode } from "./record.ts";
import { textOf } from "./text.ts";
import { ValueCheck } from "./value_check.ts";

/** The place of a record whose key was reported, to recognise the next one. */
interface Reported {
  readonly key: string;
  /** The offset after the record, in bytes. */
  end: number;
}

/** Records in a row for one ad that does not exist. */
interface Missing extends Reported {
  readonly offset: number;
  count: number;
}

/**
 * Says what is wrong with records, and what a daemon does about it. It gets
 * those that HTCondor would not write. Other records may come too: there is
 * nothing to say about them.
 */
export class RecordCheck implements RecordExplainer {
  readonly #source: ByteSource;
  readonly #hasNames: boolean;
  readonly #daemon: string;
  readonly #findings: Findings;
  readonly #values = new ValueCheck();
  /** Whether a value has made its record bad. */
  hasBadValue = false;
  // Several records in a row are reported as one problem.
  #missing: Missing | undefined;
  #oddKey: Reported | undefined;

  /** Adds what it finds in `source` to `findings`. */
  constructor(source: ByteSource, kind: LogKind, findings: Findings) {
    this.#source = source;
    this.#hasNames = kind !== "job-queue";
    this.#daemon = daemonOf(kind);
    this.#findings = findings;
  }

  explain(record: OddRecord): boolean {
    const { op } = record.parser;
    switch (op) {
      case Op.set:
        return this.#set(record);
      case Op.newAd:
        this.#key(record);
        this.#newAd(record);
        return true;
      case Op.delete:
      case Op.destroyAd:
        this.#key(record);
        if (!record.adExists) this.#ignored(record);
        return true;
      case Op.begin:
      case Op.end:
        this.#mark(record);
        return true;
      default:
        this.#sequence(record);
        return true;
    }
  }

  /**
   * Reports why reading ended at `offset`, where HTCondor stops at `failedAt`.
   * `transaction` is the offset of a transaction that never ended, or -1.
   */
  end(
    { outcome, offset, reason, transaction }: {
      readonly outcome: OutcomeCode;
      readonly offset: number;
      readonly reason: string;
      readonly transaction: number;
    },
    failedAt: number,
  ): void {
    this.#reportMissing();
    if (outcome === Outcome.stop) this.#unreadable(offset, failedAt, reason);
    else if (outcome === Outcome.torn) this.#torn(offset);
    else if (outcome === Outcome.bad && !this.hasBadValue) {
      this.#damaged("bad-record", reason, offset, failedAt);
    }
    if (transaction >= 0) {
      this.#findings.add(
        "loss",
        "unfinished-transaction",
        transaction,
        `the transaction is never ended: the ${this.#daemon} drops it`,
      );
    }
  }

  /** Reports that the first record is no 107. */
  noSequence(): void {
    this.#findings.add(
      "warning",
      "no-sequence",
      0,
      `record 107 is missing: the ${this.#daemon} starts with sequence number 1; ` +
        "programs that follow the log refuse it",
    );
  }

  #unreadable(offset: number, failedAt: number, reason: string): void {
    this.#findings.add(
      "loss",
      "unreadable",
      offset,
      `${reason} instead of a record type: ` +
        `the ${this.#daemon} treats it as the end of the file and drops ` +
        `the ${this.#source.size - failedAt} bytes after it`,
    );
  }

  #torn(offset: number): void {
    this.#findings.add(
      "loss",
      "torn-record",
      offset,
      `the file ends inside this record: the ${this.#daemon} drops it`,
    );
  }

  #damaged(
    kind: "bad-record" | "bad-value",
    what: string,
    offset: number,
    failedAt: number,
  ): void {
    if (endOfTransactionFollows(this.#source, failedAt)) {
      this.#findings.add(
        "fatal",
        kind,
        offset,
        `${what}: an end of transaction follows, so the ${this.#daemon} refuses to start`,
      );
    } else {
      this.#findings.add(
        "loss",
        kind,
        offset,
        `${what}: no end of transaction follows, so the ${this.#daemon} silently drops ` +
          `this record and the ${this.#source.size - failedAt} bytes after it`,
      );
    }
  }

  /** Checks a record 103. Returns false if its value makes it bad. */
  #set(record: OddRecord): boolean {
    const { parser, bytes, base, offset, adExists } = record;
    const { nameStart, nameEnd, valueStart, valueEnd } = parser;
    const problem = this.#values.problem(bytes, valueStart, valueEnd);
    if (problem !== undefined) {
      const name = textOf(bytes.subarray(nameStart, nameEnd));
      const what = `value of ${name} does not parse: ${problem}`;
      this.#damaged("bad-value", what, offset, base + parser.next);
      this.hasBadValue = true;
      return false;
    }
    this.#key(record);
    if (!adExists) this.#addMissing(record);
    return true;
  }

  #newAd({ parser, bytes, base, offset, adExists }: OddRecord): void {
    if (adExists) {
      const key = textOf(bytes.subarray(parser.keyStart, parser.keyEnd));
      this.#findings.add(
        "warning",
        "duplicate-ad",
        offset,
        `ad ${key} exists already: the ${this.#daemon} ignores this record`,
      );
    }
    const { next, valueEnd } = parser;
    const isLast = base + next === this.#source.size;
    if (isLast && (valueEnd === next || bytes[next - 1] !== 10)) {
      this.#findings.add(
        "warning",
        "torn-new-ad",
        offset,
        `the file ends inside this record, which the ${this.#daemon} treats as ` +
          "complete: it appends its next record to this line",
      );
    }
  }

  #ignored({ parser, bytes, offset }: OddRecord): void {
    const key = textOf(bytes.subarray(parser.keyStart, parser.keyEnd));
    this.#findings.add(
      "warning",
      "missing-ad",
      offset,
      `there is no ad ${key}: the ${this.#daemon} ignores this record`,
    );
  }

  #mark({ parser, offset }: OddRecord): void {
    if (parser.op === Op.begin) {
      this.#findings.add(
        "warning",
        "nested-transaction",
        offset,
        `a transaction is open already: the ${this.#daemon} continues that one`,
      );
    } else {
      this.#findings.add(
        "warning",
        "unmatched-end",
        offset,
        `no transaction is open: the ${this.#daemon} ignores this record`,
      );
    }
  }

  #sequence({ offset }: OddRecord): void {
    this.#findings.add(
      "warning",
      "late-sequence",
      offset,
      `record 107 is not the first: the ${this.#daemon} uses its number and goes on`,
    );
  }

  /** Reports a key in an unusual spelling, once for records in a row. */
  #key({ parser, bytes, base, offset }: OddRecord): void {
    if (this.#hasNames) return;
    const key = textOf(bytes.subarray(parser.keyStart, parser.keyEnd));
    if (isCanonicalKey(key)) return;
    const end = base + parser.next;
    if (this.#oddKey?.key === key && this.#oddKey.end === offset) {
      this.#oddKey.end = end;
      return;
    }
    this.#oddKey = { key, end };
    const { cluster, proc } = parseKey(key);
    const isKey = /^\+?\d+(\.(-?\d+)?)?$/.test(key);
    this.#findings.add(
      isKey ? "warning" : "loss",
      "odd-key",
      offset,
      `the ${this.#daemon} reads key ${key} as ${formatKey(cluster, proc)}`,
    );
  }

  #addMissing({ parser, bytes, base, offset }: OddRecord): void {
    const key = textOf(bytes.subarray(parser.keyStart, parser.keyEnd));
    const last = this.#missing;
    const end = base + parser.next;
    if (last?.key === key && last.end === offset) {
      last.count++;
      last.end = end;
      return;
    }
    this.#reportMissing();
    this.#missing = { key, offset, count: 1, end };
  }

  #reportMissing(): void {
    if (this.#missing === undefined) return;
    const { key, offset, count } = this.#missing;
    this.#missing = undefined;
    this.#findings.add(
      "loss",
      "missing-ad",
      offset,
      `there is no ad ${key}: the ${this.#daemon} ignores ${
        count === 1 ? "this record" : `these ${count} records`
      }`,
    );
  }
}
