/**
 * The schedd's queue on disk, `job_queue.log`: a reader and a writer of
 * records, the table of ads, checks, and salvage. The format is that of
 * HTCondor's `condor_utils/classad_log.cpp` and `log.cpp`; docs/queue-log.md
 * describes it.
 *
 * @module
 */
export {
  DurableFile,
  type DurableFileOptions,
  removeUnfinished,
  syncFolder,
  writeTextDurably,
} from "./durable_file.ts";
export {
  QueueLogDamage,
  QueueLogError,
  type QueueLogErrorOptions,
} from "./errors.ts";
export {
  compareKeys,
  formatKey,
  isCanonicalKey,
  type JobKey,
  type KeyKind,
  kindOf,
  parseKey,
} from "./key.ts";
export { QueueAd } from "./ad.ts";
export type { RawAttribute } from "./ad_records.ts";
export type { AttributeVisitor } from "./ad_records.ts";
export { daemonOf, kindOfLog, type LogKind } from "./log_kind.ts";
export { QueueTable, type QueueTableOptions } from "./table.ts";
export { MemorySink, type QueueLogSink } from "./sink.ts";
export { QueueLogWriter } from "./writer.ts";
export type { KeyLike } from "./writer_check.ts";
export { type LogRecord, readRecords, type RecordPlace } from "./records.ts";
export type { Problem, ProblemKind } from "./findings.ts";
export type { AdCounts } from "./job_check.ts";
export {
  type Verdict,
  verify,
  verifyBytes,
  type VerifyOptions,
  type VerifyReport,
} from "./verify.ts";
export { type LogStats, logStats, logStatsOfBytes } from "./stats.ts";
export type { LogShare } from "./shares.ts";
export { parseScheddVersion, type ScheddVersion } from "./schedd_version.ts";
export { type CheckedLog, openChecked } from "./checked.ts";
export { type LoadedLog, openLoaded } from "./loaded.ts";
export type { ByteSource } from "./byte_source.ts";
export { compact, type CompactReport, writeTable } from "./compact.ts";
export {
  salvage,
  salvageBytes,
  type SalvageDamage,
  type SalvageOptions,
  type SalvageReport,
} from "./salvage.ts";
export type { Damage, DamageKind } from "./salvage_damage.ts";
export type { SalvageChange } from "./salvage_write.ts";
export {
  type AdDifference,
  type AttributeDifference,
  diffTables,
} from "./diff.ts";
export { follow, type FollowEvent, type FollowOptions } from "./follow.ts";
export {
  attributesOf,
  ConstraintError,
  longAd,
  type PrintedAd,
  printedAd,
  type PrintOptions,
  selectAds,
} from "./print.ts";
export { ValueCheck } from "./value_check.ts";
export { sameBytes } from "./text.ts";
