/**
 * Takes the leases off the jobs of a spool.
 *
 * A lease is good for a pool whose network comes and goes: shadow and starter may
 * lose each other, and the job goes on (40 minutes by default). In a run all
 * daemons begin and end together, and a lease does harm:
 *
 * - A schedd that finds a running job with a lease in its queue tries to
 *   reconnect to the job's starter until the lease ends (`jobLeaseIsValid` in
 *   condor_schedd.V6/schedd.cpp). That starter was killed together with the
 *   schedd.
 * - If a worker is lost, the shadows of its jobs wait in the same way, and a
 *   starter whose head is lost keeps its job running.
 * - A schedd that shuts down kills the shadows of jobs with a lease at once,
 *   because it means to come back to these jobs (`Scheduler::preempt`). The jobs'
 *   files would be lost.
 *
 * @module
 */
import { join } from "@std/path";
import { DurableFile, QueueLogWriter } from "../../queue_log/mod.ts";
import { queueLogName } from "../export_dir/manifest.ts";
import { openReturnedLog } from "../export_dir/returned_log.ts";
import { spoolOwner } from "./spool.ts";

/** How long a lease is, and by which attribute the schedd knows what is left of it. */
const lease = ["JobLeaseDuration", "LastJobLeaseRenewal"];

/**
 * Writes the queue log of a spool without leases, durably. No schedd may run on
 * the spool. If no job has a lease, the log is not touched.
 */
export function dropLeases(spool: string): void {
  const log = openReturnedLog(spool);
  using table = log.table;
  let has = false;
  for (const ad of table.ads()) has ||= lease.some((name) => ad.has(name));
  if (!has) return;
  const path = join(spool, queueLogName);
  using file = new DurableFile(path, { mode: 0o600, owner: spoolOwner() });
  const writer = new QueueLogWriter(file);
  const now = Math.floor(Date.now() / 1000);
  writer.historical(table.sequence, table.creationTimestamp ?? now);
  const names = new Set(lease.map((name) => name.toLowerCase()));
  const skip = (name: string) => names.has(name.toLowerCase());
  for (const ad of table.ads()) writer.copyAd(ad, { skip });
  writer.flush();
  file.commit({ replace: true });
}
