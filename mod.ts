/**
 * Lumberjack: moves jobs out of one HTCondor queue into another and brings
 * their results back.
 *
 * ```ts
 * import { exportJobs, FileJobQueue, Selection } from "./mod.ts";
 *
 * async function send(queueLog: string, out: string): Promise<number> {
 *   const queue = FileJobQueue.open(queueLog, { queueOut: `${queueLog}.new` });
 *   try {
 *     const { exports } = await exportJobs(queue, {
 *       selection: new Selection({ constraint: 'DESIRED_Sites == "HPC"' }),
 *       out,
 *       remoteSpool: "/hpc/spool",
 *     });
 *     return exports.reduce((jobs, owner) => jobs + owner.jobs, 0);
 *   } finally {
 *     await queue.close();
 *   }
 * }
 * ```
 *
 * The libraries beneath can be used alone: `lib/classad/mod.ts` is the ClassAd
 * language ({@linkcode classad} here), `lib/queue_log/mod.ts` reads and writes
 * job_queue.log ({@linkcode queueLog}), `lib/cedar/mod.ts` speaks to daemons.
 *
 * @module
 */
export {
  exportJobs,
  type ExportRequest,
  type ExportResult,
  type OwnerExport,
} from "./lib/lumberjack/export/export.ts";
export type { ExportLogContents } from "./lib/lumberjack/export_dir/log.ts";
export type { UserIds } from "./lib/condor/user_database.ts";
export type {
  FilePlacement,
  LeavingExport,
  LeavingJob,
  Placed,
  Staging,
  WrittenLog,
} from "./lib/lumberjack/export/staging.ts";
export {
  importJobs,
  type ImportRequest,
} from "./lib/lumberjack/import/import.ts";
export type { Merger } from "./lib/lumberjack/import/merger.ts";
export type { ImportResult, Refusal } from "./lib/lumberjack/import/result.ts";
export {
  unexportJobs,
  type UnexportRequest,
  type UnexportResult,
} from "./lib/lumberjack/export/unexport.ts";
export {
  type ExportStatus,
  status,
  type StatusReport,
} from "./lib/lumberjack/report/status.ts";
export {
  recover,
  type RecoverRequest,
  type Recovery,
} from "./lib/lumberjack/export/recover.ts";
export {
  FileJobQueue,
  type FileJobQueueOptions,
} from "./lib/lumberjack/queue/file/job_queue.ts";
export type {
  JobQueue,
  LockRequest,
  UnlockRequest,
} from "./lib/lumberjack/queue/job_queue.ts";
export type {
  AdChange,
  AttributeChange,
  JobChange,
} from "./lib/lumberjack/job/change.ts";
export type {
  ExportedAds,
  ExportedCluster,
  LocalJob,
  QueuedJob,
  StoredAd,
} from "./lib/lumberjack/job/stored_ad.ts";
export {
  Selection,
  type SelectionRequest,
} from "./lib/lumberjack/job/selection.ts";
export type { JobId, JobIdPattern } from "./lib/lumberjack/job/id.ts";
export {
  type AttributeClass,
  MergePolicy,
} from "./lib/lumberjack/import/result_attributes.ts";
export {
  type ExportState,
  type Manifest,
  readManifest,
} from "./lib/lumberjack/export_dir/manifest.ts";
export type { SkippedJob } from "./lib/lumberjack/job/skipped_job.ts";
export {
  type FileProblem,
  type InputKind,
  type JobInput,
  type JobInputs,
  jobInputs,
  type NamedCredential,
} from "./lib/lumberjack/files/inputs.ts";
export {
  type JobLog,
  type JobOutput,
  type JobOutputs,
  jobOutputs,
  type OutputKind,
  type StreamedOutput,
} from "./lib/lumberjack/files/outputs.ts";
export type { Placement } from "./lib/lumberjack/files/output_places.ts";
export type {
  FilesContext,
  ShouldTransfer,
  WhenToTransfer,
} from "./lib/lumberjack/files/policy.ts";
export {
  LumberjackError,
  type LumberjackErrorOptions,
  ManifestError,
  OutputDirectoryError,
  ReturnedLogError,
  SelectionError,
} from "./lib/lumberjack/error.ts";
export type {
  AbsoluteTime,
  AdExpr,
  AdValue,
  AttributeDefinition,
  AttributeExpr,
  CallExpr,
  ErrorValue,
  Expr,
  ListExpr,
  ListValue,
  LiteralExpr,
  OperationExpr,
  Operator,
  RelativeTime,
  Scope,
  Value,
} from "./lib/classad/mod.ts";
export * as classad from "./lib/classad/mod.ts";
export * as queueLog from "./lib/queue_log/mod.ts";
export { version } from "./lib/lumberjack/version.ts";
