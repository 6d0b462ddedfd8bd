/**
 * Expressions that HTCondor needs much time to evaluate.
 *
 * @module
 */
import { ClassAd, parse, whyTooCostly } from "../../lib/classad/mod.ts";

/**
 * Returns an expression with `depth` attributes. Each is twice the previous
 * one.
 */
export function doubled(depth: number): string {
  const rest = Array.from(
    { length: depth },
    (_, i) => `A${i + 1} = A${i} + A${i}`,
  );
  return `[ A0 = 1; ${rest.join("; ")} ].A${depth}`;
}

/** Returns why an expression is too costly in an ad. Undefined if it is not. */
export function why(text: string, my?: string): string | undefined {
  return whyTooCostly(
    parse(text, { syntax: "new" }),
    my === undefined ? undefined : ClassAd.parse(my),
  );
}
