/**
 * pow() as the C library computes it.
 *
 * @module
 */

/** C's pow(): 1 to any power is 1, and so is -1 to an infinite one. */
export function power(base: number, exponent: number): number {
  if (base === 1 || exponent === 0) return 1;
  if (base === -1 && !Number.isFinite(exponent)) {
    return Number.isNaN(exponent) ? NaN : 1;
  }
  return Math.pow(base, exponent);
}
