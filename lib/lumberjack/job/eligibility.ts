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

/** The vanilla universe. Only its jobs can be taken over by another schedd. */
export const vanillaUniverse = 5;

/** The reason for a job that was selected, and then edited before it was locked. */
export const notSelectedAnyMore =
  "edited while the export began: it does not match any more";

/** The attributes that {@linkcode reasonToStay} reads. */
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

/** Returns the name of a job status, for messages. */
export function statusName(status: number | undefined): string {
  if (status === undefined) return "of unknown status";
  return statusNames[status] ?? `in JobStatus ${status}`;
}

/** Returns whether a job of this status never runs again. */
export function hasEnded(status: number | undefined): boolean {
  return status === JobStatus.completed || status === JobStatus.removed;
}

/** Returns whether a job of this status has a shadow. */
export function hasStarted(status: number | undefined): boolean {
  return status === JobStatus.running || status === JobStatus.suspended ||
    status === JobStatus.transferringOutput;
}

/**
 * Returns why a job that matches may not leave the queue, or undefined if it
 * may. If there are several reasons, it returns the reason that an
 * administrator would correct first.
 */
export function reasonToStay(
  id: JobId,
  job: Scope,
  { filesTravel = false }: Leaving = {},
): string | undefined {
  return managedReason(job) ?? factoryReason(job) ?? universeReason(job) ??
    statusReason(job) ?? filesReason(job, filesTravel) ??
    identityReason(id, job);
}

/** How jobs would leave. */
export interface Leaving {
  /** Whether the jobs' files leave with them; then spooled jobs may go too. */
  readonly filesTravel?: boolean;
}

function managedReason(job: Scope): string | undefined {
  const lock = lockOf(job);
  if (lock) {
    return lock.exportId
      ? `already exported as ${lock.exportId}`
      : "already exported (locked by Lumberjack)";
  }
  // The schedd compares the case of the value, too (jobExternallyManaged).
  if (stringOf(job, managed) !== managedExternal) return undefined;
  const other = stringOf(job, managedManager);
  return `externally managed${other ? ` by ${other}` : ""}`;
}

/**
 * Returns whether a late-materialization factory may still make jobs in this
 * cluster. `ad` is the cluster ad, or a proc ad chained to it.
 *
 * A factory has made its last job when its next row is negative; without items,
 * when its next proc id has reached the number of jobs that were submitted
 * (`MaterializeNextFactoryJob` in condor_schedd.V6/qmgmt_factory.cpp). The
 * schedd keeps the factory's attributes in the cluster ad after that.
 */
export function makesJobs(ad: Scope): boolean {
  return hasFactory(ad) && !hasMadeAllJobs(ad);
}

/** Returns whether a late-materialization factory made the cluster's jobs. */
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

/** The reason for jobs and clusters of a factory that still makes jobs. */
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
  // The schedd sets CurrentHosts before it sets the status to running.
  if ((integerOf(job, "CurrentHosts") ?? 0) > 0) return "about to run: matched";
  return undefined;
}

/** The rule of SpooledJobFiles::jobRequiresSpoolDirectory (spooled_job_files.cpp). */
function filesReason(
  job: Scope,
  filesTravel: boolean,
): string | undefined {
  const isSpooled = (integerOf(job, "StageInStart") ?? 0) > 0 ||
    job.lookup("SUBMIT_Iwd") !== undefined ||
    booleanOf(job, "JobRequiresSandbox") === true;
  if (isSpooled && !filesTravel) {
    return "spooled: its files are in the schedd's SPOOL";
  }
  if (isSpooled && (integerOf(job, "StageInFinish") ?? 0) <= 0) {
    return "spooled: its files have not all come yet";
  }
  const iwd = stringOf(job, "Iwd");
  if (iwd === undefined || !iwd.startsWith("/")) return "no absolute Iwd";
  return undefined;
}

/** A schedd that starts removes, without a word, a job that lacks one of these. */
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
  // The name becomes the name of a folder, and the job's owner may have set it.
  // deno-lint-ignore no-control-regex -- these must not be in it
  if (/^\.{1,2}$|[/\0-\x1f]/.test(owner)) return "Owner is not a user's name";
  return undefined;
}
