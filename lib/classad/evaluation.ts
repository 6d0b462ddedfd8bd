/**
 * The interface between the evaluator and the functions of the language. The
 * evaluator calls the functions, and the functions evaluate their arguments.
 * Both know only this interface, so that their files do not import each other.
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

/** How to evaluate an expression. */
export interface EvaluateOptions {
  /**
   * The release of HTCondor to behave like, where releases differ. If an
   * attribute refers to itself, the whole evaluation fails in 23.9, and its
   * value is `error`. Since 25.x the reference is `undefined`. Without a
   * release the evaluation fails, as in 23.9.
   */
  readonly release?: Release;
}

/** An expression and the ad that defines it. */
export interface Found {
  /** The expression. */
  readonly expr: Expr;
  /** The ad that defines it. */
  readonly ad: AdValue;
}

/** An expression and the ad that defines it, if there is one. */
export interface Dereferenced {
  /** The expression. */
  readonly expr: Expr;
  /** The ad, or undefined if the expression belongs to no ad. */
  readonly ad: AdValue | undefined;
}

/** The state of one evaluation. */
export interface Evaluation {
  /** The ad in which names are looked up first. */
  current: AdValue | undefined;
  /**
   * The ad that contains the expression. Lists and ads that the expression
   * writes down get it as their parent.
   */
  lexical: AdValue | undefined;
  /** The outermost ad. */
  root: AdValue | undefined;
  /** The release of HTCondor to behave like. */
  readonly release: Release | undefined;
  /** Ends the whole evaluation. Its result is `error`. */
  fail(): never;
  /** Goes one level deeper. Ends the evaluation if that is too deep. */
  enter(): void;
  /** Goes back up by one level. */
  leave(): void;
  /** Returns the value of an expression in the current ad. */
  evaluate(expr: Expr): Value;
  /**
   * Runs a part of the evaluation. If that part ends with `fail()`, the result
   * is `failure` (by default `error`) and the evaluation goes on. The current
   * ad is then the one from before, or with `keepsCurrent` the one in which the
   * part has failed.
   */
  attempt(
    part: () => Value,
    failure?: Value,
    keepsCurrent?: boolean,
  ): Value;
  /** Evaluates an expression in another ad than the current one. */
  evaluateIn(
    expr: Expr,
    current: AdValue | undefined,
    lexical: AdValue | undefined,
  ): Value;
  /** Evaluates an expression of another ad in the current ad. */
  evaluateFrom(expr: Expr, lexical: AdValue | undefined): Value;
  /** Returns the values of a list's items in the current ad. */
  items(list: ListValue): Iterable<Value>;
  /**
   * Returns the expression that a reference leads to, not evaluated, and the ad
   * that defines it. That ad becomes the current one. Returns undefined if the
   * reference leads to no expression.
   */
  dereference(expr: AttributeExpr): Dereferenced | undefined;
  /** Does the same, but a failure on the way counts as no expression. */
  attemptDereference(expr: AttributeExpr): Dereferenced | undefined;
  /** Looks a name up in an ad, then in the ads around it. */
  find(start: AdValue, key: string): Found | undefined;
}
