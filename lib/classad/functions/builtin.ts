/**
 * What a built-in function is.
 *
 * @module
 */
import type { Evaluation } from "../evaluation.ts";
import type { CallExpr, Expr, Value } from "../model.ts";

/**
 * A function of the language. It gets its arguments unevaluated and evaluates
 * them with `run`. `call` is the call itself, for functions that answer to
 * several names.
 */
export type Builtin = (
  args: readonly Expr[],
  run: Evaluation,
  call: CallExpr,
) => Value;

/** Functions by their names in lower case. */
export type FunctionTable = Readonly<Record<string, Builtin>>;
