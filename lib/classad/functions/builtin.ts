/**
 * The type of a built-in function.
 *
 * @module
 */
import type { Evaluation } from "../evaluation.ts";
import type { CallExpr, Expr, Value } from "../model.ts";

/**
 * A function of the language. It gets its arguments not yet evaluated, and
 * evaluates them with `run`. `call` is the call itself. A function that is
 * registered under several names finds out from it which name was used.
 */
export type Builtin = (
  args: readonly Expr[],
  run: Evaluation,
  call: CallExpr,
) => Value;

/** Functions by their names in lower case. */
export type FunctionTable = Readonly<Record<string, Builtin>>;
