/**
 * The numbers of the commands that we send
 * (`condor_includes/condor_commands.h`).
 *
 * @module
 */

/** Queries the collector for ads of schedds. */
export const QUERY_SCHEDD_ADS = 6;
/** Asks the schedd to find matches soon. A schedd of 25.x ignores it. */
export const RESCHEDULE = 421;
/** Queries job ads with a projection. It needs READ permission. */
export const QUERY_JOB_ADS = 516;
/** Runs the schedd's own export. */
export const EXPORT_JOBS = 526;
/** Runs the schedd's own import. */
export const IMPORT_EXPORTED_JOB_RESULTS = 527;
/** Undoes the schedd's own export. */
export const UNEXPORT_JOBS = 528;
/** Queue management for reading. The schedd answers from a forked child. */
export const QMGMT_READ_CMD = 1111;
/** Queue management for writing. The schedd does nothing else meanwhile. */
export const QMGMT_WRITE_CMD = 1112;
/** Tells a daemon to read its configuration again. */
export const DC_RECONFIG_FULL = 60012;
/** Tells a daemon to stop after its jobs were told to stop. */
export const DC_OFF_GRACEFUL = 60005;
/** Tells a daemon to stop at once. */
export const DC_OFF_FAST = 60006;
/** Tells a daemon to stop after its jobs have ended. */
export const DC_OFF_PEACEFUL = 60015;
/** Does nothing. It needs READ permission. */
export const DC_NOP_READ = 60020;
/** Does nothing. It needs WRITE permission. */
export const DC_NOP_WRITE = 60021;
/** Does nothing. It needs ADMINISTRATOR permission. */
export const DC_NOP_ADMINISTRATOR = 60023;

/**
 * The permission that a command needs: `ALLOW_READ`, `ALLOW_WRITE` or
 * `ALLOW_ADMINISTRATOR`.
 */
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

/** Returns the permission that one of the commands above needs. */
export function accessLevel(command: number): AccessLevel {
  if (reading.has(command)) return "READ";
  return administrating.has(command) ? "ADMINISTRATOR" : "WRITE";
}
