/**
 * Which of several schedds takes an export: the prototype's rule.
 *
 * @module
 */

/** The schedds that an administrator offers to Lumberjack. */
export const defaultScheddConstraint = "FERMIHTC_LUMBERJACK_SCHEDD =?= true";

/** What the weight of a schedd is made of; undefined where its ad says nothing. */
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
 * The index of the schedd with the lowest weight: 0.7 × duty cycle + 0.2 ×
 * running jobs + 0.1 × idle jobs. What an ad does not say counts as the worst
 * that another says, so that silence is no advantage. Of equals the first.
 *
 * @returns −1 when there is none.
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
