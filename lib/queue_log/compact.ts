import { writeNewFile } from "./atomic_file.ts";
import { QueueTable, type QueueTableOptions } from "./table.ts";
import { type QueueLogSink, QueueLogWriter } from "./writer.ts";

/** What {@linkcode compact} has written. */
export interface CompactReport {
  /** Bytes of the log as it was. */
  readonly bytesBefore: number;
  /** Bytes of the new one. */
  readonly bytesAfter: number;
  /** Records in the new log. */
  readonly records: number;
  /** Ads in the new log. */
  readonly ads: number;
  /** The new log's sequence number. */
  readonly sequence: number;
}

/**
 * Writes the log that the schedd's rotation would write (`WriteClassAdLogState`
 * in HTCondor's `condor_utils/classad_log.cpp`): the next sequence number, and
 * every ad with its attributes as they stand, without transactions. Values are
 * copied as they are, where the schedd would print them anew; ads keep the
 * order of the old log.
 *
 * `out` must not exist; it comes up whole or not at all. Throws
 * {@linkcode QueueLogError}.
 */
export function compact(
  path: string,
  out: string,
  options: QueueTableOptions = {},
): CompactReport {
  using table = QueueTable.open(path, options);
  let report: CompactReport | undefined;
  writeNewFile(out, (file) => {
    report = writeTable(table, file);
  });
  return report!;
}

/**
 * Writes a table as {@linkcode compact} does. A table without a creation time
 * gets the present one, as in the schedd.
 */
export function writeTable(
  table: QueueTable,
  sink: QueueLogSink,
): CompactReport {
  const writer = new QueueLogWriter(sink);
  const sequence = table.sequence + 1;
  let records = 1;
  writer.historical(
    sequence,
    table.creationTimestamp ?? Math.floor(Date.now() / 1000),
  );
  for (const ad of table.ads()) records += writer.copyAd(ad);
  writer.flush();
  return {
    bytesBefore: table.totalBytes,
    bytesAfter: writer.bytesWritten,
    records,
    ads: table.size,
    sequence,
  };
}
