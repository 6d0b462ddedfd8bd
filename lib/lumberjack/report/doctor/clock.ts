import type { Tell } from "./finding.ts";
import type { ScheddSubject } from "./subjects.ts";

/** Clocks that differ by more, in seconds, make tokens invalid. */
const tolerableSkew = 60;

/** Collectors drop ads that are older, in seconds (CLASSAD_LIFETIME). */
const longestLifetime = 1800;

/**
 * Warns if clocks differ by so much that tokens and certificates are refused.
 * The time in a collector's ad is always in the past. Therefore a slow clock of
 * this host is noticed at once. A fast clock is noticed only if the ad seems to
 * be older than collectors keep ads.
 */
export function examineClock(
  { location: { name: schedd }, clocks }: ScheddSubject,
  tell: Tell,
): void {
  const warn = (message: string) =>
    tell({
      check: "clock",
      state: "warning",
      message,
      remedy:
        "set the clocks (date, chrony): tokens and certificates expire by them, FS works all the same",
    });
  const now = Date.now() / 1000;
  const newest = Math.max(...clocks.map(({ heard }) => heard));
  if (newest > now + tolerableSkew) {
    warn(
      `this host's clock is ${
        Math.round(newest - now)
      } s behind the collector's`,
    );
  } else if (newest < now - longestLifetime && clocks.length > 0) {
    warn(
      `this host's clock is ahead of the collector's: it was told ${
        Math.round(now - newest)
      } s ago of the schedds that it has`,
    );
  }
  const own = clocks.find((clock) => clock.schedd === schedd);
  if (own === undefined) return;
  const ahead = own.said - own.heard;
  if (Math.abs(ahead) <= tolerableSkew) return;
  warn(
    `the schedd's clock is ${Math.abs(ahead)} s ${
      ahead > 0 ? "ahead of" : "behind"
    } the collector's`,
  );
}
