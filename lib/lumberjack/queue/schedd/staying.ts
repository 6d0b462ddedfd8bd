/**
 * Decides, while jobs are being locked, which of them may not go after all. All
 * of it happens on the connection that locks the jobs: until that is closed, the
 * schedd changes nothing else.
 *
 * @module
 */
import type { WireAd } from "../../../cedar/mod.ts";
import type { QueueManagement } from "../../../condor/mod.ts";
import {
  JobStatus,
  notSelectedAnyMore,
  statusName,
} from "../../job/eligibility.ts";
import { formatJobId, type JobId } from "../../job/id.ts";
import type { Selection } from "../../job/selection.ts";
import type { SkippedJob } from "../../job/skipped_job.ts";
import type { LockRequest } from "../job_queue.ts";
import { batchConstraint, distinctClusters } from "./cluster_constraint.ts";
import { ScheddJobAd } from "./job_ad.ts";
import { askStates } from "./requests.ts";
import type { JobState, ScheddSource } from "./source.ts";

/** What decided which jobs were selected. */
export interface Deciding {
  /** Undefined if nothing was selected in this run. */
  readonly selection: Selection | undefined;
  /** The attributes of a job that its eligibility is read from. */
  readonly attributes: readonly string[];
}

/**
 * Returns those of the jobs that may not go after all, by id. The schedd is
 * asked for the ads of all jobs that may have changed since they were selected.
 */
export async function stayingJobs(
  queue: QueueManagement,
  source: ScheddSource,
  { jobs, reasonToStay }: Pick<LockRequest, "jobs" | "reasonToStay">,
  deciding: Deciding,
): Promise<Map<string, SkippedJob>> {
  const changed = await source.changed(queue, jobs);
  const staying = new Map<string, SkippedJob>();
  if (changed.length === 0) return staying;
  const ads = await selectedAds(queue, changed, deciding);
  const others = changed.filter((job) => !ads.has(formatJobId(job)));
  const states = await askStates(queue, others);
  let at = 0;
  for (const job of changed) {
    const id = formatJobId(job);
    const wire = ads.get(id);
    const reason = wire
      ? reasonToStay(job, new ScheddJobAd(wire))
      : reasonNotSelected(states[at++]);
    if (reason !== undefined) staying.set(id, { id, reason });
  }
  return staying;
}

/**
 * Returns the ads of the jobs that the selection still selects, and perhaps of
 * other jobs. GetJobAd is no way to ask: on a connection with write access it
 * expands `$$(NAME)` as for a match, and holds a job that has no match.
 */
async function selectedAds(
  queue: QueueManagement,
  jobs: readonly JobId[],
  { selection, attributes }: Deciding,
): Promise<Map<string, WireAd>> {
  const found = queue.getJobs(
    batchConstraint(distinctClusters(jobs), selection?.expression),
    attributes,
  );
  const ads = new Map<string, WireAd>();
  for await (const wire of found) {
    const cluster = wire.integer("ClusterId") ?? -1;
    const proc = wire.integer("ProcId") ?? -1;
    ads.set(formatJobId({ cluster, proc }), wire);
  }
  return ads;
}

/** Returns why a job that was selected is no longer selected. */
function reasonNotSelected({ status }: JobState): string {
  if (status === undefined) return "left the queue while the export began";
  return status === JobStatus.idle
    ? notSelectedAnyMore
    : `changed since the export began: ${statusName(status)}, not idle`;
}
