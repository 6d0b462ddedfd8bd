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
  type OperationExpr,
  type Operator,
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
import { applyBinary, applyUnary } from "./operators.ts";
import type { Release } from "./parser.ts";
import { outermost, scopeOf } from "./scope.ts";
import { booleanEquivalent, isList, low32 } from "./value.ts";

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
  depth = MAX_DEPTH;
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
    this.depth = MAX_DEPTH;
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
        return this.#operation(expr);
      case "call":
        return this.#call(expr);
      case "list":
        return new ListValue(expr.items, this.lexical);
      case "ad":
        return new AdValue(scopeOf(expr), this.lexical);
    }
  }

  /** Runs a part of the evaluation. If it fails, the value is `failure`. */
  attempt(part: () => Value, failure: Value = ERROR): Value {
    const { current, lexical, root, depth } = this;
    const references = this.#references;
    const active = this.#active?.length ?? 0;
    try {
      return part();
    } catch (error) {
      if (!(error instanceof EvaluationFailure)) throw error;
      this.current = current;
      this.lexical = lexical;
      this.root = root;
      this.depth = depth;
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
    const value = this.evaluate(expr);
    this.current = savedCurrent;
    this.lexical = savedLexical;
    return value;
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

  #enter(): void {
    if (--this.depth < 0) throw FAILURE;
  }

  #call(expr: CallExpr): Value {
    const fn = builtin(expr.key);
    if (fn === undefined) return ERROR;
    this.#enter();
    const value = fn(expr.args, this, expr);
    this.depth++;
    return value;
  }

  #operation(expr: OperationExpr): Value {
    const { operator, operands } = expr;
    if (operands.length === 3) return this.#conditional(operands);
    if (operands.length === 1) {
      this.#enter();
      const value = this.evaluate(operands[0]);
      this.depth++;
      return operator === "()" ? value : applyUnary(operator, value);
    }
    // A chain such as a || b || c is nested to the left. A loop keeps the depth
    // constant however long the chain is.
    let left = operands[0];
    let chain: OperationExpr[] | undefined;
    while (left.kind === "operation" && left.operands.length === 2) {
      (chain ??= []).push(left);
      left = left.operands[0];
    }
    this.#enter();
    let value = this.evaluate(left);
    if (chain !== undefined) {
      for (let i = chain.length - 1; i >= 0; i--) {
        value = this.#binary(chain[i].operator, value, chain[i].operands[1]);
      }
    }
    value = this.#binary(operator, value, operands[1]);
    this.depth++;
    return value;
  }

  #binary(operator: Operator, left: Value, right: Expr): Value {
    switch (operator) {
      case "&&":
        if (left === ERROR && this.release !== "23.9") return ERROR;
        if (booleanEquivalent(left) === false) return false;
        break;
      case "||":
        if (left === ERROR && this.release !== "23.9") return ERROR;
        if (booleanEquivalent(left) === true) return true;
        break;
      case "?:":
        if (left === undefined) return this.evaluate(right);
        if (this.release === "23.9" && booleanEquivalent(left) !== false) {
          // The value is not used, but the evaluation can fail.
          this.evaluate(right);
        }
        return left;
      case "[]":
        return this.#subscript(left, this.evaluate(right));
    }
    return applyBinary(operator, left, this.evaluate(right));
  }

  #conditional([condition, whenTrue, whenFalse]: readonly Expr[]): Value {
    this.#enter();
    const value = this.evaluate(condition);
    let result: Value = ERROR;
    const truth = booleanEquivalent(value);
    if (truth !== undefined) {
      result = this.evaluate(truth ? whenTrue : whenFalse);
    } else {
      if (value === undefined) result = undefined;
      if (
        (value !== undefined && value !== ERROR) || this.release === "23.9"
      ) {
        // Neither value is used, but either evaluation can fail.
        this.evaluate(whenTrue);
        this.evaluate(whenFalse);
      }
    }
    this.depth++;
    return result;
  }

  #subscript(container: Value, index: Value): Value {
    if (container === ERROR || index === ERROR) return ERROR;
    if (container === undefined || index === undefined) return undefined;
    if (isList(container) && typeof index === "bigint") {
      const item = container.items[low32(index)];
      if (item === undefined) return ERROR;
      this.#enter();
      const value = this.attempt(() =>
        this.evaluateIn(item, container.scope, container.scope)
      );
      this.depth++;
      return value;
    }
    if (container instanceof AdValue && typeof index === "string") {
      const found = container.lookup(index.toLowerCase());
      if (found === undefined) return undefined;
      return this.attempt(() => this.#apart(found, container));
    }
    return ERROR;
  }

  /**
   * Evaluates an attribute as HTCondor does when a program asks the ad for it.
   */
  #apart(expr: Expr, ad: AdValue): Value {
    this.#enter();
    const { root } = this;
    this.root = outermost(ad);
    const value = this.evaluateIn(expr, ad, ad);
    this.root = root;
    this.depth++;
    if (value instanceof ListValue) {
      return new ListValue(value.items, undefined, true);
    }
    return value instanceof AdValue
      ? new AdValue(value.attributes, undefined, true)
      : value;
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
      this.#enter();
      const container = this.evaluate(expr.scope);
      this.depth++;
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
    this.#enter();
    const value = this.evaluateIn(expr, ad, ad);
    this.depth++;
    this.#references++;
    active.pop();
    active.pop();
    return value;
  }

  /** Evaluates `list.name`: the list of the attribute's values in each item. */
  #project(list: ListValue, expr: AttributeExpr): ListValue {
    const { root } = this;
    this.root = outermost(this.current);
    this.#enter();
    const items = list.items.map((item) => {
      const reference = attributeExpr(expr.name, item);
      return itemOf(this.evaluateIn(reference, this.current, list.scope));
    });
    this.depth++;
    this.root = root;
    return new ListValue(items);
  }
}
