/**
 * Versions as daemons tell them: `$CondorVersion: 23.9.6 2024-08-08 … $`.
 *
 * @module
 */

/**
 * Whether a daemon is of a version or a later one.
 *
 * @param version What the daemon told, if anything.
 * @param major The version's first number.
 * @param minor Its second.
 * @param micro Its third.
 * @returns False also when the daemon told nothing that can be read.
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
