/**
 * Whether and when HTCondor transfers a job's files, and which folders the
 * job's names are relative to.
 *
 * @module
 */
import type { Scope } from "../../classad/mod.ts";
import { integerOf, stringOf } from "../job/attribute_values.ts";
import { jobSpoolDirectory } from "../job/spool_path.ts";

/** ShouldTransferFiles: `IF_NEEDED` is the default. */
export type ShouldTransfer = "YES" | "NO" | "IF_NEEDED";

/** WhenToTransferOutput: `ON_EXIT` is the default. */
export type WhenToTransfer = "ON_EXIT" | "ON_EXIT_OR_EVICT" | "ON_SUCCESS";

/** What is known about the schedd that has the job. */
export interface FilesContext {
  /** The schedd's SPOOL, an absolute path. Without it, a spooled job is known by SUBMIT_Iwd alone. */
  readonly spool?: string;
  /** The release of HTCondor, because releases differ; the newest if missing. */
  readonly release?: "23.9" | "25";
}

/**
 * ShouldTransferFiles as HTCondor reads it, without regard to case. A value
 * that it does not know is taken for the default.
 */
export function shouldTransfer(ad: Scope): ShouldTransfer {
  switch (stringOf(ad, "ShouldTransferFiles")?.toUpperCase()) {
    case "YES":
    case "TRUE":
    case "ALWAYS":
      return "YES";
    case "NO":
    case "FALSE":
    case "NEVER":
      return "NO";
    default:
      return "IF_NEEDED";
  }
}

/** WhenToTransferOutput as HTCondor reads it, with the same rules. */
export function whenToTransfer(ad: Scope): WhenToTransfer {
  switch (stringOf(ad, "WhenToTransferOutput")?.toUpperCase()) {
    case "ON_EXIT_OR_EVICT":
    case "ALWAYS":
      return "ON_EXIT_OR_EVICT";
    case "ON_SUCCESS":
    case "ONSUCCESS":
      return "ON_SUCCESS";
    default:
      return "ON_EXIT";
  }
}

/** Returns the folder in SPOOL for this job's files; undefined without a spool or a job id. */
export function spoolFolder(
  ad: Scope,
  { spool }: FilesContext,
): string | undefined {
  const cluster = integerOf(ad, "ClusterId");
  const proc = integerOf(ad, "ProcId");
  if (spool === undefined || cluster === undefined || proc === undefined) {
    return undefined;
  }
  return jobSpoolDirectory(spool, { cluster, proc });
}

/**
 * Whether the job's Iwd is in the schedd's SPOOL, as after `condor_submit
 * -spool` or at a site that runs an exported queue. Its outputs then stay under
 * the names that they have in the sandbox (file_transfer.cpp, "spooling_output").
 */
export function isSpooled(ad: Scope, { spool }: FilesContext): boolean {
  if (stringOf(ad, "SUBMIT_Iwd") !== undefined) return true;
  const iwd = stringOf(ad, "Iwd");
  // HTCondor compares the beginning of the text only.
  return iwd !== undefined && spool !== undefined && iwd.startsWith(spool);
}

/**
 * A spooled job's ad as it was submitted: each `SUBMIT_Name`, where the schedd
 * kept what it replaced, stands for `Name`. condor_transfer_data reads the ad
 * like this to bring the outputs to their places at home (dc_schedd.cpp,
 * `receiveJobSandbox`).
 */
export function asSubmitted(ad: Scope): Scope {
  return {
    lookup: (name) =>
      /^SUBMIT_/i.test(name)
        ? undefined
        : ad.lookup(`SUBMIT_${name}`) ?? ad.lookup(name),
  };
}
