/**
 * The second half of a salvage. It decides about each job and writes the new
 * log.
 *
 * @module
 */
import type { QueueAd } from "./ad.ts";
import { formatKey } from "./key.ts";
import { numberIn, stringIn } from "./job_check.ts";
import { Doubt, isEnd } from "./salvage_state.ts";
import type { SalvageScan } from "./salvage_scan.ts";
import type { QueueTable } from "./table.ts";
import { type QueueLogSink, QueueLogWriter } from "./writer.ts";

/** A log that was scanned: the state of its ads, and the ads themselves. */
export interface Scanned {
  /** The name for error messages. */
  readonly name: string;
  readonly scan: SalvageScan;
  readonly table: QueueTable;
}

/** A job that is not in the new log exactly as in the damaged one. */
export interface SalvageChange {
  /** The job's id, `CLUSTER.PROC`. */
  readonly id: string;
  /**
   * `held`: the job is in the new log and held. `completed`: missing values of
   * the job were guessed or come from another log. `left-out`: the job is not
   * in the new log.
   */
  readonly change: "held" | "completed" | "left-out";
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

/** Writes the new log from the main log and the older logs. */
export class SalvageWriter {
  readonly #main: Scanned;
  readonly #older: readonly Scanned[];
  readonly #writer: QueueLogWriter;
  readonly #now: number;
  readonly #damaged: boolean;
  readonly #changes: SalvageChange[] = [];
  readonly #clusters = new Set<number>();
  #kept = 0;
  #held = 0;
  #records = 0;
  #highest = 0;

  /** `now` is the current time in seconds since 1970. */
  constructor(
    main: Scanned,
    older: readonly Scanned[],
    sink: QueueLogSink,
    now: number,
  ) {
    this.#main = main;
    this.#older = older;
    this.#writer = new QueueLogWriter(sink);
    this.#now = now;
    this.#damaged = main.scan.damage.length > 0 || older.length > 0;
  }

