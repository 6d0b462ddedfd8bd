/** Over how many seconds the rate is counted. */
const span = 60;

/** How many jobs end in a minute, by what was seen in the last one. */
export class JobRate {
  readonly #seen: { ended: number; at: number }[] = [];

  /**
   * Takes how many jobs have ended by now, a time in seconds that only grows.
   * Returns the rate; undefined in the first ten seconds.
   */
  take(ended: number, at: number): number | undefined {
    const seen = this.#seen;
    const latest = seen[seen.length - 1];
    if (latest === undefined || at - latest.at >= 1) seen.push({ ended, at });
    while (seen.length > 1 && at - seen[1].at >= span) seen.shift();
    const seconds = at - seen[0].at;
    if (seconds < 10) return undefined;
    return Math.round(60 * (ended - seen[0].ended) / seconds);
  }
}
