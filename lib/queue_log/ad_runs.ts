import { AdList } from "./ad_list.ts";
import { RunList } from "./run_list.ts";

/**
 * The ads that a pass has found and the places of their records. One ad is the
 * current one: its run grows until another ad has a record.
 */
export class AdRuns {
  /** The ads. */
  readonly ads = new AdList();
  /** The places of their records. */
  readonly runs = new RunList();
  /** The current ad, or -1. */
  ad = -1;
  /** The offset of the run that grows. */
  start = 0;
  #run = -1;

  /**
   * Makes `ad` the current ad. The record at `offset` belongs to it. -1 means
   * that the ad does not exist.
   */
  turnTo(ad: number, offset: number): void {
    if (ad === this.ad && this.#run >= 0) return;
    this.finish(offset);
    this.ad = ad;
    if (ad < 0) return;
    this.#run = this.runs.add(offset, this.ads.lastRun(ad));
    this.start = offset;
    this.ads.setLastRun(ad, this.#run);
  }

  /** Ends the current run. There is no current ad afterwards. */
  finish(offset: number): void {
    if (this.#run >= 0) this.runs.setLength(this.#run, offset - this.start);
    this.#run = -1;
    this.ad = -1;
    this.start = offset;
  }
}