  /** Writes everything. */
  run(): Written {
    const all = [this.#main, ...this.#older];
    const writer = this.#writer;
    const sequence = Math.max(...all.map(({ scan }) => scan.sequence), 0) + 1;
    const created = all.map(({ scan }) => scan.creationTimestamp)
      .find((time) => time > 0) ?? this.#now;
    this.#highest = Math.max(...all.map(({ scan }) => scan.highestCluster));
    writer.historical(sequence, created);
    const nextCluster = this.#header();
    for (const ad of this.#main.table.ads()) this.#write(ad);
    if (this.#main.scan.lostAds) this.#writeOlder();
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
    const headers = [this.#main, ...this.#older]
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
        return this.#writeJob(ad, this.#main, this.#whyHeld(ad));
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
   * Returns why a job of the main log may not start without a check, or
   * undefined.
   */
  #whyHeld(ad: QueueAd): string | undefined {
    const { scan } = this.#main;
    if (!this.#damaged) return undefined;
    const number = scan.ads.find(ad.cluster, ad.proc);
    const states = scan.states;
    const doubts = states.doubts(number);
    if (doubts & Doubt.guessed) return "the record that made the job is lost";
    if (doubts & Doubt.affected) return "records of the job may be lost";
    const clusterAd = scan.ads.find(ad.cluster, -1);
    if (
      clusterAd < 0 ||
      states.doubts(clusterAd) & (Doubt.affected | Doubt.guessed)
    ) return "records of its cluster ad may be lost";
    if (doubts & Doubt.ended || doubts & Doubt.completed) {
      return "the log also says that the job had ended";
    }
    if (doubts & Doubt.backwards) return "its records are out of order";
    if (doubts & Doubt.reborn) {
      return "the log also says that the job was removed";
    }
    if (states.known(number) < scan.gaps) {
      return "records after its last change of status may be lost";
    }
    return states.status(number) === 0 ? "its JobStatus is lost" : undefined;
  }

  /**
   * Writes the cluster ad if it is not written yet. Returns false if no log has
   * it.
   */
  #writeCluster(cluster: number): boolean {
    if (this.#clusters.has(cluster)) return true;
    const [ad, ...fill] = this.#clusterAds(cluster);
    if (ad === undefined) return false;
    this.#clusters.add(cluster);
    this.#copyCluster(ad, fill);
    return true;
  }

  /**
   * Returns the cluster ad that counts, followed by the older ads that complete
   * it. A cluster ad whose beginning is lost counts only if it has what a job
   * needs.
   */
  #clusterAds(cluster: number): QueueAd[] {
    for (const { table, scan } of [this.#main, ...this.#older]) {
      const ad = table.find(cluster, -1);
      if (ad === undefined) continue;
      const doubts = scan.states.doubts(scan.ads.find(cluster, -1));
      if (
        (doubts & Doubt.guessed) && !(ad.has("Owner") && ad.has("JobUniverse"))
      ) continue;
      return [ad, ...this.#fill(cluster, -1, ad)];
    }
    return [];
  }

  #copyCluster(ad: QueueAd, fill: readonly QueueAd[]): void {
    this.#copy(ad);
    const key = formatKey(ad.cluster, -1);
    const names = this.#addMissing(key, ad, fill);
    if (!ad.has("ClusterId") && !names.has("clusterid")) {
      this.#set(key, "ClusterId", String(ad.cluster));
    }
    const paused = this.#damaged && ad.has("JobMaterializeDigestFile") &&
      this.#main.scan.gaps > 0;
    // Otherwise the schedd could make a job again that had ended.
    if (paused && !ad.has("JobMaterializePaused")) {
      this.#set(key, "JobMaterializePaused", "1");
    }
  }

  /**
   * Returns the same ad of older logs, if records of it may be lost in this
   * log.
   */
  #fill(cluster: number, proc: number, here: QueueAd): QueueAd[] {
    const { scan, table } = this.#main;
    const number = scan.ads.find(cluster, proc);
    if (number >= 0 && table.find(cluster, proc)?.key === here.key) {
      const doubts = scan.states.doubts(number);
      if (!(doubts & (Doubt.affected | Doubt.guessed))) return [];
    }
    const found: QueueAd[] = [];
    for (const older of this.#older) {
      const ad = older.table.find(cluster, proc);
      if (ad !== undefined && older.table !== table) found.push(ad);
    }
    return found;
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
    const fill = from === this.#main ? this.#fill(ad.cluster, ad.proc, ad) : [];
    if (
      (doubts & Doubt.guessed) && !(doubts & Doubt.numbered) &&
      fill.length === 0
    ) {
      return this.#leaveOut(
        ad.key,
        "records name this job, but neither the record that made it nor its ProcId is there",
      );
    }
    const problem = this.#whyUnusable(ad, fill);
    if (problem !== undefined) return this.#leaveOut(ad.key, problem);
    if (!this.#writeCluster(ad.cluster)) this.#makeCluster(ad);
    const status = scan.states.status(number);
    const hold = why !== undefined && !isEnd(status) && status !== 5;
    const guesses = this.#copyJob(ad, fill, hold ? why : undefined, status);
    if (hold) this.#held++;
    else this.#kept++;
    const reason = [why ?? "", guesses].filter((part) => part !== "")
      .join("; ");
    if (hold) this.#changes.push({ id: ad.key, change: "held", reason });
    else if (guesses !== "") {
      this.#changes.push({ id: ad.key, change: "completed", reason });
    }
  }

  #leaveOut(id: string, reason: string): void {
    this.#changes.push({ id, change: "left-out", reason });
  }

  /** Returns why no schedd would keep the job, or undefined. */
  #whyUnusable(ad: QueueAd, fill: readonly QueueAd[]): string | undefined {
    const chain = [ad, ...fill, ...this.#clusterAds(ad.cluster)];
    const holder = (name: string) => chain.find((each) => each.has(name));
    const owner = holder("Owner");
    if (owner === undefined || !stringIn(owner, "Owner")) {
      return "its Owner is lost, and perhaps its cluster ad";
    }
    const universe = numberIn(holder("JobUniverse") ?? ad, "JobUniverse");
    if (universe === undefined) return "its JobUniverse is lost";
    if (universe < 1 || universe > 13) return `its JobUniverse is ${universe}`;
    if (!chain.some((each) => each.has("Cmd"))) return "its Cmd is lost";
    return undefined;
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
    const seen: Scanned[] = [this.#main];
    for (const older of this.#older) {
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
