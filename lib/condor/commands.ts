/**
 * The numbers of the commands that we send
 * (`condor_includes/condor_commands.h`).
 *
 * @module
 */

/** Ads of schedds, from the collector. */
export const QUERY_SCHEDD_ADS = 6;
/** Asks the schedd to find matches soon; that of 25 does nothing. */
export const RESCHEDULE = 421;
/** Job ads with a projection; authorized for READ. */
export const QUERY_JOB_ADS = 516;
/** The schedd's own export. */
export const EXPORT_JOBS = 526;
/** The schedd's own import. */
export const IMPORT_EXPORTED_JOB_RESULTS = 527;
/** The schedd's own way back from an export. */
export const UNEXPORT_JOBS = 528;
/** Queue management, reading: the schedd answers from a forked child. */
export const QMGMT_READ_CMD = 1111;
/** Queue management, writing: the schedd does nothing else meanwhile. */
export const QMGMT_WRITE_CMD = 1112;
/** Read the configuration again. */
export const DC_RECONFIG_FULL = 60012;
/** Stop once the jobs have been told to. */
export const DC_OFF_GRACEFUL = 60005;
/** Stop now. */
export const DC_OFF_FAST = 60006;
/** Stop when the jobs have ended of themselves. */
export const DC_OFF_PEACEFUL = 60015;
/** Nothing, for whoever may READ. */
export const DC_NOP_READ = 60020;
/** Nothing, for whoever may WRITE. */
export const DC_NOP_WRITE = 60021;
/** Nothing, for whoever may ADMINISTRATOR. */
export const DC_NOP_ADMINISTRATOR = 60023;

/** What one has to be allowed for a command: `ALLOW_READ`, `ALLOW_WRITE` … */
export type AccessLevel = "READ" | "WRITE" | "ADMINISTRATOR";

const reading: ReadonlySet<number> = new Set([
  QUERY_SCHEDD_ADS,
  QUERY_JOB_ADS,
  QMGMT_READ_CMD,
  DC_NOP_READ,
]);
const administrating: ReadonlySet<number> = new Set([
  DC_RECONFIG_FULL,
  DC_OFF_GRACEFUL,
  DC_OFF_FAST,
  DC_OFF_PEACEFUL,
  DC_NOP_ADMINISTRATOR,
]);

/** What one has to be allowed for one of the commands above. */
export function accessLevel(command: number): AccessLevel {
  if (reading.has(command)) return "READ";
  return administrating.has(command) ? "ADMINISTRATOR" : "WRITE";
}
