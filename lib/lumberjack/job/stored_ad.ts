import type { Expr, Scope } from "../../classad/mod.ts";
import type { JobId } from "./id.ts";
import type { SkippedJob } from "./skipped_job.ts";

/** An ad with its values as they stand in a queue log. */
export interface StoredAd extends Scope {
  /** `Job` and the like, of the record that made the ad. */
  readonly myType: string;
  /** `Machine` for jobs; HTCondor has given it up. */
  readonly targetType: string;
  /** Own attributes, without those of the cluster ad, in the order stored. */
  entries(): Iterable<{ readonly name: string; readonly value: Uint8Array }>;
  /** The text of an own attribute. */
  text(name: string): string | undefined;
  /** The bytes of an own attribute. */
  rawValue(name: string): Uint8Array | undefined;
  /** An attribute, looked up in the cluster ad when the proc ad has none. */
  lookup(name: string): Expr | undefined;
}

/** A job as the queue has it. */
export interface QueuedJob extends JobId {
  /** Its proc ad, chained to the cluster ad. */
  readonly ad: Scope;
}

/** A cluster with those of its jobs that go with an export. */
export interface ExportedCluster {
  /** The cluster's number. */
  readonly cluster: number;
  /** The cluster ad. */
  readonly ad: StoredAd;
  /** Those of its jobs that go. */
  readonly jobs: readonly (JobId & { readonly ad: StoredAd })[];
}

/** What is read back after locking. */
export interface ExportedAds {
  /** NextClusterNum of the header ad; undefined when the queue has none. */
  readonly nextClusterNum: number | undefined;
  /** In order of cluster and proc. */
  readonly clusters: AsyncIterable<ExportedCluster> | Iterable<ExportedCluster>;
  /** Jobs that were locked and are not any more: what became of them since. */
  readonly stayed: readonly SkippedJob[];
}

/** A job of the local queue that an import asks for. */
export interface LocalJob extends JobId {
  /** Its proc ad, chained. */
  readonly ad: StoredAd;
  /** Its cluster ad. */
  readonly clusterAd: StoredAd | undefined;
}
