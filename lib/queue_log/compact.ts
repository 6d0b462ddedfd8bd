import { writeNewFile } from "./atomic_file.ts";
import type { QueueLogSink } from "./sink.ts";
import { kindOfLog } from "./log_kind.ts";
import { QueueTable, type QueueTableOptions } from "./table.ts";
import { QueueLogWriter } from "./writer.ts";

/** The result of {@linkcode compact}. */
export interface CompactReport {
  /** The size of the old log, in bytes. */
  readonly bytesBefore: number;
  /** The size of the new log, in bytes. */
  readonly bytesAfter: number;
  /** How many records the new log has. */
  readonly records: number;
  /** How many ads the new log has. */
  readonly ads: number;
  /** The sequence number of the new log. */
  readonly sequence: number;
}

/**
 * Writes the log that a rotation by the schedd would write
 * (`WriteClassAdLogState` in HTCondor's `condor_utils/classad_log.cpp`): the
 * next sequence number, and every ad with its current attributes, without
 * transactions. Values are copied unchanged, whereas the schedd prints them
 * again. The ads keep the order of the old log.
 *
 * `out` must not exist. It is written completely or not at all. Throws
 * {@linkcode QueueLogError}.
 */
export function compact(
  path: string,
  out: string,
  options: QueueTableOptions = {},
): CompactReport {
  const kind = options.kind ?? kindOfLog(path);
  using table = QueueTable.open(path, { ...options, kind });
  let report: CompactReport | undefined;
  writeNewFile(out, path, (file) => {
    report = writeTable(table, file);
  });
  return report!;
}

/**
 * Writes a table as {@linkcode compact} does. If the table has no creation
 * time, the current time is used, as in the schedd. Throws
 * {@linkcode QueueLogError}, and the errors of the sink.
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
