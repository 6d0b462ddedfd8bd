/**
 * Regular expressions.
 *
 * @module
 */

/** A compiled pattern. */
export interface Regexp {
  /** Whether the pattern is found in a byte string. */
  test(subject: string): boolean;
}

/** Compiles a pattern; undefined if it is none. */
export function compileRegexp(
  pattern: string,
  options: string,
): Regexp | undefined {
  try {
    return new RegExp(pattern, options.includes("i") ? "i" : "");
  } catch {
    return undefined;
  }
}
