/**
 * Matches two ads.
 *
 * @module
 */
import { evaluateAttribute, type EvaluateOptions } from "./evaluate.ts";
import type { Scope } from "./model.ts";
import { booleanEquivalent } from "./value.ts";

/**
 * Returns whether `ad` fulfils the `Requirements` of `request`. They are
 * evaluated with `request` as MY and `ad` as TARGET, and have to be true or a
 * number other than zero. A request without Requirements matches nothing. Never
 * throws.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ClassAd, matches, symmetricMatch } from "./mod.ts";
 *
 * const job = ClassAd.parse("[ Requirements = TARGET.Memory >= 1024; Owner = \"ann\" ]");
 * const slot = ClassAd.parse("[ Requirements = TARGET.Owner == \"bob\"; Memory = 2048 ]");
 * assertEquals(matches(job, slot), true);
 * assertEquals(matches(slot, job), false);
 * assertEquals(symmetricMatch(job, slot), false);
 * ```
 */
export function matches(
  request: Scope,
  ad: Scope,
  options?: EvaluateOptions,
): boolean {
  const value = evaluateAttribute("Requirements", request, ad, options);
  return booleanEquivalent(value) === true;
}

/** Returns whether each of two ads fulfils the Requirements of the other. */
export function symmetricMatch(
  a: Scope,
  b: Scope,
  options?: EvaluateOptions,
): boolean {
  return matches(a, b, options) && matches(b, a, options);
}
