/** The delay after the first failure, in milliseconds. */
const firstDelay = 60_000;
/** No delay is longer, in milliseconds. */
export const longestDelay = 3_600_000;

/**
 * Returns how long a site is left alone after so many failures in a row, in
 * milliseconds: a minute at first, twice as long each time, an hour at most.
 */
export function delayAfter(failures: number): number {
  return Math.min(longestDelay, firstDelay * 2 ** (failures - 1));
}

/** Whether a failure cost nobody anything, so that the next pass may try again. */
export function isCheap(error: unknown): boolean {
  return error instanceof Error && "isLocal" in error && error.isLocal === true;
}

/** Returns an error as one line: what, with what, and what to do. */
export function oneLine(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message, subject, remedy } = error as Error & {
    readonly subject?: string;
    readonly remedy?: string;
  };
  return [message, subject, remedy].filter((part) => part !== undefined)
    .join(": ").replace(/\s+/g, " ");
}
