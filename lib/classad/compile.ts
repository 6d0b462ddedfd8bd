/**
 * Expressions made ready to be evaluated in many ads.
 *
 * @module
 */
import { evaluate, evaluateGuarded, type EvaluateOptions } from "./evaluate.ts";
import { Evaluator } from "./evaluator.ts";
import { AdValue, type Expr, type Scope, type Value } from "./model.ts";
import { parse } from "./parser.ts";
import { references } from "./references.ts";
import { booleanEquivalent } from "./value.ts";

/** An expression with what one wants to know before evaluating it often. */
export interface Compiled {
  /** The expression. */
  readonly expr: Expr;
  /**
   * The attributes, in lower case, that the expression itself names in MY. An
   * ad that has these, and those that they name in turn, is enough.
   */
  readonly references: ReadonlySet<string>;
  /** The attributes, in lower case, that it names in TARGET. */
  readonly targetReferences: ReadonlySet<string>;
  /** The value in an ad; never throws. */
  evaluate(my: Scope, target?: Scope): Value;
  /**
   * Whether the value counts as true for the schedd: true, or a number other
   * than zero. Undefined and error do not.
   */
  test(my: Scope, target?: Scope): boolean;
}

/**
 * Makes an expression ready to be evaluated in many ads.
 *
 * Throws ClassAdSyntaxError for a text that is no expression.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ClassAd, compile } from "./mod.ts";
 *
 * const idle = compile("JobStatus == 1 && Owner == MY.User");
 * assertEquals([...idle.references].sort(), ["jobstatus", "owner", "user"]);
 * const ad = ClassAd.parse('[ JobStatus = 1; Owner = "a"; User = "A" ]');
 * assertEquals(idle.test(ad), true);
 * ```
 */
export function compile(
  expr: Expr | string,
  options?: EvaluateOptions,
): Compiled {
  const tree = typeof expr === "string" ? parse(expr) : expr;
  const { my, target } = references(tree);
  let idle: Evaluator | undefined;
  const run = (ad: Scope, other?: Scope): Value => {
    if (other !== undefined) return evaluate(tree, ad, other, options);
    const frame = ad instanceof AdValue ? ad : new AdValue(ad);
    if (frame.parent !== undefined) return evaluate(tree, ad, other, options);
    // One evaluation serves all, unless an ad's lookup() evaluates this too.
    const evaluation = idle ?? new Evaluator(frame, frame, options);
    if (idle !== undefined) evaluation.restart(frame);
    idle = undefined;
    const value = evaluateGuarded(tree, evaluation);
    idle = evaluation;
    return value;
  };
  return {
    expr: tree,
    references: my,
    targetReferences: target,
    evaluate: run,
    test: (ad, other) => booleanEquivalent(run(ad, other)) === true,
  };
}
