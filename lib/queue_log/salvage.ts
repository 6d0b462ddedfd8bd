/**
 * Makes a log that a schedd loads from a damaged one. docs/queue-log.md,
 * section "Salvage", explains the rules.
 *
 * @module
 */
import { writeNewFile } from "./atomic_file.ts";
import { type ByteSource, MemorySource } from "./byte_source.ts";
import { lineNumbers } from "./line_numbers.ts";
import { kindOfSource, type LogKind } from "./log_kind.ts";
import type { Damage } from "./salvage_damage.ts";
import { SalvageScan, type ScanOptions } from "./salvage_scan.ts";
import { SalvageLogs, type Scanned } from "./salvage_logs.ts";
import { NamedSalvageWriter } from "./salvage_named.ts";
import { type SalvageChange, SalvageWriter } from "./salvage_write.ts";
import { MemorySink, type QueueLogSink } from "./sink.ts";
import { QueueTable } from "./table.ts";
import { type WorkFile, Workplace } from "./workplace.ts";

/** The options of {@linkcode salvage}. */
export interface SalvageOptions {
  /** The new log. Without it nothing is written. */
  readonly out?: string;
  /** Older rotated logs, or backups. */
  readonly from?: readonly string[];
  /**
   * Whether nothing is missing after the end of the log. This is so if the
   * machine or the schedd crashed, but not if the file was cut.
   */
  readonly trustEnd?: boolean;
  /** Whose log it is. By default the keys of its first records decide. */
  readonly kind?: LogKind;
}

/** Damage with its line. */
export interface SalvageDamage extends Damage {
  /** The line, counted from 1. */
  readonly line: number;
}

/** The result of {@linkcode salvage}. */
export interface SalvageReport {
  /** The damaged log. */
  readonly file: string;
  /** Whose log it is. */
  readonly kind: LogKind;
  /** The new log, or undefined if none was written. */
  readonly out: string | undefined;
  /** Whether the log has no damage. */
  readonly sound: boolean;
  /** The damage, in the order of the file. */
  readonly damage: readonly SalvageDamage[];
  /** How many places are damaged beyond the first hundred thousand. */
  readonly omitted: number;
  /**
   * How many jobs are in the new log as they are in the damaged log. In a log
   * without jobs: how many ads are in the new log.
   */
  readonly kept: number;
  /** How many jobs are in the new log and were put on hold by this salvage. */
  readonly held: number;
  /** How many jobs are not in the new log. */
  readonly leftOut: number;
  /** The jobs that were held, guessed or left out, with the reason. */
  readonly changes: readonly SalvageChange[];
  /** How many records the new log has. */
  readonly records: number;
  /** The size of the damaged log, in bytes. */
  readonly bytesBefore: number;
  /** The size of the new log, in bytes. */
  readonly bytesAfter: number;
  /** The sequence number of the new log. */
  readonly sequence: number;
  /** The NextClusterNum of the new log. */
  readonly nextCluster: number;
}

/**
 * Reads the damaged log at `path` and writes everything that can be saved to
 * `options.out`, which must not exist. The damaged log is never changed. The
 * new log is checked with {@linkcode verify} before it gets its name.
 *
 * Throws {@linkcode QueueLogError} if a file cannot be read or written.
 */
export function salvage(
  path: string,
  options: SalvageOptions = {},
): SalvageReport {
  using work = new Workplace();
  const source = work.open(path);
  const from = (options.from ?? []).map((file) => work.open(file));
  const { report, result } = run(source, from, options, work);
  const { out } = options;
  if (out !== undefined) {
    writeNewFile(out, path, (file) => copy(result.open(), file));
  }
  return { ...report, out };
}

/**
 * Salvages a log in memory. `from` are older logs. Returns the report and the
 * bytes of the new log.
 */
export function salvageBytes(
  bytes: Uint8Array,
  options: {
    readonly from?: readonly Uint8Array[];
    readonly trustEnd?: boolean;
    readonly kind?: LogKind;
  } = {},
): { readonly report: SalvageReport; readonly log: Uint8Array } {
  using work = new Workplace();
  const from = (options.from ?? []).map((older, at) =>
    new MemorySource(older, `older log ${at + 1}`)
  );
  const { report, result } = run(new MemorySource(bytes), from, options, work);
  const log = new MemorySink();
  copy(result.open(), log);
  return { report, log: log.bytes() };
}

/** A salvage that is written. */
interface Salvaged {
  readonly report: SalvageReport;
  readonly result: WorkFile;
}

function run(
  source: ByteSource,
  from: readonly ByteSource[],
  options: { readonly trustEnd?: boolean; readonly kind?: LogKind },
  work: Workplace,
): Salvaged {
  const salvaged = write(source, from, options, work);
  // The lists of ads of the damaged logs are no longer needed. The check makes
  // its own list, and a queue of millions of jobs has no room for all of them.
  salvaged.result.check(salvaged.report.kind);
  return salvaged;
}

