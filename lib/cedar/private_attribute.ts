/**
 * Attributes that are secrets.
 *
 * @module
 */

/** Attributes that are shown only to those who may see them ("V1"). */
const privateNames = new Set([
  "capability",
  "childclaimids",
  "claimid",
  "claimidlist",
  "claimids",
  "transferkey",
]);

/**
 * Returns whether an attribute is a secret that HTCondor encrypts or omits.
 *
 * @param name The attribute's name, in any case.
 * @returns 1 for a name that all versions know, 2 for a name that starts with
 * `_condor_priv` (since 9.9.0), 0 for any other name.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(privateAttribute("ClaimId"), 1);
 * assertEquals(privateAttribute("Owner"), 0);
 * ```
 */
export function privateAttribute(name: string): 0 | 1 | 2 {
  const lower = name.toLowerCase();
  if (lower.startsWith("_condor_priv")) return 2;
  return privateNames.has(lower) ? 1 : 0;
}
