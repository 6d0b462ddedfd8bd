/**
 * Runs Lumberjack on the queue log of a stopped schedd.
 *
 * @module
 */
import type { Pool } from "./pool.ts";

/** What `lumberjack export --json` prints. */
export interface ExportReport {
  readonly exports: {
    readonly exportId: string;
    readonly out: string;
    readonly owner: string;
    readonly clusters: number[];
    readonly jobs: number;
    readonly sha256: string;
  }[];
  readonly skipped: { readonly id: string; readonly reason: string }[];
}

/** What `lumberjack import --json` prints. */
export interface ImportReport {
  readonly exportId: string;
  readonly jobs: number;
  readonly merged: number;
  readonly released: number;
  readonly heldEnded: number;
  readonly missing: string[];
  readonly refused: { id: string; attribute: string; reason: string }[];
}

/**
 * Runs `lumberjack ARGS --queue … --queue-out …` on the spool of a stopped
 * schedd, and replaces the old queue with the updated one.
 */
export async function changeOffline<Report>(
  pool: Pool,
  args: readonly string[],
  status: number,
): Promise<Report> {
  const queue = `${pool.spool}/job_queue.log`;
  const updated = "/var/tmp/updated.log";
  await pool.sh(`rm -f ${updated}`);
  const report = await pool.lumberjackJson<Report>(
    [...args, "--queue", queue, "--queue-out", updated],
    { status },
  );
  await pool.sh(`install -o condor -g condor -m 600 ${updated} ${queue}`);
  return report;
}
