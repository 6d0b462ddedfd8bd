import type { QueueTable } from "../../queue_log/mod.ts";
import { integerOf } from "../job/attribute_values.ts";
import { isCancelled } from "../job/cancelled.ts";
import type { JobChange } from "../job/change.ts";
import {
  hasEnded,
  hasStarted,
  JobStatus,
  statusName,
} from "../job/eligibility.ts";
import { endBy } from "../job/held.ts";
import { formatJobId } from "../job/id.ts";
import { lockOf } from "../job/lock.ts";
import type { LocalJob, StoredAd } from "../job/stored_ad.ts";
import type { FindJob } from "./away.ts";
import { ClusterChanges } from "./cluster_changes.ts";
import type { MergeDecision } from "./decision.ts";
import { isMergedAndLocked, isRemoved } from "./homecoming.ts";
import { mergeJob } from "./merge.ts";
import type { Tally } from "./result.ts";
import type { MergePolicy } from "./result_attributes.ts";
import { isUnknownStatus, statusHome } from "./status_home.ts";

/** A returned job that changes something at home. */
export interface DecidedJob {
  /** The job at home. */
  readonly local: LocalJob;
  /** Its ad as it came back. */
  readonly returned: StoredAd;
  /**
   * `merge` and `release`: see {@linkcode MergeDecision}. `rest`: an earlier
   * import has merged the job, and did not get to the end.
   */
  readonly kind: "merge" | "release" | "rest";
  /** What changes. It includes the unlocking. */
  readonly change: JobChange;
  /** Whether results of the remote run go into the job. */
  readonly hasResults: boolean;
}

/** How returned jobs are decided. */
export interface DecideOptions {
  /** What counts as a result. */
  readonly policy: MergePolicy;
  /** Jobs that have not ended stay away: the remote side still works on them. */
  readonly partial: boolean;
  /** The ads that came back. */
  readonly table: QueueTable;
}

/** Decides what changes in each returned job, and counts it. */
export class Decider {
  readonly #options: DecideOptions;
  readonly #tally: Tally;
  readonly #clusters: ClusterChanges;
  readonly #now = Math.floor(Date.now() / 1000);

  /** Counts go into `tally`. */
  constructor(options: DecideOptions, tally: Tally) {
    this.#options = options;
    this.#tally = tally;
    const { table, policy } = options;
    this.#clusters = new ClusterChanges(table, policy, tally.refused);
  }

  /**
   * Decides about one returned job. Returns undefined if nothing changes, and
   * counts that job. A caller that gets a decision has to call `count` or
   * `refuse`.
   */
  decide(returned: StoredAd & { cluster: number; proc: number }, find: FindJob):
    | DecidedJob
    | undefined {
    const tally = this.#tally;
    const local = find(returned);
    if (!local) {
      // A job that completed leaves the queue for the history.
      tally.home++;
      tally.gone++;
      return undefined;
    }
    this.#clusters.refuse(local);
    const { policy, partial } = this.#options;
    if (partial && isAway(local) && !isOver(returned)) {
      tally.stillAway++;
      return undefined;
    }
    const decision = mergeJob(local, { ad: returned }, policy, this.#now);
    if (decision.kind === "home") {
      tally.home++;
      const { change } = decision;
      if (!change) return undefined;
      return { local, returned, kind: "rest", change, hasResults: false };
    }
    this.#refused(local, decision);
    if (decision.kind === "refuse") return undefined;
    const { kind, change } = decision;
    return { local, returned, kind, change, hasResults: !isRemoved(local.ad) };
  }

  /** Counts a job that comes home. */
  count({ kind, change, returned }: DecidedJob): void {
    const tally = this.#tally;
    if (kind === "release") {
      tally.released++;
      if (endBy(change) !== undefined) tally.heldEnded++;
    } else if (kind === "merge") {
      countMerged(returned, tally);
    }
  }

  /** Reports a job that has to stay away after all. */
  refuse({ local }: DecidedJob, reason: string): void {
    const id = formatJobId(local);
    this.#tally.refused.push({ id, attribute: null, reason });
  }

  #refused(
    local: LocalJob,
    { refused }: Extract<MergeDecision, { readonly refused: unknown }>,
  ): void {
    const id = formatJobId(local);
    this.#tally.refused.push(...refused.map((r) => ({ id, ...r })));
  }
}

/** Whether the remote side has finished with a job. */
function isOver(returned: StoredAd): boolean {
  return hasEnded(statusHome(returned)) || isCancelled(returned);
}

function isAway(local: LocalJob): boolean {
  return lockOf(local.ad) !== undefined && !isMergedAndLocked(local);
}

function countMerged(returned: StoredAd, tally: Tally): void {
  tally.merged++;
  const home = statusHome(returned);
  const name = isCancelled(returned) ? "cancelled" : statusName(home);
  tally.statuses[name] = (tally.statuses[name] ?? 0) + 1;
  const was = integerOf(returned, "JobStatus");
  if (home === JobStatus.idle && hasStarted(was)) tally.underWay++;
  if (isUnknownStatus(was)) tally.unknown++;
}

/**
 * Returns the changes of all returned jobs, decided when the queue asks for the
 * next one. The first job that names the export's folder comes last: if the
 * import breaks off, the jobs that are still locked say where they belong.
 */
export function* decideAll(
  returned: Iterable<StoredAd & { cluster: number; proc: number }>,
  find: FindJob,
  decider: Decider,
): Iterable<JobChange> {
  let last: JobChange | undefined;
  for (const ad of returned) {
    const decided = decider.decide(ad, find);
    if (decided === undefined) continue;
    decider.count(decided);
    if (last === undefined && namesFolder(decided)) last = decided.change;
    else yield decided.change;
  }
  if (last) yield last;
}

/** Whether the job's lock says where the export's folder is. */
export function namesFolder({ local, kind }: DecidedJob): boolean {
  return kind !== "rest" && lockOf(local.ad)?.exportDir !== undefined;
}
