import { integerOf } from "../job/attribute_values.ts";
import type { JobChange } from "../job/change.ts";
import { hasStarted, JobStatus, statusName } from "../job/eligibility.ts";
import { endBy } from "../job/held.ts";
import { formatJobId } from "../job/id.ts";
import { lockOf } from "../job/lock.ts";
import type { StoredAd } from "../job/stored_ad.ts";
import type { ReturnedLog } from "../export_dir/returned_log.ts";
import type { FindJob } from "./away.ts";
import { mergeJob } from "./merge.ts";
import type { Tally } from "./result.ts";
import type { MergePolicy } from "./result_attributes.ts";
import { isUnknownStatus, statusHome } from "./status_home.ts";

/**
 * Decides what changes in each returned job, when the queue asks for the next
 * change, and counts it. The first job that names the export's folder comes
 * last: if the import breaks off, the jobs that are still locked say where they
 * belong.
 */
export function* decide(
  returned: ReturnedLog,
  find: FindJob,
  policy: MergePolicy,
  tally: Tally,
): Iterable<JobChange> {
  const now = Math.floor(Date.now() / 1000);
  let last: JobChange | undefined;
  for (const ad of returned.table.procs()) {
    const local = find(ad);
    if (!local) {
      // A job that completed leaves the queue for the history.
      tally.home++;
      tally.gone++;
      continue;
    }
    const decision = mergeJob(local, { ad }, policy, now);
    if (decision.kind === "home") {
      tally.home++;
      if (decision.change) yield decision.change;
      continue;
    }
    const id = formatJobId(ad);
    tally.refused.push(...decision.refused.map((r) => ({ id, ...r })));
    if (decision.kind === "refuse") continue;
    if (decision.kind === "release") {
      tally.released++;
      if (endBy(decision.change) !== undefined) tally.heldEnded++;
    } else {
      countMerged(ad, tally);
    }
    if (last === undefined && lockOf(local.ad)?.exportDir !== undefined) {
      last = decision.change;
    } else {
      yield decision.change;
    }
  }
  if (last) yield last;
}

function countMerged(returned: StoredAd, tally: Tally): void {
  tally.merged++;
  const home = statusHome(returned);
  const name = statusName(home);
  tally.statuses[name] = (tally.statuses[name] ?? 0) + 1;
  const was = integerOf(returned, "JobStatus");
  if (home === JobStatus.idle && hasStarted(was)) tally.underWay++;
  if (isUnknownStatus(was)) tally.unknown++;
}
