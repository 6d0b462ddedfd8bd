/**
 * What the main log and the older logs say about each job.
 *
 * @module
 */
import type { QueueAd } from "./ad.ts";
import { numberIn, stringIn } from "./job_check.ts";
import type { SalvageScan } from "./salvage_scan.ts";
import { Doubt } from "./salvage_state.ts";
import type { QueueTable } from "./table.ts";

/** A log that was scanned: the state of its ads, and the ads themselves. */
export interface Scanned {
  /** The name for error messages. */
  readonly name: string;
  readonly scan: SalvageScan;
  readonly table: QueueTable;
}

/** The main log and the older logs of a salvage. */
export class SalvageLogs {
  /** The damaged log. */
  readonly main: Scanned;
  /** Older logs, the newest first. */
  readonly older: readonly Scanned[];
  /** Whether the main log is damaged. */
  readonly damaged: boolean;

  /** Combines the logs. */
  constructor(main: Scanned, older: readonly Scanned[]) {
    this.main = main;
    this.older = older;
    this.damaged = main.scan.damage.length > 0 || older.length > 0;
  }

  /** All logs, the main log first. */
  get all(): readonly Scanned[] {
    return [this.main, ...this.older];
  }

  /**
   * Returns why a job of the main log may not start without a check, or
   * undefined.
   */
  whyHeld(ad: QueueAd): string | undefined {
    const { scan } = this.main;
    if (!this.damaged) return undefined;
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
    if (doubts & Doubt.stale) {
      return "it may come from an older file, and may have been removed";
    }
    if (states.known(number) < scan.gaps) {
      return "records after its last change of status may be lost";
    }
    return states.status(number) === 0 ? "its JobStatus is lost" : undefined;
  }

  /**
   * Returns whether the cluster makes its jobs later (it is a factory), and may
   * have made more of them than its ad says.
   */
  mustPause(ad: QueueAd): boolean {
    const isFactory = ad.has("JobMaterializeDigestFile") ||
      ad.has("JobMaterializeNextProcId");
    if (!this.damaged || !isFactory) return false;
    const { scan } = this.main;
    const number = scan.ads.find(ad.cluster, -1);
    return number < 0 || scan.gaps > 0 || scan.lostAds ||
      (scan.states.doubts(number) & (Doubt.affected | Doubt.guessed)) !== 0;
  }

  /**
   * Returns the cluster ad that counts, followed by the older ads that complete
   * it. A cluster ad whose beginning is lost counts only if it has what a job
   * needs.
   */
  clusterAds(cluster: number): QueueAd[] {
    for (const { table, scan } of [this.main, ...this.older]) {
      const ad = table.find(cluster, -1);
      if (ad === undefined) continue;
      const doubts = scan.states.doubts(scan.ads.find(cluster, -1));
      if (
        (doubts & Doubt.guessed) && !(ad.has("Owner") && ad.has("JobUniverse"))
      ) continue;
      return [ad, ...this.fill(cluster, -1, ad)];
    }
    return [];
  }

  /**
   * Returns the same ad of older logs, if records of it may be lost in this
   * log.
   */
  fill(cluster: number, proc: number, here: QueueAd): QueueAd[] {
    const { scan, table } = this.main;
    const number = scan.ads.find(cluster, proc);
    if (number >= 0 && table.find(cluster, proc)?.key === here.key) {
      const doubts = scan.states.doubts(number);
      if (!(doubts & (Doubt.affected | Doubt.guessed))) return [];
    }
    const found: QueueAd[] = [];
    for (const older of this.older) {
      const ad = older.table.find(cluster, proc);
      if (ad !== undefined && older.table !== table) found.push(ad);
    }
    return found;
  }

  /** Returns why no schedd would keep the job, or undefined. */
  whyUnusable(ad: QueueAd, fill: readonly QueueAd[]): string | undefined {
    const chain = [ad, ...fill, ...this.clusterAds(ad.cluster)];
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
}
