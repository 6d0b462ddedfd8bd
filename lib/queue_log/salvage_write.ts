/**
 * The second half of a salvage. It decides about each job and writes the new
 * log.
 *
 * @module
 */
import type { QueueAd } from "./ad.ts";
import { formatKey } from "./key.ts";
import { numberIn } from "./job_check.ts";
import { Doubt, isEnd } from "./salvage_state.ts";
import type { SalvageLogs, Scanned } from "./salvage_logs.ts";
import type { QueueLogSink } from "./sink.ts";
import { QueueLogWriter } from "./writer.ts";

/**
 * A job (or an ad of a log without jobs) that is not in the new log exactly as
 * in the damaged one.
 */
export interface SalvageChange {
  /** The job's id, `CLUSTER.PROC`, or the key of the ad. */
  readonly id: string;
  /**
   * `held`: the job is in the new log and held. `completed`: missing values of
   * the job were guessed or come from another log. `left-out`: the job is not
   * in the new log. `doubtful`, in logs without jobs: the ad is in the new log,
   * and records of it may be lost.
   */
  readonly change: "held" | "completed" | "left-out" | "doubtful";
  /** The reason, and which values were guessed. */
  readonly reason: string;
}

/** The result of writing. */
export interface Written {
  readonly kept: number;
  readonly held: number;
  readonly leftOut: number;
  readonly changes: readonly SalvageChange[];
  readonly records: number;
  readonly bytes: number;
  readonly sequence: number;
  readonly nextCluster: number;
}

/** Attributes that a job has only while it runs or is held. */
const replaced = new Set(
  [
    "JobStatus",
    "LastJobStatus",
    "EnteredCurrentStatus",
    "HoldReason",
    "HoldReasonCode",
    "HoldReasonSubCode",
    "RemoteHost",
    "ShadowBday",
    "ClaimId",
    "ClaimIds",
    "PublicClaimId",
    "PublicClaimIds",
  ].map((name) => name.toLowerCase()),
);
// An expression does not release a job that was held by a user
// (`UserPolicy::AnalyzePolicy` in condor_utils/user_job_policy.cpp).
const HELD_BY_USER = "1";
// `mmHold` in condor_schedd.V6/qmgmt.h
const PAUSED = "1";
const pausing = new Set([
  "jobmaterializepaused",
  "jobmaterializepausereason",
]);

/** Writes the new log from the main log and the older logs. */
export class SalvageWriter {
  readonly #logs: SalvageLogs;
  readonly #writer: QueueLogWriter;
  readonly #now: number;
  readonly #changes: SalvageChange[] = [];
  readonly #clusters = new Set<number>();
  #kept = 0;
  #held = 0;
  #records = 0;
  #highest = 0;

  /** `now` is the current time in seconds since 1970. */
  constructor(
    logs: SalvageLogs,
    sink: QueueLogSink,
    now: number,
  ) {
    this.#logs = logs;
    this.#writer = new QueueLogWriter(sink);
    this.#now = now;
  }

