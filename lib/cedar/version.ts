/**
 * The versions that daemons report: `$CondorVersion: 23.9.6 2024-08-08 … $`.
 *
 * @module
 */

/**
 * Returns whether a daemon has at least a given version.
 *
 * @param version The version that the daemon reported, if any.
 * @param major The first number of the version.
 * @param minor The second number.
 * @param micro The third number.
 * @returns False also if the version is missing or cannot be read.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const version = "$CondorVersion: 23.9.6 2024-08-08 BuildID: 1 $";
 * assertEquals(versionAtLeast(version, 23, 9, 0), true);
 * assertEquals(versionAtLeast(version, 23, 10, 0), false);
 * ```
 */
export function versionAtLeast(
  version: string | undefined,
  major: number,
  minor: number,
  micro: number,
): boolean {
  const match = /^\$CondorVersion: (\d+)\.(\d+)\.(\d+)\b/.exec(version ?? "");
  if (match === null) return false;
  const wanted = [major, minor, micro];
  for (let i = 0; i < 3; i++) {
    const difference = Number(match[i + 1]) - wanted[i];
    if (difference !== 0) return difference > 0;
  }
  return true;
}
