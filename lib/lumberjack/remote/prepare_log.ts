/**
 * Prepares the queue log of a spool for a run: takes the leases off its jobs, and
 * removes those that the home side has cancelled.
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
import { quote } from "../../classad/mod.ts";
import { DurableFile, QueueLogWriter } from "../../queue_log/mod.ts";
import type { CancelList } from "../export_dir/cancel_file.ts";
import { queueLogName } from "../export_dir/manifest.ts";
import { openReturnedLog } from "../export_dir/returned_log.ts";
import { integerOf } from "../job/attribute_values.ts";
import { cancelReason } from "../job/cancelled.ts";
import { hasEnded, JobStatus } from "../job/eligibility.ts";
import { spoolOwner } from "./spool.ts";

/** How long a lease is, and by which attribute the schedd knows what is left of it. */
const lease = ["JobLeaseDuration", "LastJobLeaseRenewal"];

/** The attributes of a job that is removed here. */
function removal(now: number, status: string | undefined): [string, string][] {
  return [
    ["JobStatus", String(JobStatus.removed)],
    ["LastJobStatus", status ?? String(JobStatus.idle)],
    ["EnteredCurrentStatus", String(now)],
    ["RemoveReason", quote(cancelReason)],
  ];
}

/**
 * Writes the queue log of a spool again, durably, if it has to change. No schedd
 * may run on the spool. Jobs that have ended stay as they are, cancelled or not.
 */
export function prepareLog(spool: string, cancelled: CancelList): void {
  const log = openReturnedLog(spool);
  using table = log.table;
  const gone = new Set<string>();
  let hasLease = false;
  for (const ad of table.ads()) {
    hasLease ||= lease.some((name) => ad.has(name));
    const goes = ad.kind === "proc" && cancelled.has(ad.key) &&
      !hasEnded(integerOf(ad, "JobStatus"));
    if (goes) gone.add(ad.key);
  }
  if (!hasLease && gone.size === 0) return;
  const path = join(spool, queueLogName);
  using file = new DurableFile(path, { mode: 0o600, owner: spoolOwner() });
  const writer = new QueueLogWriter(file);
  const now = Math.floor(Date.now() / 1000);
  writer.historical(table.sequence, table.creationTimestamp ?? now);
  const names = new Set(lease.map((name) => name.toLowerCase()));
  const skip = (name: string) => names.has(name.toLowerCase());
  for (const ad of table.ads()) {
    writer.copyAd(ad, { skip });
    if (!gone.has(ad.key)) continue;
    for (const [name, value] of removal(now, ad.text("JobStatus"))) {
      writer.set(ad.key, name, value);
    }
  }
  writer.flush();
  file.commit({ replace: true });
}
