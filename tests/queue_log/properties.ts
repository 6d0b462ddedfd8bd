/**
 * Rules that hold for every log, also for a damaged one. Tests and the fuzzer
 * check them.
 */
import { assert, assertEquals } from "@std/assert";
import { ClassAdError, parse } from "../../lib/classad/mod.ts";
import { decodeText, fromByteString } from "../../lib/classad/bytes.ts";
import {
  diffTables,
  type LogKind,
  type LogRecord,
  MemorySink,
  QueueLogDamage,
  QueueLogError,
  QueueTable,
  readRecords,
  verifyBytes,
  writeTable,
} from "../../lib/queue_log/mod.ts";
import { MemorySource } from "../../lib/queue_log/byte_source.ts";
import { checkRecords } from "../../lib/queue_log/check_records.ts";
import { type Finding, Findings } from "../../lib/queue_log/findings.ts";
import { checkAds } from "../../lib/queue_log/job_check.ts";
import { exactCheck } from "./exact_check.ts";
import type { Choices } from "./mutations.ts";
import { loadAsSchedd, type Model } from "./schedd_model.ts";

/** Returns the bytes of a text. Each character is one byte. */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

/** Returns bytes as a text. Each byte is one character. */
export function textOfBytes(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** Checks all rules. */
export function checkLog(text: string, choices: Choices): void {
  const bytes = bytesOf(text);
  checkTable(bytes, loadAsSchedd(text));
  checkWindows(bytes, choices);
  checkVerdict(bytes, loadAsSchedd(text, parses));
  checkPieces(bytes, choices);
  checkQuick(bytes);
}

/**
 * Checks that the table holds the same ads as the schedd, and refuses the same
 * logs.
 */
export function checkTable(bytes: Uint8Array, model: Model): void {
  const table = onlyQueueLogErrors(() =>
    QueueTable.read(bytes, { tolerant: true })
  );
  if (table instanceof QueueLogError) {
    assert(table instanceof QueueLogDamage);
    assertEquals(model.verdict, "refuse");
    assertEquals((table as QueueLogDamage).effect, "refuse");
    return;
  }
  assert(model.verdict !== "refuse");
  assertEquals(table.records, model.records);
  assertEquals(table.sequence, model.sequence);
  const ads = new Map(
    [...table.ads()].map((ad) => [`${ad.cluster},${ad.proc}`, {
      type: ad.myType,
      attributes: new Map(
        ad.entries().map(({ name, value }) => [
          name,
          textOfBytes(value),
        ]),
      ),
    }]),
  );
  const expected = new Map(
    [...model.ads].map(([key, ad]) => [key, {
      type: fromByteString(ad.type),
      attributes: new Map(
        [...ad.attributes.values()].map((
          a,
        ) => [fromByteString(a.name), a.value]),
      ),
    }]),
  );
  assertEquals(ads, expected);
  checkCompacting(table);
  checkPrefix(bytes, table);
}

/** Checks that the table does not depend on how many bytes are read at once. */
function checkWindows(bytes: Uint8Array, choices: Choices): void {
  const read = (window?: number) =>
    onlyQueueLogErrors(() =>
      QueueTable.read(bytes, { tolerant: true, window })
    );
  const whole = read();
  const pieces = read(choices.of([1, 5, 16, 37, 100, 1000]));
  if (whole instanceof QueueLogError || pieces instanceof QueueLogError) {
    assertEquals(
      (pieces as QueueLogError).message,
      whole instanceof Error ? whole.message : "no error",
    );
    return;
  }
  assertEquals([...diffTables(whole, pieces)], []);
  assertEquals(
    [pieces.records, pieces.committedBytes, pieces.sequence],
    [whole.records, whole.committedBytes, whole.sequence],
  );
}

/** Checks that bytes after the committed bytes change nothing. */
function checkPrefix(bytes: Uint8Array, table: QueueTable): void {
  const prefix = QueueTable.read(bytes.subarray(0, table.committedBytes));
  assertEquals([...diffTables(table, prefix)], []);
  assertEquals(prefix.committedBytes, table.committedBytes);
}

/** Checks that a compacted log has the same ads. */
function checkCompacting(table: QueueTable): void {
  const sink = new MemorySink();
  const written = onlyQueueLogErrors(() => writeTable(table, sink));
  // A sequence number that is not a number cannot be written.
  if (written instanceof QueueLogError) return;
  const again = QueueTable.read(sink.bytes());
  assertEquals([...diffTables(table, again)], []);
  assertEquals(again.sequence, table.sequence + 1);
}

/** Checks that `verify` gives the verdict of the schedd. */
export function checkVerdict(bytes: Uint8Array, model: Model): void {
  const report = onlyQueueLogErrors(() => verifyBytes(bytes));
  if (report instanceof QueueLogError) throw report;
  const reading = report.problems.filter((p) =>
    !["dropped-job", "next-cluster", "missing-ad", "odd-key"].includes(p.kind)
  );
  const verdict = reading.some((p) => p.severity === "fatal")
    ? "refuse"
    : reading.some((p) => p.severity === "loss")
    ? "drop"
    : "start";
  assertEquals(verdict, model.verdict);
  assertEquals(report.records, model.records);
  if (verdict !== "refuse") {
    const dropped = report.problems.filter((p) => p.kind === "dropped-job");
    const { header, users, clusters, jobs, other } = report.ads;
    assertEquals(
      header + users + clusters + jobs + other + dropped.length,
      model.ads.size,
    );
  }
  for (const { line, offset } of report.problems) {
    assert(offset >= 0 && offset <= bytes.length);
    assertEquals(
      line,
      1 + bytes.subarray(0, offset).filter((byte) => byte === 10).length,
    );
  }
}

/**
 * Checks that a check gives the same result as an exact one of each record, and
 * that what it knows about the jobs is right.
 */
export function checkQuick(
  bytes: Uint8Array,
  kind: LogKind = "job-queue",
): void {
  const source = new MemorySource(bytes);
  const { index, names, findings, transactions, facts } = checkRecords(
    source,
    kind,
  );
  const exact = exactCheck(bytes, kind);
  assertEquals(sorted(findings.list), sorted(exact.findings));
  assertEquals(
    [index.records, transactions, index.committedBytes],
    [exact.records, exact.transactions, exact.committedBytes],
  );
  const table = QueueTable.checked(source, kind, { index, names });
  const slow = QueueTable.from(source, {
    kind,
    tolerant: true,
    upTo: exact.committedBytes,
  });
  assertEquals([...diffTables(table, slow)], []);
  if (kind !== "job-queue") return;
  const known = new Findings();
  const unknown = new Findings();
  assertEquals(
    checkAds(table, true, known, facts),
    checkAds(slow, true, unknown),
  );
  assertEquals(known.list, unknown.list);
}

function sorted(findings: readonly Finding[]): Finding[] {
  return findings.toSorted((a, b) =>
    a.offset - b.offset || a.kind.localeCompare(b.kind)
  );
}

/** Checks that records do not depend on how the bytes are cut into pieces. */
function checkPieces(bytes: Uint8Array, choices: Choices): void {
  const whole = collect([bytes]);
  const pieces: Uint8Array[] = [];
  const largest = choices.of([1, 3, 17, 1000]);
  for (let at = 0; at < bytes.length;) {
    const size = 1 + choices.below(largest);
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  assertEquals(collect(pieces), whole);
}

function collect(
  pieces: Iterable<Uint8Array>,
): { records: LogRecord[]; damage: number | undefined } {
  const records: LogRecord[] = [];
  try {
    for (const record of readRecords(pieces)) records.push(record);
  } catch (error) {
    if (!(error instanceof QueueLogDamage)) throw error;
    return { records, damage: error.offset };
  }
  return { records, damage: undefined };
}

function parses(value: string): boolean {
  try {
    parse(decodeText(bytesOf(value)));
    return true;
  } catch (error) {
    if (error instanceof ClassAdError) return false;
    throw error;
  }
}

/** Returns the result, or the QueueLogError. Throws any other error. */
function onlyQueueLogErrors<T>(work: () => T): T | QueueLogError {
  try {
    return work();
  } catch (error) {
    if (error instanceof QueueLogError) return error;
    throw error;
  }
}
