import type { Expr, Scope } from "../../classad/mod.ts";
import type { JobId } from "./id.ts";
import type { SkippedJob } from "./skipped_job.ts";

/** An ad with its values as they are stored in a queue log. */
export interface StoredAd extends Scope {
  /** The type of the ad in the record that made it, such as `Job`. */
  readonly myType: string;
  /** The target type of the ad, `Machine` for jobs. HTCondor no longer uses it. */
  readonly targetType: string;
  /** Returns the ad's own attributes, without those of the cluster ad, in stored order. */
  entries(): Iterable<{ readonly name: string; readonly value: Uint8Array }>;
  /** Returns the text of an own attribute. */
  text(name: string): string | undefined;
  /** Returns the bytes of an own attribute. */
  rawValue(name: string): Uint8Array | undefined;
  /** Returns an attribute, from the cluster ad if the proc ad does not have it. */
  lookup(name: string): Expr | undefined;
}

/** A job of the queue. */
export interface QueuedJob extends JobId {
  /** Its proc ad, chained to the cluster ad. */
  readonly ad: Scope;
}

/** A cluster with those of its jobs that leave with an export. */
export interface ExportedCluster {
  /** The cluster's number. */
  readonly cluster: number;
  /** The cluster ad. */
  readonly ad: StoredAd;
  /** The jobs that leave. */
  readonly jobs: readonly (JobId & { readonly ad: StoredAd })[];
}

/** The ads of locked jobs. */
export interface ExportedAds {
  /** `NextClusterNum` of the header ad; undefined if the queue has none. */
  readonly nextClusterNum: number | undefined;
  /** In order of cluster and proc. */
  readonly clusters: AsyncIterable<ExportedCluster> | Iterable<ExportedCluster>;
  /** Jobs that were locked and are no longer, each with the reason. */
  readonly stayed: readonly SkippedJob[];
}

/** A job of the queue with all its attributes. */
export interface LocalJob extends JobId {
  /** Its proc ad, chained to the cluster ad. */
  readonly ad: StoredAd;
  /** Its cluster ad. */
  readonly clusterAd: StoredAd | undefined;
}
