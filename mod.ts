/**
 * Lumberjack: moves jobs out of one HTCondor queue into another and brings
 * their results back. This is the library that the commands use.
 *
 * A queue is the log of a schedd that is not running ({@linkcode FileJobQueue}),
 * or a running schedd ({@linkcode openScheddQueue}). {@linkcode exportJobs} and
 * {@linkcode importJobs} work on either.
 *
 * The libraries beneath can be used alone: {@linkcode classad} is the ClassAd
 * language, {@linkcode queueLog} reads and writes job_queue.log,
 * {@linkcode userLog} reads users' event logs, and {@linkcode condor} finds
 * daemons and speaks to schedds.
 *
 * @example Jobs leave a queue, and another queue takes them
 * ```ts
 * import { exportJobs, FileJobQueue, queueLog, Selection } from "./mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = Deno.makeTempDirSync();
 * Deno.mkdirSync(`${folder}/out`);
 * const queue = FileJobQueue.open(
 *   "tests/data/htcondor-23.9.6/round-trip/local.log",
 *   { queueOut: `${folder}/job_queue.log` },
 * );
 * const { exports } = await exportJobs(queue, {
 *   selection: new Selection({ constraint: 'Owner == "bob"' }),
 *   out: `${folder}/out`,
 *   remoteSpool: "/hpc/spool",
 * });
 * await queue.close();
 *
 * const [{ out, jobs }] = exports;
 * using table = queueLog.QueueTable.open(`${out}/job_queue.log`);
 * assertEquals([...table.procs()].length, jobs);
 * ```
 *
 * @module
 */
export {
  exportJobs,
  type ExportRequest,
  type ExportResult,
  type OwnerExport,
} from "./lib/lumberjack/export/export.ts";
export {
  type AgainRequest,
  exportAgain,
} from "./lib/lumberjack/export/again.ts";
export {
  importJobs,
  type ImportRequest,
} from "./lib/lumberjack/import/import.ts";
export type { ImportResult, Refusal } from "./lib/lumberjack/import/result.ts";
export {
  unexportJobs,
  type UnexportRequest,
  type UnexportResult,
} from "./lib/lumberjack/export/unexport.ts";
export {
  recover,
  type RecoverRequest,
  type Recovery,
} from "./lib/lumberjack/export/recover.ts";
export {
  type ExportStatus,
  status,
  type StatusReport,
} from "./lib/lumberjack/report/status.ts";
export { Selection } from "./lib/lumberjack/job/selection.ts";
export type { JobQueue } from "./lib/lumberjack/queue/job_queue.ts";
export { FileJobQueue } from "./lib/lumberjack/queue/file/job_queue.ts";
export {
  openScheddQueue,
  type ScheddQueueRequest,
} from "./lib/lumberjack/queue/schedd/open.ts";
export { MergePolicy } from "./lib/lumberjack/import/result_attributes.ts";
export {
  type Manifest,
  readManifest,
} from "./lib/lumberjack/export_dir/manifest.ts";
export { FileStaging } from "./lib/lumberjack/files/stage/file_staging.ts";
export { jobInputs } from "./lib/lumberjack/files/inputs.ts";
export { jobOutputs } from "./lib/lumberjack/files/outputs.ts";
export {
  createBundle,
  extractBundle,
  verifyTree,
} from "./lib/lumberjack/files/bundle.ts";
export { LumberjackError } from "./lib/lumberjack/error.ts";
export * as classad from "./lib/classad/mod.ts";
export * as queueLog from "./lib/queue_log/mod.ts";
export * as userLog from "./lib/user_log/mod.ts";
export * as condor from "./lib/condor/mod.ts";
export { version } from "./lib/lumberjack/version.ts";

// The types that the signatures above name.
export type {
  FilePlacement,
  LeavingExport,
  LeavingJob,
  LogBytes,
  Placed,
  Staging,
  WrittenLog,
} from "./lib/lumberjack/export/staging.ts";
export type {
  FilesMode,
  ManifestFiles,
} from "./lib/lumberjack/export_dir/manifest_files.ts";
export type { StageOptions } from "./lib/lumberjack/files/stage/stage_options.ts";
export type { UserIds } from "./lib/condor/user_database.ts";
export type { ExportLogContents } from "./lib/lumberjack/export_dir/log.ts";
export type { ExportState } from "./lib/lumberjack/export_dir/manifest.ts";
export type { FilesRequest } from "./lib/lumberjack/import/files_request.ts";
export type {
  LockPlace,
  UserLogConfig,
} from "./lib/lumberjack/files/events/home_logs.ts";
export type {
  Json,
  ServiceAnswer,
  ServiceCaller,
} from "./lib/lumberjack/files/owner/service.ts";
export type { OnConflict } from "./lib/lumberjack/files/return/job_placement.ts";
export type { FailedOutputs } from "./lib/lumberjack/files/return/output_sorter.ts";
export type { Merger } from "./lib/lumberjack/import/merger.ts";
export type { AttributeClass } from "./lib/lumberjack/import/result_attributes.ts";
export type {
  AdChange,
  AttributeChange,
  BytesOfValue,
  JobChange,
} from "./lib/lumberjack/job/change.ts";
export type { JobId, JobIdPattern } from "./lib/lumberjack/job/id.ts";
export type { SelectionRequest } from "./lib/lumberjack/job/selection.ts";
export type { SkippedJob } from "./lib/lumberjack/job/skipped_job.ts";
export type {
  ExportedAds,
  ExportedCluster,
  LocalJob,
  QueuedJob,
  StoredAd,
} from "./lib/lumberjack/job/stored_ad.ts";
export type {
  LockRequest,
  UnlockRequest,
} from "./lib/lumberjack/queue/job_queue.ts";
export type { FileJobQueueOptions } from "./lib/lumberjack/queue/file/job_queue.ts";
export type { ScheddJobQueue } from "./lib/lumberjack/queue/schedd/job_queue.ts";
export type {
  FileProblem,
  InputKind,
  JobInput,
  JobInputs,
  NamedCredential,
} from "./lib/lumberjack/files/inputs.ts";
export type {
  JobLog,
  JobOutput,
  JobOutputs,
  OutputKind,
  StreamedOutput,
} from "./lib/lumberjack/files/outputs.ts";
export type { Placement } from "./lib/lumberjack/files/output_places.ts";
export type {
  FilesContext,
  ShouldTransfer,
  WhenToTransfer,
} from "./lib/lumberjack/files/policy.ts";
export type { TreeProgress } from "./lib/lumberjack/files/bundle.ts";
export type { TreeTotals } from "./lib/lumberjack/files/tree/checked_tree.ts";
export type { LumberjackErrorOptions } from "./lib/lumberjack/error.ts";
