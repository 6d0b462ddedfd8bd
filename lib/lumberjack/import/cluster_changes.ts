import type { ReturnedLog } from "../export_dir/returned_log.ts";
import type { FindJob } from "./away.ts";
import type { Refusal } from "./result.ts";
import type { MergePolicy } from "./result_attributes.ts";
import { isSameExpression } from "./same_value.ts";

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
    const local = find({ cluster, proc })?.clusterAd;
    if (!local) continue;
    seen.add(cluster);
    const ad = returned.table.find(cluster, -1);
    for (const name of ad?.names() ?? []) {
      const kind = policy.classify(name);
      if (kind === "ignored" || kind === "run-time") continue;
      // Since version 24 a schedd keeps a JobStatus in its cluster ads. It says
      // nothing about any job.
      if (name.toLowerCase() === "jobstatus") continue;
      if (isSameExpression(local.rawValue(name), ad!.rawValue(name)!)) continue;
      refused.push({
        id: String(cluster),
        attribute: name,
        reason: "changed in the cluster ad, where no result stands",
      });
    }
  }
}
