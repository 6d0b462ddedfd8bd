/**
 * Checks a log record by record, without the quick ways of a pass. The tests
 * compare the two.
 *
 * @module
 */
import { AdList } from "../../lib/queue_log/ad_list.ts";
import { MemorySource } from "../../lib/queue_log/byte_source.ts";
import { type Finding, Findings } from "../../lib/queue_log/findings.ts";
import { NAMED, parseKey } from "../../lib/queue_log/key.ts";
import type { LogKind } from "../../lib/queue_log/log_kind.ts";
import { Op, Outcome } from "../../lib/queue_log/record.ts";
import { RecordCheck } from "../../lib/queue_log/record_check.ts";
import { RecordDecoder } from "../../lib/queue_log/record_decoder.ts";
import { textOf } from "../../lib/queue_log/text.ts";

/** The result of {@linkcode exactCheck}. */
export interface ExactCheck {
  readonly findings: readonly Finding[];
  readonly records: number;
  readonly transactions: number;
  /** The length of the part that counts, in bytes. */
  readonly committedBytes: number;
}

/** Checks each record of a log in memory. */
export function exactCheck(bytes: Uint8Array, kind: LogKind): ExactCheck {
  const findings = new Findings();
  const check = new RecordCheck(new MemorySource(bytes), kind, findings);
  const decoder = new RecordDecoder();
  const { parser } = decoder;
  decoder.push(bytes);
  decoder.end();
  const ads = new AdList();
  const words: string[] = [];
  let records = 0;
  let transactions = 0;
  let transaction = -1;
  let outcome = decoder.next();
  for (; outcome === Outcome.record; outcome = decoder.next()) {
    const { offset } = decoder;
    const key = textOf(
      decoder.bytes.subarray(parser.keyStart, parser.keyEnd),
    );
    let { cluster, proc } = parseKey(key);
    if (kind !== "job-queue") {
      if (!words.includes(key)) words.push(key);
      cluster = words.indexOf(key) + 1;
      proc = NAMED;
    }
    const ad = ads.find(cluster, proc);
    if (records === 0 && parser.op !== Op.sequence) check.noSequence();
    const isOpen = transaction >= 0;
    const isOdd = parser.op === Op.begin
      ? isOpen
      : parser.op === Op.end
      ? !isOpen
      : parser.op !== Op.sequence || records > 0;
    const record = {
      parser,
      bytes: decoder.bytes,
      base: decoder.failedAt - parser.next,
      offset,
      adExists: ad >= 0,
    };
    if (isOdd && !check.explain(record)) {
      outcome = Outcome.bad;
      break;
    }
    if (parser.op === Op.newAd && ad < 0) ads.add(cluster, proc);
    else if (parser.op === Op.destroyAd && ad >= 0) ads.destroy(ad);
    else if (parser.op === Op.begin && !isOpen) transaction = offset;
    else if (parser.op === Op.end) {
      if (isOpen) transactions++;
      transaction = -1;
    }
    records++;
    decoder.advance();
  }
  const { offset, failedAt } = decoder;
  const { reason } = parser;
  check.end({ outcome, offset, reason, transaction }, failedAt);
  const committedBytes = transaction >= 0 ? transaction : offset;
  return { findings: findings.list, records, transactions, committedBytes };
}
