/**
 * What an evaluation offers to the functions of the language. The evaluator
 * calls the functions, and the functions evaluate their arguments with it; so
 * both sides know this interface only.
 *
 * @module
 */
import type {
  AdValue,
  AttributeExpr,
  Expr,
  ListValue,
  Value,
} from "./model.ts";
import type { Release } from "./parser.ts";

/** How to evaluate. */
export interface EvaluateOptions {
  /**
   * The release of HTCondor to answer as, where the releases differ. An
   * attribute that refers to itself makes the whole evaluation fail (`error`)
   * in 23.9, and here if no release is given. Since 25.x the reference is
   * `undefined`.
   */
  readonly release?: Release;
}

/** An expression, and the ad it stands in. */
export interface Found {
  /** The expression. */
  readonly expr: Expr;
  /** The ad. */
  readonly ad: AdValue;
}

/** An expression, and the ad it stands in, if it stands in one. */
export interface Dereferenced {
  /** The expression. */
  readonly expr: Expr;
  /** The ad, or undefined if the expression stands in none. */
  readonly ad: AdValue | undefined;
}

/** One evaluation under way. */
export interface Evaluation {
  /** The ad in which names are looked up first. */
  current: AdValue | undefined;
  /** The ad in which the expression stands: of lists and ads within it. */
  lexical: AdValue | undefined;
  /** The outermost ad. */
  root: AdValue | undefined;
  /** The release to answer as. */
  readonly release: Release | undefined;
  /** Ends the evaluation: whoever started it sees `error`. */
  fail(): never;
  /** The value of an expression in the current ad. */
  evaluate(expr: Expr): Value;
  /**
   * Runs a part of the evaluation. If that part ends with `fail()`, the value
   * is `failure` (`error`, if nothing is given) and the evaluation goes on.
   */
  attempt(part: () => Value, failure?: Value): Value;
  /** Evaluates an expression in another ad than the current one. */
  evaluateIn(
    expr: Expr,
    current: AdValue | undefined,
    lexical: AdValue | undefined,
  ): Value;
  /** Evaluates an expression that stands in another ad in the current one. */
  evaluateFrom(expr: Expr, lexical: AdValue | undefined): Value;
  /** The items of a list, evaluated in the current ad. */
  items(list: ListValue): Iterable<Value>;
  /**
   * The expression that a reference leads to, unevaluated, and the ad it
   * stands in, which becomes the current one. Undefined if there is none.
   */
  dereference(expr: AttributeExpr): Dereferenced | undefined;
  /** Does the same. A failure on the way counts as no expression. */
  attemptDereference(expr: AttributeExpr): Dereferenced | undefined;
  /** Looks a name up in an ad, then in the ads around it. */
  find(start: AdValue, key: string): Found | undefined;
}
