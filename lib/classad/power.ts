/**
 * The function pow() of the C library.
 *
 * @module
 */

/**
 * Returns what C's pow() returns. Unlike in JavaScript, 1 to any power is 1,
 * and -1 to an infinite power is 1.
 */
export function power(base: number, exponent: number): number {
  if (base === 1 || exponent === 0) return 1;
  if (base === -1 && !Number.isFinite(exponent)) {
    return Number.isNaN(exponent) ? NaN : 1;
  }
  return Math.pow(base, exponent);
}
