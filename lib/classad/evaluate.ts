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
 * Returns the value of an expression. `Name` and `MY.Name` are looked up in
 * `my`, and `TARGET.Name` in `target`. A name without a scope that `my` does
 * not have is looked up in `target` too.
 *
 * The function never throws. If an expression cannot be evaluated, its value is
 * `error`. This includes the cases in which HTCondor gives up the whole
 * evaluation: references in a circle, too deep nesting, too many steps.
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

/**
 * Returns the value of an attribute of an ad, or undefined if the ad has no
 * such attribute. Never throws, like {@linkcode evaluate}.
 */
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

/** Runs an evaluation. Returns `error` if the evaluation ends early. */
export function evaluateGuarded(expr: Expr, run: Evaluator): Value {
  try {
    return run.evaluate(expr);
  } catch (error) {
    // JavaScript throws a RangeError if the stack is full or a string too long.
    if (error instanceof EvaluationFailure || error instanceof RangeError) {
      return ERROR;
    }
    throw error;
  }
}
