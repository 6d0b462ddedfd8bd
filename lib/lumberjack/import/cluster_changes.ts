import {
  QueueAd,
  type QueueTable,
  type RawAttribute,
} from "../../queue_log/mod.ts";
import type { LocalJob, StoredAd } from "../job/stored_ad.ts";
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
export class ClusterChanges {
  readonly #returned: QueueTable;
  readonly #policy: MergePolicy;
  readonly #refused: Refusal[];
  readonly #seen = new Set<number>();

  /** What is refused goes into `refused`. */
  constructor(returned: QueueTable, policy: MergePolicy, refused: Refusal[]) {
    this.#returned = returned;
    this.#policy = policy;
    this.#refused = refused;
  }

  /** Compares the cluster ad of a job, if it is the first of its cluster. */
  refuse({ cluster, ad, clusterAd }: LocalJob): void {
    if (this.#seen.has(cluster) || clusterAd === undefined) return;
    this.#seen.add(cluster);
    const returned = this.#returned.find(cluster, -1);
    for (const { name, value } of changedEntries(returned, clusterAd)) {
      if (!this.#isRefused(name, value, ad, clusterAd)) continue;
      this.#refused.push({
        id: String(cluster),
        attribute: name,
        reason: "changed in the cluster ad, where no result stands",
      });
    }
  }

  #isRefused(
    name: string,
    value: Uint8Array,
    job: StoredAd,
    local: StoredAd,
  ): boolean {
    const kind = this.#policy.classify(name);
    if (kind === "ignored" || kind === "run-time") return false;
    // Since version 24 a schedd keeps a JobStatus in its cluster ads. It says
    // nothing about any job.
    if (name.toLowerCase() === "jobstatus") return false;
    const here = local.rawValue(name);
    if (isSameExpression(here, value)) return false;
    return !copiedFromJobs.has(name.toLowerCase()) || here !== undefined ||
      !isSame(name, job.rawValue(name), value);
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