  /** Writes everything. */
  run(): Written {
    const { all } = this.#logs;
    const writer = this.#writer;
    const sequence = Math.max(...all.map(({ scan }) => scan.sequence), 0) + 1;
    const created = all.map(({ scan }) => scan.creationTimestamp)
      .find((time) => time > 0) ?? this.#now;
    this.#highest = Math.max(...all.map(({ scan }) => scan.highestCluster));
    writer.historical(sequence, created);
    const nextCluster = this.#header();
    for (const ad of this.#logs.main.table.ads()) this.#write(ad);
    if (this.#logs.main.scan.lostAds) this.#writeOlder();
    writer.flush();
    return {
      kept: this.#kept,
      held: this.#held,
      leftOut: this.#changes.filter((c) => c.change === "left-out").length,
      changes: this.#changes,
      records: this.#records + 1,
      bytes: writer.bytesWritten,
      sequence,
      nextCluster,
    };
  }

  #header(): number {
    const headers = this.#logs.all
      .map(({ table }) => table.find(0, 0));
    let next = this.#highest + 1;
    for (const header of headers) {
      const stored = header && numberIn(header, "NextClusterNum");
      if (stored !== undefined && stored > next) next = stored;
    }
    const header = headers.find((ad) => ad !== undefined);
    if (header === undefined) this.#writer.newAd("0.0", "Job");
    else {
      this.#records += this.#writer.copyAd(header, {
        skip: (name) => name.toLowerCase() === "nextclusternum",
      }) - 1;
    }
    this.#writer.set("0.0", "NextClusterNum", String(next));
    this.#records += 2;
    return next;
  }

  #write(ad: QueueAd): void {
    switch (ad.kind) {
      case "header":
        return;
      case "proc":
        return this.#writeJob(ad, this.#logs.main, this.#logs.whyHeld(ad));
      case "cluster":
        this.#writeCluster(ad.cluster);
        return;
      case "user":
        // If the record of a user is missing, the schedd makes a new one.
        if (ad.has("User") || ad.has("Name")) this.#copy(ad);
        return;
      default:
        this.#copy(ad);
    }
  }

  #copy(ad: QueueAd): void {
    this.#records += this.#writer.copyAd(ad);
  }

  /**
   * Writes the cluster ad if it is not written yet. Returns false if no log has
   * it.
   */
  #writeCluster(cluster: number): boolean {
    if (this.#clusters.has(cluster)) return true;
    const [ad, ...fill] = this.#logs.clusterAds(cluster);
    if (ad === undefined) return false;
    this.#clusters.add(cluster);
    this.#copyCluster(ad, fill);
    return true;
  }

  #copyCluster(ad: QueueAd, fill: readonly QueueAd[]): void {
    const key = formatKey(ad.cluster, -1);
    const paused = this.#logs.mustPause(ad) &&
      (numberIn(ad, "JobMaterializePaused") ?? 0) === 0;
    this.#records += this.#writer.copyAd(ad, {
      skip: (name) => paused && pausing.has(name.toLowerCase()),
    });
    const names = this.#addMissing(key, ad, fill, paused ? pausing : undefined);
    if (!ad.has("ClusterId") && !names.has("clusterid")) {
      this.#set(key, "ClusterId", String(ad.cluster));
    }
    // Otherwise the schedd could make a job again that had ended.
    if (paused) {
      this.#set(key, "JobMaterializePaused", PAUSED);
      this.#set(
        key,
        "JobMaterializePauseReason",
        '"Salvaged from a damaged job queue log: some jobs may be made twice"',
      );
      this.#changes.push({
        id: String(ad.cluster),
        change: "held",
        reason: "the factory is paused: it could make jobs again",
      });
    }
  }

  /** Adds attributes that `ad` lacks. Returns their names in lower case. */
  #addMissing(
    key: string,
    ad: QueueAd,
    fill: readonly QueueAd[],
    skip?: ReadonlySet<string>,
  ): Set<string> {
    const added = new Set<string>();
    for (const older of fill) {
      older.visit((name, bytes, start, end) => {
        const lower = name.toLowerCase();
        if (ad.has(name) || added.has(lower) || skip?.has(lower)) return;
        added.add(lower);
        this.#set(key, name, bytes.slice(start, end));
      });
    }
    return added;
  }

  #set(key: string, name: string, value: string | Uint8Array): void {
    this.#writer.set(key, name, value);
    this.#records++;
  }

  #writeJob(ad: QueueAd, from: Scanned, why: string | undefined): void {
    const { scan } = from;
    const number = scan.ads.find(ad.cluster, ad.proc);
    const doubts = scan.states.doubts(number);
    const fill = from === this.#logs.main
      ? this.#logs.fill(ad.cluster, ad.proc, ad)
      : [];
    if (
      (doubts & Doubt.guessed) && !(doubts & Doubt.numbered) &&
      fill.length === 0
    ) {
      return this.#leaveOut(
        ad.key,
        "records name this job, but neither the record that made it nor its ProcId is there",
      );
    }
    const problem = this.#logs.whyUnusable(ad, fill);
    if (problem !== undefined) return this.#leaveOut(ad.key, problem);
    if (!this.#writeCluster(ad.cluster)) this.#makeCluster(ad);
    const status = scan.states.status(number);
    const hold = why !== undefined && !isEnd(status) && status !== 5;
    const guesses = this.#copyJob(ad, fill, hold ? why : undefined, status);
    if (hold) this.#held++;
    else this.#kept++;
    // Many jobs have the same reason, and share its text.
    const reason = why === undefined
      ? guesses
      : guesses === ""
      ? why
      : `${why}; ${guesses}`;
    if (hold) this.#changes.push({ id: ad.key, change: "held", reason });
    else if (guesses !== "") {
      this.#changes.push({ id: ad.key, change: "completed", reason });
    }
  }

  #leaveOut(id: string, reason: string): void {
    this.#changes.push({ id, change: "left-out", reason });
  }

  /**
   * Makes a cluster ad that no log has. The job itself has everything that is
   * needed.
   */
  #makeCluster(job: QueueAd): void {
    const key = formatKey(job.cluster, -1);
    this.#clusters.add(job.cluster);
    this.#writer.newAd(key, "Job");
    this.#records++;
    this.#set(key, "ClusterId", String(job.cluster));
    for (const name of ["Owner", "User", "JobUniverse"]) {
      const value = job.text(name);
      if (value !== undefined) this.#set(key, name, value);
    }
  }

  /** Writes a job. Returns which values were guessed, as text. */
  #copyJob(
    ad: QueueAd,
    fill: readonly QueueAd[],
    why: string | undefined,
    status: number,
  ): string {
    const { key } = ad;
    const skip = why === undefined ? undefined : replaced;
    this.#records += this.#writer.copyAd(ad, {
      skip: (name) => skip?.has(name.toLowerCase()) ?? false,
    });
    const added = this.#addMissing(key, ad, fill, replaced);
    const guesses: string[] = [];
    if (added.size > 0) guesses.push(`from an older log: ${[...added]}`);
    if (!ad.has("ProcId") && !added.has("procid")) {
      this.#set(key, "ProcId", String(ad.proc));
      guesses.push("ProcId is taken from the key");
    }
    if (why !== undefined) this.#hold(key, why, status);
    return guesses.join("; ");
  }

  #hold(key: string, why: string, status: number): void {
    this.#set(key, "JobStatus", "5");
    if (status > 0) this.#set(key, "LastJobStatus", String(status));
    this.#set(key, "EnteredCurrentStatus", String(this.#now));
    this.#set(
      key,
      "HoldReason",
      `"Salvaged from a damaged job queue log: ${why}. The job may have run, ` +
        `ended or been removed. Check this before you release it."`,
    );
    this.#set(key, "HoldReasonCode", HELD_BY_USER);
    this.#set(key, "HoldReasonSubCode", "0");
  }

  /** Writes jobs that only older logs have. */
  #writeOlder(): void {
    const seen: Scanned[] = [this.#logs.main];
    for (const older of this.#logs.older) {
      for (const ad of older.table.procs()) {
        const { cluster, proc } = ad;
        const number = older.scan.ads.find(cluster, proc);
        const settled = seen.some(({ scan }) =>
          scan.ads.find(cluster, proc) >= 0 ||
          scan.ads.wasDestroyed(cluster, proc) ||
          scan.wasRemovedEarly(cluster, proc)
        );
        if (settled) continue;
        if (isEnd(older.scan.states.status(number))) {
          this.#leaveOut(ad.key, `${older.name} says that the job had ended`);
          continue;
        }
        this.#writeJob(ad, older, `only ${older.name} has the job`);
      }
      seen.push(older);
    }
  }
}
