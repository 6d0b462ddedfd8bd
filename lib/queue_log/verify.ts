/**
 * Checks what a schedd would do with a log: start, refuse to start, or silently
 * drop a part. The negotiator and the collector load their own logs in the same
 * way. The rules are those of HTCondor's `condor_utils/classad_log.cpp`
 * (loading) and `InitJobQueue` in `condor_schedd.V6/qmgmt.cpp` (what happens to
 * the ads then).
 *
 * @module
 */
import { type ByteSource, FileSource, MemorySource } from "./byte_source.ts";
import { checkRecords } from "./check_records.ts";
import type { Finding, Problem } from "./findings.ts";
import { type AdCounts, checkAds } from "./job_check.ts";
import { lineNumbers } from "./line_numbers.ts";
import { daemonOf, type LogKind } from "./log_kind.ts";
import { countAds } from "./other_ads.ts";
import { checkVersion, type ScheddVersion } from "./schedd_version.ts";
import { QueueTable } from "./table.ts";

/** What a schedd would do with the log. */
export type Verdict = "start" | "drop" | "refuse";

/** The result of {@linkcode verify}. */
export interface VerifyReport {
  /** The path of the log. */
  readonly file: string;
  /** Whose log it is. A job queue, unless the caller says otherwise. */
  readonly kind: LogKind;
  /** Whether a schedd starts on the log and loads everything. */
  readonly ok: boolean;
  /**
   * `start`: the schedd loads everything. `drop`: it starts, but silently drops
   * something. `refuse`: it does not start.
   */
  readonly verdict: Verdict;
  /** The verdict as a sentence. */
  readonly summary: string;
  /** How many records are read, up to the place where reading stops. */
  readonly records: number;
  /** How many transactions take effect. */
  readonly transactions: number;
  /** How many ads are in the schedd's table after it has started. */
  readonly ads: AdCounts;
  /** How many bytes count. Everything after them is dropped. */
  readonly committedBytes: number;
  /** The size of the log, in bytes. */
  readonly totalBytes: number;
  /** All problems, in the order of the file. */
  readonly problems: readonly Problem[];
  /** How many problems were found beyond the first hundred thousand. */
  readonly omitted: number;
}

/** The options of {@linkcode verify}. */
export interface VerifyOptions {
  /**
   * The version of a schedd. Then the report also says how that version treats
   * the log.
   */
  readonly version?: ScheddVersion;
  /**
   * Whose log it is. By default it is a job queue. `kindOfLog` recognises the
   * other logs.
   */
  readonly kind?: LogKind;
}

/**
 * Checks the log at `path`. Throws {@linkcode QueueLogError} only if the file
 * cannot be read. Damage is reported.
 */
export function verify(
  path: string,
  options: VerifyOptions = {},
): VerifyReport {
  const source = FileSource.open(path);
  try {
    return verifySource(source, options);
  } finally {
    source.close();
  }
}

/** Checks a log in memory. `name` is its name in the report. */
export function verifyBytes(
  bytes: Uint8Array,
  name?: string,
  options: VerifyOptions = {},
): VerifyReport {
  return verifySource(new MemorySource(bytes, name), options);
}

function verifySource(
  source: ByteSource,
  options: VerifyOptions,
): VerifyReport {
  return checkSource(source, options).report;
}

/** The options of {@linkcode checkSource}. */
export interface CheckOptions extends VerifyOptions {
  /** An attribute whose values are to be counted. */
  readonly watch?: string;
}

/** The result of {@linkcode checkSource}. */
export interface CheckedSource {
  readonly report: VerifyReport;
  readonly table: QueueTable;
  /**
   * How many jobs have each value of the watched attribute in their own ad, as
   * text. Undefined if that is not certain.
   */
  readonly watched: ReadonlyMap<string, number> | undefined;
}

/**
 * Checks a log. Returns the report, and the table of the ads that a schedd
 * would have in its queue. The table reads from `source`.
 */
export function checkSource(
  source: ByteSource,
  { version, kind = "job-queue", watch }: CheckOptions = {},
): CheckedSource {
  const checked = checkRecords(source, kind, watch);
  const { index, findings, transactions, facts, watched } = checked;
  const table = QueueTable.checked(source, kind, checked);
  const refused = findings.some((f) => f.severity === "fatal");
  const ads = kind === "job-queue"
    ? checkAds(table, !refused, findings, facts)
    : countAds(table, !refused, findings);
  if (version !== undefined && kind === "job-queue") {
    checkVersion(table, version, findings);
  }
  const problems = withLines(source, findings.list);
  const verdict = problems.some((p) => p.severity === "fatal")
    ? "refuse"
    : problems.some((p) => p.severity === "loss")
    ? "drop"
    : "start";
  const report: VerifyReport = {
    file: source.name,
    kind,
    ok: verdict === "start",
    verdict,
    summary: summaryOf(
      verdict,
      problems,
      table,
      source.size,
      `a ${daemonOf(kind)}` +
        (version === undefined ? "" : ` of ${version.text}`),
    ),
    records: index.records,
    transactions,
    ads,
    committedBytes: table.committedBytes,
    totalBytes: source.size,
    problems,
    omitted: findings.omitted,
  };
  return { report, table, watched };
}

function summaryOf(
  verdict: Verdict,
  problems: readonly Problem[],
  table: QueueTable,
  size: number,
  schedd: string,
): string {
  if (verdict === "refuse") return `${schedd} refuses to start on this log`;
  if (verdict === "start") return `${schedd} starts on this log`;
  const jobs = problems.filter((p) => p.kind === "dropped-job").length;
  const ads = problems.filter((p) => p.kind === "dropped-ad").length;
  const bytes = size - table.committedBytes;
  const what = [
    bytes > 0 ? `the last ${bytes} of ${size} bytes` : "",
    jobs > 0 ? `${jobs} job${jobs === 1 ? "" : "s"}` : "",
    ads > 0 ? `${ads} ad${ads === 1 ? "" : "s"}` : "",
  ].filter((part) => part !== "").join(" and ");
  return `${schedd} starts on this log and silently drops ${
    what === "" ? "records that belong to no ad" : what
  }`;
}

function withLines(source: ByteSource, findings: Finding[]): Problem[] {
  findings.sort((a, b) => a.offset - b.offset);
  const lines = lineNumbers(source, findings.map((f) => f.offset));
  return findings.map((finding, at) => ({
    line: lines[at],
    offset: finding.offset,
    kind: finding.kind,
    message: finding.message,
    severity: finding.severity,
  }));
}
