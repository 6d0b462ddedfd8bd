/**
 * The lock: the attributes that Lumberjack writes into the proc ads of jobs that
 * are away. `Managed` and `ManagedManager` are HTCondor's own attributes for a job
 * that another program manages; EXPORT_JOBS sets them (schedd.cpp, ExportJobs).
 * The schedd neither matches nor cleans up such a job. The other attributes are
 * Lumberjack's.
 *
 * @module
 */
import type { Scope } from "../../classad/mod.ts";
import { commonStringOf, stringOf } from "./attribute_values.ts";

/** HTCondor's attribute that says whether the schedd manages the job. */
export const managed = "Managed";
/** The value of `Managed` for a job that is away. */
export const managedExternal = "External";
/** HTCondor's attribute for the name of the program that manages the job. */
export const managedManager = "ManagedManager";
/** The value of `ManagedManager` that EXPORT_JOBS and Lumberjack write. */
export const manager = "Lumberjack";
/** The id of the export that a job left with. */
export const exportIdAttribute = "LumberjackExportId";
/** The folder of that export. With it, the queue alone is enough to recover an export. */
export const exportDirAttribute = "LumberjackExportDir";
/**
 * The export that a job is locked for and whose log is not written yet. One job
 * of an export carries it, from the lock until the log is durable. So `recover`
 * can tell an export that was interrupted from one whose folder was restored
 * from a backup: the jobs of the latter may be away.
 */
export const plannedAttribute = "LumberjackExportPlanned";
/** The id of the export that a job came home from. */
export const lastExportIdAttribute = "LumberjackLastExportId";

/**
 * The site that a job was sent to last. It stays when the job comes home, so that
 * a user sees where the job was.
 */
export const siteAttribute = "LumberjackSite";

/** The attributes that are removed when a job comes home. */
export const lockAttributes: readonly string[] = [
  managed,
  managedManager,
  exportIdAttribute,
  exportDirAttribute,
];

/** The lock of a job. */
export interface Lock {
  /** The export's id; undefined if the prototype or EXPORT_JOBS locked the job. */
  readonly exportId: string | undefined;
  /** The export's folder, if the job names it. */
  readonly exportDir: string | undefined;
}

/** Returns the lock of a job, or undefined if the job is not locked. */
export function lockOf(job: Scope): Lock | undefined {
  if (commonStringOf(job, managed) !== managedExternal) return undefined;
  if (commonStringOf(job, managedManager) !== manager) return undefined;
  return {
    exportId: commonStringOf(job, exportIdAttribute),
    exportDir: commonStringOf(job, exportDirAttribute),
  };
}

/** Returns whether a job says that the log of this export is not written yet. */
export function isMarkedPlanned(
  job: Scope,
  exportId: string | undefined,
): boolean {
  return exportId !== undefined &&
    stringOf(job, plannedAttribute) === exportId;
}
