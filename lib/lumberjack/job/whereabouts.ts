/**
 * What the ad of a job that a pass has sent to a site says to its owner: where
 * the job is, since when, and why it is stuck. `LumberjackSite` (lock.ts) names
 * the site.
 *
 * @module
 */
import { quote } from "../../classad/mod.ts";
import type { AttributeChange } from "./change.ts";

/** Where the job is: one of {@linkcode JobPlace}. It stays when the job is home. */
export const stateAttribute = "LumberjackState";
/** Since when the job is there, in seconds since 1970. */
const sinceAttribute = "LumberjackSince";
/** Why the job is stuck; undefined if it is not. */
export const stuckReasonAttribute = "LumberjackStuckReason";

/** The attributes that go if a job is taken back without results. */
export const whereaboutsAttributes: readonly string[] = [
  stateAttribute,
  sinceAttribute,
  stuckReasonAttribute,
];

/**
 * - `leaving`: the job is locked, and its export is not sent yet.
 * - `away`: its export was sent.
 * - `returning`: its results are here, and are being imported.
 * - `home`: the job is home.
 * - `stuck`: something keeps the job from leaving or from coming home.
 */
export type JobPlace = "leaving" | "away" | "returning" | "home" | "stuck";

/** Where a job is. */
export interface Whereabouts {
  /** Where. */
  readonly state: JobPlace;
  /** Since when, in seconds since 1970. */
  readonly since: number;
  /** Why it is stuck, as one line. */
  readonly reason?: string;
}

/**
 * Returns the attributes that say where a job is.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(whereaboutsValues({ state: "away", since: 1764490000 }), [
 *   { name: "LumberjackState", value: '"away"' },
 *   { name: "LumberjackSince", value: "1764490000" },
 * ]);
 * ```
 */
export function whereaboutsValues(
  { state, since, reason }: Whereabouts,
): AttributeChange[] {
  return [
    { name: stateAttribute, value: quote(state) },
    { name: sinceAttribute, value: String(since) },
    ...(reason === undefined
      ? []
      : [{ name: stuckReasonAttribute, value: quote(reason) }]),
  ];
}
