/**
 * Prepares an expression for evaluation in many ads.
 *
 * @module
 */
import { evaluate, evaluateGuarded, type EvaluateOptions } from "./evaluate.ts";
import { Evaluator } from "./evaluator.ts";
import { AdValue, type Expr, type Scope, type Value } from "./model.ts";
import { parse } from "./parser.ts";
import { references } from "./references.ts";
import { booleanEquivalent } from "./value.ts";

/** An expression that is ready for evaluation in many ads. */
export interface Compiled {
  /** The expression. */
  readonly expr: Expr;
  /**
   * The attributes, in lower case, that the expression itself looks up in MY.
   * To evaluate it, an ad needs these attributes and those that they refer to
   * in turn.
   */
  readonly references: ReadonlySet<string>;
  /**
   * The attributes, in lower case, that the expression itself looks up in
   * TARGET.
   */
  readonly targetReferences: ReadonlySet<string>;
  /** Returns the value in an ad. Never throws. */
  evaluate(my: Scope, target?: Scope): Value;
  /**
   * Returns whether the schedd would count the value as true: it is true, or a
   * number other than zero. Undefined and error do not count.
   */
  test(my: Scope, target?: Scope): boolean;
}

/**
 * Prepares an expression, or a text in old syntax, for evaluation in many ads.
 *
 * Throws {@linkcode ClassAdSyntaxError} if the text is not an expression.
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
    // One evaluator is used again for every ad. If an ad's lookup() evaluates
    // this expression too, that inner evaluation gets an evaluator of its own.
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
