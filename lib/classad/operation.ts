/**
 * Evaluates operators with their operands: which operands are evaluated, in
 * which order and how often. The code follows HTCondor's operators.cpp.
 *
 * @module
 */
import type { Evaluation } from "./evaluation.ts";
import {
  AdValue,
  ERROR,
  type Expr,
  ListValue,
  type OperationExpr,
  type Value,
} from "./model.ts";
import { applyBinary, applyUnary } from "./operators.ts";
import { outermost } from "./scope.ts";
import { booleanEquivalent, isList, low32 } from "./value.ts";

/** Returns the value of an operator with its operands. */
export function evaluateOperation(expr: OperationExpr, run: Evaluation): Value {
  const { operator, operands } = expr;
  if (operands.length === 3) return conditional(operands, run);
  run.enter();
  const value = operands.length === 1
    ? run.evaluate(operands[0])
    : binaryChain(expr, run);
  run.leave();
  return operands.length === 2 || operator === "()"
    ? value
    : applyUnary(operator, value);
}

/**
 * Evaluates a binary operator. A chain such as a || b || c is nested to the
 * left. A loop keeps the depth constant however long the chain is.
 */
function binaryChain(expr: OperationExpr, run: Evaluation): Value {
  let left = expr.operands[0];
  if (left.kind !== "operation" || left.operands.length !== 2) {
    return binary(expr, run.evaluate(left), run);
  }
  const chain = [expr];
  while (left.kind === "operation" && left.operands.length === 2) {
    chain.push(left);
    left = left.operands[0];
  }
  let value = run.evaluate(left);
  for (let i = chain.length - 1; i >= 0; i--) {
    value = binary(chain[i], value, run);
  }
  return value;
}

/** Evaluates a binary operator whose left operand has the value `left`. */
function binary(expr: OperationExpr, left: Value, run: Evaluation): Value {
  const { operator } = expr;
  const right = expr.operands[1];
  switch (operator) {
    case "&&":
      if (left === ERROR && run.release !== "23.9") return ERROR;
      if (booleanEquivalent(left) === false) return false;
      break;
    case "||":
      if (left === ERROR && run.release !== "23.9") return ERROR;
      if (booleanEquivalent(left) === true) return true;
      break;
    case "?:":
      if (left === undefined) return run.evaluate(right);
      return run.release === "23.9" ? elvisAs23(expr, left, run) : left;
    case "[]":
      return subscript(left, run.evaluate(right), run);
  }
  return applyBinary(operator, left, run.evaluate(right));
}

/**
 * Evaluates `left ?: right` as 23.9 does when the left side is defined. If it
 * is false, the left side is evaluated once more, and its second value counts.
 * Otherwise the right side is evaluated too. Its value is not used, but the
 * evaluation can fail.
 */
function elvisAs23(
  { operands: [left, right] }: OperationExpr,
  value: Value,
  run: Evaluation,
): Value {
  if (booleanEquivalent(value) === false) {
    const again = evaluateOrFail(left, run);
    if (again !== undefined) return again.value;
  }
  run.evaluate(right);
  return value;
}

function conditional(
  [condition, whenTrue, whenFalse]: readonly Expr[],
  run: Evaluation,
): Value {
  run.enter();
  const value = run.evaluate(condition);
  const truth = booleanEquivalent(value);
  let result: Value = value === undefined ? undefined : ERROR;
  if (truth !== undefined && run.release !== "23.9") {
    result = run.evaluate(truth ? whenTrue : whenFalse);
  } else if (truth !== undefined) {
    result = branchAs23(truth, whenTrue, whenFalse, run);
  } else if (
    (value !== undefined && value !== ERROR) || run.release === "23.9"
  ) {
    // Neither value is used, but either evaluation can fail.
    run.evaluate(whenTrue);
    run.evaluate(whenFalse);
  }
  run.leave();
  return result;
}

/**
 * Evaluates a branch of a condition as 23.9 does. If the branch fails, both
 * branches are evaluated. The branch can succeed then, because some functions
 * leave the evaluation in another ad.
 */
function branchAs23(
  truth: boolean,
  whenTrue: Expr,
  whenFalse: Expr,
  run: Evaluation,
): Value {
  const first = evaluateOrFail(truth ? whenTrue : whenFalse, run);
  if (first !== undefined) return first.value;
  const valueIfTrue = run.evaluate(whenTrue);
  const valueIfFalse = run.evaluate(whenFalse);
  return truth ? valueIfTrue : valueIfFalse;
}

/** Evaluates an expression. Returns undefined if its evaluation fails. */
function evaluateOrFail(
  expr: Expr,
  run: Evaluation,
): { value: Value } | undefined {
  let found: { value: Value } | undefined;
  const part = () => {
    found = { value: run.evaluate(expr) };
    return undefined;
  };
  run.attempt(part, undefined, true);
  return found;
}

function subscript(container: Value, index: Value, run: Evaluation): Value {
  if (container === ERROR || index === ERROR) return ERROR;
  if (container === undefined || index === undefined) return undefined;
  if (isList(container) && typeof index === "bigint") {
    const item = container.items[low32(index)];
    if (item === undefined) return ERROR;
    run.enter();
    const value = run.attempt(() =>
      run.evaluateIn(item, container.scope, container.scope)
    );
    run.leave();
    return value;
  }
  if (container instanceof AdValue && typeof index === "string") {
    const found = container.lookup(index.toLowerCase());
    if (found === undefined) return undefined;
    return run.attempt(() => apart(found, container, run));
  }
  return ERROR;
}

/** Evaluates an attribute as HTCondor does when a program asks the ad for it. */
function apart(expr: Expr, ad: AdValue, run: Evaluation): Value {
  run.enter();
  const { root } = run;
  run.root = outermost(ad);
  const value = run.evaluateIn(expr, ad, ad);
  run.root = root;
  run.leave();
  if (value instanceof ListValue) {
    return new ListValue(value.items, undefined, true);
  }
  return value instanceof AdValue
    ? new AdValue(value.attributes, undefined, true)
    : value;
}