function write(
  source: ByteSource,
  from: readonly ByteSource[],
  options: { readonly trustEnd?: boolean; readonly kind?: LogKind },
  work: Workplace,
): Salvaged {
  const trustEnd = options.trustEnd ?? false;
  const kind = options.kind ?? kindOfAll([source, ...from]);
  const how = { trustEnd, kind };
  const parts = scanAll(source, how, work);
  const main = newest(parts);
  const older = [
    ...parts.filter((part) => part !== main),
    ...from.flatMap((each) => scanAll(each, how, work)),
  ].sort((a, b) => b.scan.sequence - a.scan.sequence);
  if (parts.length > 1) {
    main.scan.lostAds = true;
    main.scan.report(
      "second-log",
      0,
      `the file holds ${parts.length} logs one after the other`,
    );
  }
  if (kind === "job-queue") checkHeader(main);
  // If this log is complete, older logs know nothing more.
  const used = main.scan.damage.length > 0 ? older : [];
  const result = work.file(source.size);
  const now = Math.floor(Date.now() / 1000);
  const logs = new SalvageLogs(main, used);
  const written = kind === "job-queue"
    ? new SalvageWriter(logs, result, now).run()
    : new NamedSalvageWriter(logs, result, now).run();
  const { bytes, ...rest } = written;
  const damage = parts.flatMap((part) => part.scan.damage);
  return {
    result,
    report: {
      file: source.name,
      kind,
      out: undefined,
      sound: damage.length === 0,
      damage: withLines(source, damage),
      omitted: parts.reduce((sum, part) => sum + part.scan.omitted, 0),
      bytesBefore: source.size,
      bytesAfter: bytes,
      ...rest,
    },
  };
}

/** How to read the logs. */
type How = Pick<ScanOptions, "trustEnd" | "kind">;

/** Returns whose log it is. An empty log is of the kind of the older logs. */
function kindOfAll(sources: readonly ByteSource[]): LogKind {
  const kinds = sources.filter(({ size }) => size > 0).map(kindOfSource);
  return kinds[0] ?? "job-queue";
}

/** Scans the logs that a file contains. Nearly always there is only one. */
function scanAll(
  source: ByteSource,
  how: How,
  work: Workplace,
): Scanned[] {
  const parts: Scanned[] = [];
  for (let from = 0; parts.length === 0 || from < source.size;) {
    const part = scanOne(source, from, source.size, how, work);
    parts.push(part);
    from = part.scan.end;
  }
  return parts;
}

function scanOne(
  source: ByteSource,
  from: number,
  limit: number,
  how: How,
  work: Workplace,
): Scanned {
  const { trustEnd, kind } = how;
  const file = work.file(limit - from);
  const scan = new SalvageScan(source, file, { from, limit, ...how });
  scan.run();
  if (trustEnd && scan.open >= 0 && scan.end === source.size) {
    // The unfinished transaction has no effect, so the log is read again up to
    // its beginning.
    const again = scanOne(source, from, scan.open, how, work);
    again.scan.report(
      "unfinished-transaction",
      scan.open,
      "the transaction is never ended",
    );
    again.scan.end = source.size;
    return again;
  }
  return {
    name: source.name,
    scan,
    table: QueueTable.from(file.open(), { kind }),
  };
}

/**
 * Returns the log with the highest sequence number. If two numbers are equal,
 * the later log counts.
 */
function newest(parts: readonly Scanned[]): Scanned {
  return parts.reduce((best, part) =>
    part.scan.sequence >= best.scan.sequence ? part : best
  );
}

/** Reports a header that would assign a cluster number twice. */
function checkHeader({ scan, table }: Scanned): void {
  const text = table.find(0, 0)?.text("NextClusterNum");
  const next = Number(text ?? NaN);
  if (next > 0 && next <= scan.highestCluster) {
    scan.report(
      "next-cluster",
      0,
      `NextClusterNum is ${next}, but there is a job of cluster ${scan.highestCluster}`,
    );
  }
}

function withLines(
  source: ByteSource,
  damage: readonly Damage[],
): SalvageDamage[] {
  const sorted = [...damage].sort((a, b) => a.offset - b.offset);
  const lines = lineNumbers(source, sorted.map(({ offset }) => offset));
  return sorted.map((each, at) => ({ line: lines[at], ...each }));
}

function copy(source: ByteSource, sink: QueueLogSink): void {
  const piece = new Uint8Array(Math.min(256 * 1024, source.size));
  for (let at = 0; at < source.size; at += piece.length) {
    const part = piece.subarray(0, Math.min(piece.length, source.size - at));
    source.readInto(part, at);
    for (let sent = 0; sent < part.length;) {
      sent += sink.writeSync(part.subarray(sent));
    }
  }
}
