/**
 * Limits how long a search may take.
 *
 * @module
 */

/** Thrown when a search takes more steps than it may. */
export class RegexpLimitError extends Error {}

/** How many steps one search may take. PCRE's own limit counts differently. */
const MAX_STEPS = 10_000_000;

/** The number of steps that are left. */
export interface StepBudget {
  steps: number;
}

/**
 * Returns the steps for one search, or for several searches that belong
 * together.
 */
export function stepBudget(): StepBudget {
  return { steps: MAX_STEPS };
}
