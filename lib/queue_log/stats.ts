/**
 * Shows what fills a log. The log is read once as a stream. Then its table is
 * read to find the size of a compacted log.
 *
 * @module
 */
import { type ByteSource, FileSource, MemorySource } from "./byte_source.ts";
import { writeTable } from "./compact.ts";
import { kindOfSource, type LogKind } from "./log_kind.ts";
import type { LogShare } from "./shares.ts";
import { StatsPass } from "./stats_pass.ts";
import { QueueTable } from "./table.ts";

/**
 * The result of {@linkcode logStats}. Each list is sorted by size, the largest
 * first.
 */
export interface LogStats {
  /** The path of the log. */
  readonly file: string;
  /** Whose log it is. The keys of its first records decide. */
  readonly kind: LogKind;
  /** The size of the log, in bytes. */
  readonly bytes: number;
  /**
   * How many bytes were read. If the log is damaged, they are fewer than
   * `bytes`.
   */
  readonly bytesRead: number;
  /** How many records were read. */
  readonly records: number;
  /** How many transactions end. */
  readonly transactions: number;
  /** The shares of the record types, such as `103 set attribute`. */
  readonly types: readonly LogShare[];
  /** The shares of the attribute names, in records 103 and 104. */
  readonly attributes: readonly LogShare[];
  /**
   * The shares of the owners, from the Owner of the cluster ad. Other ads count
   * as `(none)`.
   */
  readonly owners: readonly LogShare[];
  /**
   * The shares of the clusters. Cluster 0 is the header and the user records.
   * Only a job queue has clusters.
   */
  readonly clusters: readonly LogShare[];
  /** The shares of the ads, by key, in a log that is not a job queue. */
  readonly keys: readonly LogShare[];
  /**
   * The shares of the hours, in UTC, such as `2026-11-28T02`. Records have no
   * time. An hour begins when a QDate or EnteredCurrentStatus of that hour is
   * set. In the negotiator's log it is a LastUpdateTime, and in the collector's
   * log a LastHeardFrom.
   */
  readonly hours: readonly LogShare[];
  /** The size of the log that `log compact` would write. */
  readonly compacted: {
    /** How many records it would have. */
    readonly records: number;
    /** Its size, in bytes. */
    readonly bytes: number;
  };
}

/**
 * Counts the contents of the log at `path`, up to the place where a schedd
 * stops reading. Throws {@linkcode QueueLogError} if the file cannot be read.
 */
export function logStats(path: string): LogStats {
  const source = FileSource.open(path);
  try {
    return statsOf(source);
  } finally {
    source.close();
  }
}

/** Counts the contents of a log in memory. Works as {@linkcode logStats}. */
export function logStatsOfBytes(bytes: Uint8Array): LogStats {
  return statsOf(new MemorySource(bytes));
}

function statsOf(source: ByteSource): LogStats {
  const kind = kindOfSource(source);
  const pass = new StatsPass(source, kind);
  pass.run();
  const table = QueueTable.from(source, {
    tolerant: true,
    upTo: pass.bytesRead,
    kind,
  });
  const compacted = writeTable(table, { writeSync: (bytes) => bytes.length });
  return {
    file: source.name,
    kind,
    bytes: source.size,
    bytesRead: pass.bytesRead,
    records: pass.records,
    transactions: pass.transactions,
    types: pass.types.list(),
    attributes: pass.attributes.list(),
    owners: kind === "job-queue" ? pass.owners().list() : [],
    keys: pass.keys.list(),
    clusters: pass.clusters.list(),
    hours: pass.hours.list(),
    compacted: { records: compacted.records, bytes: compacted.bytesAfter },
  };
}
