/**
 * Functions about expressions: ifThenElse(), eval(), unparse(), unresolved(),
 * evalInEachContext(), countMatches(), debug(). Functions about users:
 * userHome(), userMap(). The code follows fnCall.cpp and compat_classad.cpp.
 *
 * @module
 */
import { toByteString } from "../bytes.ts";
import type { Evaluation } from "../evaluation.ts";
import { literalOf } from "../lookup.ts";
import { AdValue, ERROR, type Expr, ListValue, type Value } from "../model.ts";
import { externalReferences } from "../external_references.ts";
import { parseAsEval } from "../parser.ts";
import { compileRegexp, RegexpLimitError } from "../regexp/mod.ts";
import { outermost } from "../scope.ts";
import { unparse } from "../unparse.ts";
import { booleanEquivalent, isList } from "../value.ts";
import type { Builtin, FunctionTable } from "./builtin.ts";
import { toStringValue } from "./conversion.ts";

const ifThenElse: Builtin = (args, run) => {
  if (args.length !== 3) return ERROR;
  const condition = run.evaluate(args[0]);
  if (condition === undefined) return undefined;
  const truth = booleanEquivalent(condition);
  return truth === undefined ? ERROR : run.evaluate(args[truth ? 1 : 2]);
};

const evalText: Builtin = (args, run) => {
  if (args.length !== 1) return ERROR;
  const text = toStringValue(run.evaluate(args[0]));
  if (typeof text !== "string") return ERROR;
  const expr = parseOrUndefined(text);
  return expr === undefined ? ERROR : run.evaluateFrom(expr, run.current);
};

function parseOrUndefined(text: string): Expr | undefined {
  try {
    return parseAsEval(text);
  } catch {
    return undefined;
  }
}

const unparseFunction: Builtin = (args, run) => {
  const [arg] = args;
  if (args.length !== 1 || arg.kind !== "attribute") return ERROR;
  // HTCondor's library looks up the text of the reference, so only a name
  // without a scope is found.
  const found = arg.scope === undefined && !arg.absolute
    ? run.current?.lookup(arg.key)
    : undefined;
  return found === undefined
    ? ""
    : unparse(found, { syntax: "new", pretty: true });
};

const unresolved: Builtin = (args, run) => {
  const [arg] = args;
  if (args.length < 1 || args.length > 2 || arg.kind !== "attribute") {
    return ERROR;
  }
  const found = run.attemptDereference(arg);
  if (found === undefined) return undefined;
  const pattern = args.length === 2 ? run.evaluate(args[1]) : undefined;
  if (args.length === 2 && typeof pattern !== "string") run.fail();
  const regexp = compileRegexp(toByteString(String(pattern)), "i");
  if (regexp === undefined) return ERROR;
  const names = externalReferences(found.expr, run)
    .map((name) => name.replace(/^target\./i, ""));
  if (args.length === 1) return names.join(",");
  try {
    return names.some((name) => regexp.test(toByteString(name), true));
  } catch (error) {
    if (error instanceof RegexpLimitError) return false;
    throw error;
  }
};

/** Evaluates an expression in the ad that is an item of a list. */
function evaluateInItem(
  expr: Expr,
  lexical: AdValue | undefined,
  item: Expr,
  itemScope: AdValue | undefined,
  run: Evaluation,
): Value {
  let ad = run.attempt(() => run.evaluateFrom(item, itemScope));
  if (!(ad instanceof AdValue)) return ad === undefined ? undefined : ERROR;
  if (ad.parent?.alternate !== undefined) {
    // In a match, an ad within MY has the same TARGET as MY.
    const inMatch = new AdValue(ad.attributes, ad.parent);
    inMatch.alternate = ad.parent.alternate;
    ad = inMatch;
  }
  const context: AdValue = ad;
  const { root } = run;
  const value = run.attempt(() => {
    run.root = outermost(context);
    return run.evaluateIn(expr, context, lexical);
  });
  run.root = root;
  return value;
}

/**
 * Returns the value of an argument. If its evaluation fails, the result is the
 * value that HTCondor's library has at that point.
 */
function attempted(arg: Expr, run: Evaluation): Value {
  const failure = arg.kind === "attribute" && arg.scope !== undefined
    ? undefined
    : ERROR;
  return run.attempt(() => run.evaluate(arg), failure);
}

/** Returns the values of an expression in each ad of a list. */
function evaluateInEach(
  args: readonly Expr[],
  run: Evaluation,
): Value[] | undefined | typeof ERROR {
  if (args.length !== 2) return ERROR;
  let [expr] = args;
  let { lexical } = run;
  if (expr.kind === "attribute") {
    const found = run.attemptDereference(expr);
    if (found !== undefined) {
      expr = found.expr;
      lexical = found.ad;
    }
  }
  const list = attempted(args[1], run);
  if (list === undefined) return undefined;
  if (!isList(list)) return ERROR;
  return list.items.map((item) =>
    evaluateInItem(expr, lexical, item, list.scope, run)
  );
}

const evalInEachContext: Builtin = (args, run) => {
  const values = evaluateInEach(args, run);
  if (!Array.isArray(values)) return values as Value;
  return new ListValue(
    values.map(literalOf),
    undefined,
    true,
  );
};

const countMatches: Builtin = (args, run) => {
  const values = evaluateInEach(args, run);
  if (values === undefined) return 0n;
  if (!Array.isArray(values)) return values as Value;
  const matches = values.filter((value) => booleanEquivalent(value) === true);
  return BigInt(matches.length);
};

/** Returns the value. HTCondor also writes it to the daemon's log. */
const debug: Builtin = (args, run) =>
  args.length === 1 ? run.evaluate(args[0]) : ERROR;

/**
 * Returns the default or undefined. HTCondor looks users up only if
 * CLASSAD_ENABLE_USER_HOME is set, and it is off by default.
 */
const userHome: Builtin = (args, run) => {
  if (args.length !== 1 && args.length !== 2) run.fail();
  const fallback = args.length === 2
    ? run.attempt(() => run.evaluate(args[1]))
    : "";
  const home = typeof fallback === "string" && fallback !== ""
    ? fallback
    : undefined;
  const user = attempted(args[0], run);
  if (home !== undefined) return home;
  return user === undefined || typeof user === "string" ? undefined : ERROR;
};

/**
 * Returns the default. This library has no maps (CLASSAD_USER_MAP_NAMES), so no
 * user is found.
 */
const userMap: Builtin = (args, run) => {
  if (args.length < 2 || args.length > 4) return ERROR;
  const [map, user, , fallback] = args.map((arg) => run.evaluate(arg));
  return map === ERROR || user === ERROR ? ERROR : fallback;
};

/** The functions of this file by name in lower case. */
export const expressionFunctions: FunctionTable = {
  ifthenelse: ifThenElse,
  eval: evalText,
  unparse: unparseFunction,
  unresolved,
  evalineachcontext: evalInEachContext,
  countmatches: countMatches,
  debug,
  userhome: userHome,
  usermap: userMap,
};
