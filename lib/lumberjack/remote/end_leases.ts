/**
 * Ends the leases of jobs whose daemons were killed.
 *
 * A schedd that finds a running job with a lease in its queue tries to reconnect
 * to the job's starter until the lease ends, 40 minutes by default
 * (`jobLeaseIsValid` in condor_schedd.V6/schedd.cpp). The starter was killed
 * together with the schedd, so the job would idle for all that time. Without a
 * lease the schedd makes the job idle when it starts.
 *
 * @module
 */
import { join } from "@std/path";
import { DurableFile, QueueLogWriter } from "../../queue_log/mod.ts";
import { queueLogName } from "../export_dir/manifest.ts";
import { openReturnedLog } from "../export_dir/returned_log.ts";
import { integerOf } from "../job/attribute_values.ts";
import { hasStarted } from "../job/eligibility.ts";
import { spoolOwner } from "./spool.ts";

/** By this attribute the schedd knows how long a lease still is. */
const renewal = "LastJobLeaseRenewal";

/**
 * Writes the queue log of a spool without the leases of running jobs, durably.
 * No schedd may run on the spool. Returns how many jobs had one. If none had,
 * the log is not touched.
 */
export function endLeases(spool: string): number {
  const log = openReturnedLog(spool);
  using table = log.table;
  const running = new Set<string>();
  for (const ad of table.procs()) {
    const started = hasStarted(integerOf(ad, "JobStatus") ?? 0);
    if (started && ad.has(renewal)) running.add(ad.key);
  }
  if (running.size === 0) return 0;
  const path = join(spool, queueLogName);
  using file = new DurableFile(path, { mode: 0o600, owner: spoolOwner() });
  const writer = new QueueLogWriter(file);
  const now = Math.floor(Date.now() / 1000);
  writer.historical(table.sequence, table.creationTimestamp ?? now);
  for (const ad of table.ads()) {
    const ends = running.has(ad.key);
    writer.copyAd(ad, {
      skip: (name) => ends && name.toLowerCase() === renewal.toLowerCase(),
    });
  }
  writer.flush();
  file.commit({ replace: true });
  return running.size;
}
