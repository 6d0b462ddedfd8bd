/**
 * Evaluates a syntax tree. The order of evaluation, and the ads in which names
 * are looked up, follow HTCondor's exprTree.cpp, attrrefs.cpp, classad.cpp and
 * operators.cpp.
 *
 * @module
 */
import {
  AdValue,
  type AttributeExpr,
  type CallExpr,
  ERROR,
  type Expr,
  ListValue,
  RelativeTime,
  type Scope,
  type Value,
} from "./model.ts";
import { attribute as attributeExpr, list } from "./expr.ts";
import { builtin } from "./functions/mod.ts";
import type {
  Dereferenced,
  EvaluateOptions,
  Evaluation,
  Found,
} from "./evaluation.ts";
import { findAround, itemOf } from "./lookup.ts";
import { evaluateOperation } from "./operation.ts";
import type { Release } from "./parser.ts";
import { outermost, scopeOf } from "./scope.ts";

/**
 * Thrown when an evaluation cannot go on (in HTCondor, Evaluate() returns
 * false). Nothing within the expression can catch it, not even isError(). The
 * result of the whole evaluation is `error`.
 */
export class EvaluationFailure extends Error {}

const FAILURE = new EvaluationFailure("evaluation failed");

/** How many references may be followed within each other, as in HTCondor. */
const MAX_REFERENCES = 400;
/** How many operators, calls and references may be nested in each other. */
const MAX_DEPTH = 1200;
/** How many nodes one evaluation may visit, as in HTCondor 25. */
const MAX_STEPS = 10_000_000;

/** The state of one evaluation. */
export class Evaluator implements Evaluation {
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
  /** How many more levels the evaluation may descend. */
  #depth = MAX_DEPTH;
  #references = MAX_REFERENCES;
  #steps = MAX_STEPS;
  /**
   * The attributes that are being evaluated. Each expression is followed by the
   * ad that defines it.
   */
  #active: (Expr | Scope)[] | undefined;

  /**
   * Prepares an evaluation in the ad `current`. `root` is the outermost ad
   * around it.
   */
  constructor(
    current: AdValue | undefined,
    root: AdValue | undefined,
    options?: EvaluateOptions,
  ) {
    this.current = current;
    this.lexical = current;
    this.root = root;
    this.release = options?.release;
  }

