import { AdList } from "./ad_list.ts";
import { RunList } from "./run_list.ts";

// About as many bytes of a log belong to one ad. The room for the ads is made
// for this number, because a list that grows is copied again and again.
const BYTES_OF_AD = 1024;
const MAX_EXPECTED = 1024 * 1024;

/** Returns about how many ads a log of `size` bytes has. */
export function expectedAds(size: number): number {
  return Math.ceil(Math.min(size / BYTES_OF_AD, MAX_EXPECTED));
}

/**
 * The ads that a pass has found and the places of their records. One ad is the
 * current one: its run grows until another ad has a record.
 */
export class AdRuns {
  /** The ads. */
  readonly ads: AdList;
  /** The places of their records. */
  readonly runs = new RunList();
  /** The current ad, or -1. */
  ad = -1;
  /** The offset of the run that grows. */
  start = 0;
  #run = -1;
  // What the open transaction has changed: how many ads and runs there were
  // before it, and which ads it has destroyed.
  #adsBefore = 0;
  #runsBefore = 0;
  #destroyed: number[] | undefined;

  /** There is room for the ads of a log of `size` bytes. */
  constructor(size: number) {
    this.ads = new AdList(expectedAds(size));
  }

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

  /** Destroys an ad. */
  destroy(ad: number): void {
    this.ads.destroy(ad);
    this.#destroyed?.push(ad);
  }

  /** Begins a transaction. Everything after it can be taken back. */
  begin(): void {
    this.#adsBefore = this.ads.size;
    this.#runsBefore = this.runs.size;
    this.#destroyed = [];
  }

  /** Ends the transaction. */
  commit(): void {
    this.#destroyed = undefined;
  }

  /**
   * Takes back what the open transaction has done. Calls `touched` for each ad
   * that it has changed.
   */
  rollBack(touched: (ad: number) => void): void {
    const { ads, runs } = this;
    for (let ad = 0; ad < ads.size; ad++) {
      if (ads.lastRun(ad) < this.#runsBefore) continue;
      touched(ad);
      if (ad >= this.#adsBefore) {
        if (ads.isAlive(ad)) ads.destroy(ad);
        continue;
      }
      let last = ads.firstRun(ad);
      for (
        let next = runs.next(last);
        next < this.#runsBefore;
        next = runs.next(last)
      ) last = next;
      runs.cut(last);
      ads.setLastRun(ad, last);
    }
    for (const ad of this.#destroyed ?? []) {
      if (ad < this.#adsBefore) ads.revive(ad);
    }
    this.commit();
  }

  /** Ends the current run. There is no current ad afterwards. */
  finish(offset: number): void {
    if (this.#run >= 0) this.runs.setLength(this.#run, offset - this.start);
    this.#run = -1;
    this.ad = -1;
    this.start = offset;
  }
}
