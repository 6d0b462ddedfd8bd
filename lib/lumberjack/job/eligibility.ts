import type { Scope } from "../../classad/mod.ts";
import { booleanOf, integerOf, stringOf } from "./attribute_values.ts";
import type { JobId } from "./id.ts";
import { lockOf, managed, managedExternal, managedManager } from "./lock.ts";

/** `JobStatus` by its number (manual, "Job ClassAd Attributes"). */
export const JobStatus = {
  idle: 1,
  running: 2,
  removed: 3,
  completed: 4,
  held: 5,
  transferringOutput: 6,
  suspended: 7,
} as const;

const statusNames: Readonly<Record<number, string>> = {
  1: "idle",
  2: "running",
  3: "removed",
  4: "completed",
  5: "held",
  6: "transferring output",
  7: "suspended",
};

const universeNames: Readonly<Record<number, string>> = {
  1: "standard",
  5: "vanilla",
  7: "scheduler",
  8: "MPI",
  9: "grid",
  10: "java",
  11: "parallel",
  12: "local",
  13: "VM",
};

/** The vanilla universe: the only one whose jobs another schedd can take over. */
export const vanillaUniverse = 5;

/** Why a job stays that was selected, and whose ad was changed before its lock. */
export const notSelectedAnyMore =
  "edited while the export began: it does not match any more";

/** The attributes that {@linkcode reasonToStay} looks at. */
export const eligibilityAttributes: readonly string[] = [
  "ClusterId",
  "ProcId",
  "JobStatus",
  "JobUniverse",
  "CurrentHosts",
  "Owner",
  "User",
  "Iwd",
  "GlobalJobId",
  "JobMaterializeDigestFile",
  "JobMaterializeLimit",
  "JobMaterializeNextProcId",
  "JobMaterializeNextRow",
  "TotalSubmitProcs",
  "StageInStart",
  "StageInFinish",
  "SUBMIT_Iwd",
  "JobRequiresSandbox",
  managed,
  managedManager,
  "LumberjackExportId",
  "LumberjackExportDir",
];

/** The name of a job status, for messages. */
export function statusName(status: number | undefined): string {
  if (status === undefined) return "of unknown status";
  return statusNames[status] ?? `in JobStatus ${status}`;
}

/** Whether a job of this status never runs again, whatever is done with it. */
export function hasEnded(status: number | undefined): boolean {
  return status === JobStatus.completed || status === JobStatus.removed;
}

/** Whether a job of this status has a shadow. */
export function hasStarted(status: number | undefined): boolean {
  return status === JobStatus.running || status === JobStatus.suspended ||
    status === JobStatus.transferringOutput;
}

/**
 * Why a job that matches may not leave the queue, in a few words; undefined
 * when it may. The order is that of what the administrator would mend first.
 */
export function reasonToStay(id: JobId, job: Scope): string | undefined {
  return managedReason(job) ?? factoryReason(job) ?? universeReason(job) ??
    statusReason(job) ?? filesReason(job) ?? identityReason(id, job);
}

function managedReason(job: Scope): string | undefined {
  const lock = lockOf(job);
  if (lock) {
    return lock.exportId
      ? `already exported as ${lock.exportId}`
      : "already exported (locked by Lumberjack)";
  }
  // The schedd knows the value in this spelling only (jobExternallyManaged).
  if (stringOf(job, managed) !== managedExternal) return undefined;
  const other = stringOf(job, managedManager);
  return `externally managed${other ? ` by ${other}` : ""}`;
}

/**
 * Whether a late-materialization factory may still make jobs in this cluster.
 * `ad` is the cluster ad, or a proc ad chained to it.
 *
 * A factory has made its last job when its next row is negative; without items,
 * when its next proc id has reached the number of jobs that were submitted
 * (`MaterializeNextFactoryJob` in condor_schedd.V6/qmgmt_factory.cpp). The
 * schedd keeps the factory's attributes in the cluster ad after that.
 */
export function makesJobs(ad: Scope): boolean {
  return hasFactory(ad) && !hasMadeAllJobs(ad);
}

/** Whether the cluster's jobs were made by a late-materialization factory. */
export function hasFactory(ad: Scope): boolean {
  return ad.lookup("JobMaterializeDigestFile") !== undefined ||
    ad.lookup("JobMaterializeLimit") !== undefined;
}

function hasMadeAllJobs(ad: Scope): boolean {
  const nextRow = integerOf(ad, "JobMaterializeNextRow");
  if (nextRow !== undefined) return nextRow < 0;
  const made = integerOf(ad, "JobMaterializeNextProcId") ?? 0;
  const submitted = integerOf(ad, "TotalSubmitProcs") ?? 0;
  return submitted > 0 && made >= submitted;
}

/** What is said of jobs and clusters of a factory that still makes jobs. */
export const factoryReasonText =
  "late-materialization factory: its jobs are still being made here";

function factoryReason(job: Scope): string | undefined {
  return makesJobs(job) ? factoryReasonText : undefined;
}

function universeReason(job: Scope): string | undefined {
  const universe = integerOf(job, "JobUniverse");
  if (universe === vanillaUniverse) return undefined;
  const name = universe === undefined
    ? "of unknown universe"
    : `${universeNames[universe] ?? `number ${universe}`} universe`;
  return `${name}: only vanilla jobs can run under another schedd`;
}

function statusReason(job: Scope): string | undefined {
  const status = integerOf(job, "JobStatus");
  if (status !== JobStatus.idle) return `${statusName(status)}, not idle`;
  // The schedd counts hosts before it says that the job runs.
  if ((integerOf(job, "CurrentHosts") ?? 0) > 0) return "about to run: matched";
  return undefined;
}

/** As SpooledJobFiles::jobRequiresSpoolDirectory asks (spooled_job_files.cpp). */
function filesReason(job: Scope): string | undefined {
  if (
    (integerOf(job, "StageInStart") ?? 0) > 0 ||
    job.lookup("SUBMIT_Iwd") !== undefined ||
    booleanOf(job, "JobRequiresSandbox") === true
  ) {
    return "spooled: its files are in the schedd's SPOOL";
  }
  const iwd = stringOf(job, "Iwd");
  if (iwd === undefined || !iwd.startsWith("/")) return "no absolute Iwd";
  return undefined;
}

/** What a schedd wants of a job when it starts: else it removes it unheard. */
function identityReason(id: JobId, job: Scope): string | undefined {
  const cluster = integerOf(job, "ClusterId");
  const proc = integerOf(job, "ProcId");
  if (cluster !== id.cluster || proc !== id.proc) {
    return `ClusterId and ProcId are ${cluster ?? "missing"} and ${
      proc ?? "missing"
    }: no schedd would keep it`;
  }
  const owner = stringOf(job, "Owner");
  if (owner === undefined || owner === "") return "no Owner";
  // The name becomes a folder, and whoever may set attributes may set it.
  // deno-lint-ignore no-control-regex -- these are what must not be there
  if (/^\.{1,2}$|[/\0-\x1f]/.test(owner)) return "Owner is not a user's name";
  return undefined;
}
