/**
 * Chooses one of several schedds for an export by the prototype's rule.
 *
 * @module
 */

/** The constraint for schedds that the administrator offers to Lumberjack. */
export const defaultScheddConstraint = "FERMIHTC_LUMBERJACK_SCHEDD =?= true";

/**
 * The parts of a schedd's weight. A part is undefined if the schedd's ad does
 * not have it.
 */
export interface ScheddLoad {
  /** `RecentDaemonCoreDutyCycle`, 0 to 1. */
  readonly dutyCycle: number | undefined;
  /** `TotalRunningJobs`. */
  readonly running: number | undefined;
  /** `TotalIdleJobs`. */
  readonly idle: number | undefined;
}

const shares = { dutyCycle: 0.7, running: 0.2, idle: 0.1 } as const;

/**
 * Returns the index of the schedd with the lowest weight: 0.7 × duty cycle +
 * 0.2 × running jobs + 0.1 × idle jobs. A part that is missing in an ad counts
 * as the worst value of the other ads, so that a missing value is no advantage.
 * If several weights are equal, the first schedd is chosen.
 *
 * @returns −1 if there is no schedd.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const busy = { dutyCycle: 0.9, running: 10, idle: 0 };
 * const calm = { dutyCycle: 0.1, running: 10, idle: 0 };
 * const mute = { dutyCycle: undefined, running: 10, idle: 0 };
 * assertEquals(chooseSchedd([busy, calm, mute]), 1);
 * ```
 */
export function chooseSchedd(schedds: readonly ScheddLoad[]): number {
  const parts = Object.keys(shares) as (keyof typeof shares)[];
  const worst = Object.fromEntries(
    parts.map((part) => [
      part,
      Math.max(0, ...schedds.map((schedd) => schedd[part] ?? 0)),
    ]),
  );
  let best = -1;
  let least = Infinity;
  schedds.forEach((schedd, index) => {
    const weight = parts.reduce(
      (sum, part) => sum + shares[part] * (schedd[part] ?? worst[part]),
      0,
    );
    if (weight < least) {
      least = weight;
      best = index;
    }
  });
  return best;
}
