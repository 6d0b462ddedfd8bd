/**
 * Evaluates expressions in ads.
 *
 * @module
 */
import type { EvaluateOptions } from "./evaluation.ts";
import { EvaluationFailure, Evaluator } from "./evaluator.ts";
import { AdValue, ERROR, type Expr, type Scope, type Value } from "./model.ts";
import { matchFrames } from "./match_frames.ts";

export type { EvaluateOptions } from "./evaluation.ts";

/**
 * The value of an expression. Bare names and `MY.Name` are looked up in `my`,
 * `TARGET.Name` in `target`; a bare name that `my` does not have, in `target`
 * too.
 *
 * Never throws: what cannot be evaluated is `error`, also where HTCondor gives
 * up on the whole expression (references in a circle, too deep, too long).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ClassAd, evaluate, parse } from "./mod.ts";
 *
 * const job = ClassAd.parse("[ RequestMemory = 2 * 1024; Owner = \"ann\" ]");
 * const slot = ClassAd.parse("[ Memory = 4096 ]");
 * const expr = parse("TARGET.Memory >= RequestMemory && Owner == \"Ann\"");
 * assertEquals(evaluate(expr, job, slot), true);
 * assertEquals(evaluate(expr, job), undefined);
 * ```
 */
export function evaluate(
  expr: Expr,
  my?: Scope,
  target?: Scope,
  options?: EvaluateOptions,
): Value {
  const { ad, root } = frames(my, target);
  return evaluateGuarded(expr, new Evaluator(ad, root, options));
}

/** The value of one attribute of an ad; undefined if it has none of the name. */
export function evaluateAttribute(
  name: string,
  my: Scope,
  target?: Scope,
  options?: EvaluateOptions,
): Value {
  const expr = my.lookup(name);
  return expr === undefined ? undefined : evaluate(expr, my, target, options);
}

function frames(
  my: Scope | undefined,
  target: Scope | undefined,
): { ad: AdValue | undefined; root: AdValue | undefined } {
  if (my === undefined && target === undefined) {
    return { ad: undefined, root: undefined };
  }
  if (target === undefined || target === my) {
    const ad = my instanceof AdValue ? my : new AdValue(my!);
    let root = ad;
    while (root.parent !== undefined) root = root.parent;
    return { ad, root };
  }
  return matchFrames(my ?? EMPTY, target);
}

const EMPTY: Scope = { lookup: () => undefined, names: () => [] };

/** Runs an evaluation; what ends it early becomes `error`. */
export function evaluateGuarded(expr: Expr, run: Evaluator): Value {
  try {
    return run.evaluate(expr);
  } catch (error) {
    // A RangeError is the end of the stack, or of what a string may hold.
    if (error instanceof EvaluationFailure || error instanceof RangeError) {
      return ERROR;
    }
    throw error;
  }
}
