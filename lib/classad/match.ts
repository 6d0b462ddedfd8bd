/**
 * Whether two ads want each other.
 *
 * @module
 */
import { evaluateAttribute, type EvaluateOptions } from "./evaluate.ts";
import type { Scope } from "./model.ts";
import { booleanEquivalent } from "./value.ts";

/**
 * Whether `ad` is what `request` asks for: whether the `Requirements` of
 * `request`, with `ad` as TARGET, are true (or a number other than zero). An ad
 * without Requirements wants nothing.
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

/** Whether each of two ads is what the other asks for. */
export function symmetricMatch(
  a: Scope,
  b: Scope,
  options?: EvaluateOptions,
): boolean {
  return matches(a, b, options) && matches(b, a, options);
}
