/**
 * The lock: what Lumberjack writes into the proc ads of jobs that are away.
 * `Managed` and `ManagedManager` are HTCondor's own words for "another program
 * is in charge of this job" and what EXPORT_JOBS sets (schedd.cpp, ExportJobs);
 * the schedd neither matches nor cleans up such a job. The others are ours.
 *
 * @module
 */
import type { Scope } from "../../classad/mod.ts";
import { stringOf } from "./attribute_values.ts";

/** HTCondor's attribute for who is in charge of a job. */
export const managed = "Managed";
/** The value of `Managed` for a job that is away. */
export const managedExternal = "External";
/** HTCondor's attribute for the name of the program in charge. */
export const managedManager = "ManagedManager";
/** The name that EXPORT_JOBS and we write there. */
export const manager = "Lumberjack";
/** The export that a job went with. */
export const exportIdAttribute = "LumberjackExportId";
/** The directory of that export, so that the queue alone is enough to recover it. */
export const exportDirAttribute = "LumberjackExportDir";
/**
 * The export that a job is locked for and whose log is not written yet. One job
 * of an export carries it, from the lock until the log is durable. So `recover`
 * can tell an export that was interrupted from one whose folder was restored
 * from a backup: the jobs of the latter may be away.
 */
export const plannedAttribute = "LumberjackExportPlanned";
/** The export that a job has come back from. */
export const lastExportIdAttribute = "LumberjackLastExportId";

/** The attributes that are taken off when a job comes home. */
export const lockAttributes: readonly string[] = [
  managed,
  managedManager,
  exportIdAttribute,
  exportDirAttribute,
];

/** What the lock of a job says. */
export interface Lock {
  /** Undefined: locked by the prototype or by the schedd's own EXPORT_JOBS. */
  readonly exportId: string | undefined;
  /** The directory of the export, when Lumberjack locked the job. */
  readonly exportDir: string | undefined;
}

/** The lock on a job, or undefined when Lumberjack holds none. */
export function lockOf(job: Scope): Lock | undefined {
  if (stringOf(job, managed) !== managedExternal) return undefined;
  if (stringOf(job, managedManager) !== manager) return undefined;
  return {
    exportId: stringOf(job, exportIdAttribute),
    exportDir: stringOf(job, exportDirAttribute),
  };
}

/** Whether a job says that the log of this export is not written yet. */
export function isMarkedPlanned(
  job: Scope,
  exportId: string | undefined,
): boolean {
  return exportId !== undefined &&
    stringOf(job, plannedAttribute) === exportId;
}
