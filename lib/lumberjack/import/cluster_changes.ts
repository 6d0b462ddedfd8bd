import type { ReturnedLog } from "../export_dir/returned_log.ts";
import { QueueAd, type RawAttribute } from "../../queue_log/mod.ts";
import type { StoredAd } from "../job/stored_ad.ts";
import type { FindJob } from "./away.ts";
import type { Refusal } from "./result.ts";
import type { MergePolicy } from "./result_attributes.ts";
import { isSameExpression, isSameUser } from "./same_value.ts";

/**
 * What a schedd copies from a proc ad into a cluster ad that does not have it,
 * when it loads them (`InitJobQueue` in condor_schedd.V6/qmgmt.cpp).
 */
const copiedFromJobs: ReadonlySet<string> = new Set([
  "owner",
  "user",
  "projectname",
]);

/**
 * Reports what was changed in the returned cluster ads. HTCondor keeps no result
 * in a cluster ad, and a change there would reach every job of the cluster.
 */
export function refuseClusterChanges(
  returned: ReturnedLog,
  find: FindJob,
  policy: MergePolicy,
  refused: Refusal[],
): void {
  const seen = new Set<number>();
  for (const { cluster, proc } of returned.table.procs()) {
    if (seen.has(cluster)) continue;
    const job = find({ cluster, proc });
    const local = job?.clusterAd;
    if (!local) continue;
    seen.add(cluster);
    const ad = returned.table.find(cluster, -1);
    for (const { name, value } of changedEntries(ad, local)) {
      const kind = policy.classify(name);
      if (kind === "ignored" || kind === "run-time") continue;
      // Since version 24 a schedd keeps a JobStatus in its cluster ads. It says
      // nothing about any job.
      if (name.toLowerCase() === "jobstatus") continue;
      if (isSameExpression(local.rawValue(name), value)) continue;
      if (
        copiedFromJobs.has(name.toLowerCase()) &&
        local.rawValue(name) === undefined &&
        isSame(name, job.ad.rawValue(name), value)
      ) continue;
      refused.push({
        id: String(cluster),
        attribute: name,
        reason: "changed in the cluster ad, where no result stands",
      });
    }
  }
}

/** Returns the attributes that differ from those at home. */
function changedEntries(
  returned: QueueAd | undefined,
  local: StoredAd,
): RawAttribute[] {
  if (returned === undefined) return [];
  return local instanceof QueueAd
    ? returned.entriesOtherThan(local)
    : returned.entries();
}

function isSame(
  name: string,
  here: Uint8Array | undefined,
  there: Uint8Array,
): boolean {
  return isSameExpression(here, there) ||
    name.toLowerCase() === "user" && isSameUser(here, there);
}
