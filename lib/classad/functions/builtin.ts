/**
 * What a built-in function is.
 *
 * @module
 */
import type { Evaluation } from "../evaluation.ts";
import type { Expr, Value } from "../model.ts";

/**
 * A function of the language. It gets its arguments unevaluated and evaluates
 * them with `run`; `name` is its own name in lower case.
 */
export type Builtin = (
  args: readonly Expr[],
  run: Evaluation,
  name: string,
) => Value;

/** Functions by their names in lower case. */
export type FunctionTable = Readonly<Record<string, Builtin>>;