  /**
   * Resets the evaluation, so that it can be used again for an ad that has no
   * parent.
   */
  restart(ad: AdValue): void {
    this.current = this.lexical = this.root = ad;
    this.#depth = MAX_DEPTH;
    this.#references = MAX_REFERENCES;
    this.#steps = MAX_STEPS;
    if (this.#active !== undefined) this.#active.length = 0;
  }

  /** Ends the whole evaluation. */
  fail(): never {
    throw FAILURE;
  }

  /** Returns the value of an expression in the current ad. */
  evaluate(expr: Expr): Value {
    if (--this.#steps < 0) throw FAILURE;
    switch (expr.kind) {
      case "literal": {
        const { value } = expr;
        // HTCondor evaluates the literal of a relative time to a real.
        return value instanceof RelativeTime ? value.seconds : value;
      }
      case "attribute":
        return this.#attribute(expr);
      case "operation":
        return evaluateOperation(expr, this);
      case "call":
        return this.#call(expr);
      case "list":
        return new ListValue(expr.items, this.lexical);
      case "ad":
        return new AdValue(scopeOf(expr), this.lexical);
    }
  }

  /** Runs a part of the evaluation. If it fails, the value is `failure`. */
  attempt(
    part: () => Value,
    failure: Value = ERROR,
    keepsCurrent = false,
  ): Value {
    const { current, lexical, root } = this;
    const depth = this.#depth;
    const references = this.#references;
    const active = this.#active?.length ?? 0;
    try {
      return part();
    } catch (error) {
      if (!(error instanceof EvaluationFailure)) throw error;
      if (!keepsCurrent) this.current = current;
      this.lexical = lexical;
      this.root = root;
      this.#depth = depth;
      this.#references = references;
      if (this.#active !== undefined) this.#active.length = active;
      return failure;
    }
  }

  /** Evaluates an expression in another ad than the current one. */
  evaluateIn(
    expr: Expr,
    current: AdValue | undefined,
    lexical: AdValue | undefined,
  ): Value {
    const { current: savedCurrent, lexical: savedLexical } = this;
    this.current = current;
    this.lexical = lexical;
    try {
      return this.evaluate(expr);
    } finally {
      this.current = savedCurrent;
      this.lexical = savedLexical;
    }
  }

  /** Evaluates an expression of another ad in the current ad. */
  evaluateFrom(expr: Expr, lexical: AdValue | undefined): Value {
    const saved = this.lexical;
    this.lexical = lexical;
    const value = this.evaluate(expr);
    this.lexical = saved;
    return value;
  }

  /** Returns the values of a list's items in the current ad. */
  *items(list: ListValue): Iterable<Value> {
    for (const item of list.items) yield this.evaluateFrom(item, list.scope);
  }

  /** Goes one level deeper. Ends the evaluation if that is too deep. */
  enter(): void {
    if (--this.#depth < 0) throw FAILURE;
  }

  /** Goes back up by one level. */
  leave(): void {
    this.#depth++;
  }

  #call(expr: CallExpr): Value {
    const fn = builtin(expr.key);
    if (fn === undefined) return ERROR;
    this.enter();
    const value = fn(expr.args, this, expr);
    this.leave();
    return value;
  }

  /**
   * Returns the expression that a reference leads to, not evaluated, and the ad
   * that defines it. That ad becomes the current one. Returns undefined if the
   * reference leads to no expression.
   */
  dereference(expr: AttributeExpr): Dereferenced | undefined {
    let start = expr.absolute ? this.root : this.current;
    if (expr.absolute && start === undefined) throw FAILURE;
    if (expr.scope !== undefined) {
      const container = this.evaluate(expr.scope);
      if (container instanceof ListValue) {
        const items = this.#project(container, expr);
        return { expr: list(items.items), ad: this.current };
      }
      if (!(container instanceof AdValue)) return undefined;
      start = container;
    }
    if (start === undefined) return undefined;
    let found = this.find(start, expr.key);
    if (found === undefined && expr.scope === undefined && !expr.absolute) {
      if (start.alternate !== undefined) {
        start = start.alternate;
        found = this.find(start, expr.key);
      }
    }
    // HTCondor's library leaves the evaluation in the ad that it searched last.
    this.current = found?.ad ?? outermost(start);
    return found;
  }

  /**
   * Does the same as `dereference`, but a failure on the way counts as no
   * expression.
   */
  attemptDereference(expr: AttributeExpr): Dereferenced | undefined {
    let found: Dereferenced | undefined;
    this.attempt(() => {
      found = this.dereference(expr);
      return undefined;
    });
    return found;
  }

  #attribute(expr: AttributeExpr): Value {
    let start: AdValue | undefined;
    if (expr.scope !== undefined) {
      this.enter();
      const container = this.evaluate(expr.scope);
      this.leave();
      if (container === undefined) return undefined;
      if (container instanceof ListValue) return this.#project(container, expr);
      if (!(container instanceof AdValue)) return ERROR;
      start = container;
    } else if (expr.absolute) {
      start = this.root;
      if (start === undefined) throw FAILURE;
    } else {
      start = this.current;
    }
    if (start === undefined) return undefined;
    const own = start.attributes.lookup(expr.key);
    if (own !== undefined) return this.#reference(own, start);
    const found = findAround(start, expr.key, this);
    if (found !== undefined) return this.#reference(found.expr, found.ad);
    if (expr.scope === undefined && !expr.absolute && start.alternate) {
      const other = this.find(start.alternate, expr.key);
      if (other !== undefined) return this.#reference(other.expr, other.ad);
    }
    return undefined;
  }

  /** Looks a name up in an ad, then in the ads around it. */
  find(start: AdValue, key: string): Found | undefined {
    const expr = start.attributes.lookup(key);
    return expr === undefined
      ? findAround(start, key, this)
      : { expr, ad: start };
  }

  #reference(expr: Expr, ad: AdValue): Value {
    if (expr.kind === "literal") return this.evaluate(expr);
    if (this.#references <= 0) throw FAILURE;
    const active = this.#active ??= [];
    for (let i = 0; i < active.length; i += 2) {
      if (active[i] === expr && active[i + 1] === ad.attributes) {
        if (this.release === "25") return undefined;
        throw FAILURE;
      }
    }
    active.push(expr, ad.attributes);
    this.#references--;
    this.enter();
    const value = this.evaluateIn(expr, ad, ad);
    this.leave();
    this.#references++;
    active.pop();
    active.pop();
    return value;
  }

  /** Evaluates `list.name`: the list of the attribute's values in each item. */
  #project(list: ListValue, expr: AttributeExpr): ListValue {
    const { root } = this;
    this.root = outermost(this.current);
    this.enter();
    const items = list.items.map((item) => {
      const reference = attributeExpr(expr.name, item);
      return itemOf(this.evaluateIn(reference, this.current, list.scope));
    });
    this.leave();
    this.root = root;
    return new ListValue(items);
  }
}
