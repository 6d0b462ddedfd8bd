/**
 * Looks up names that an ad does not define itself, and turns values into
 * expressions.
 *
 * @module
 */
import type { Evaluation, Found } from "./evaluation.ts";
import {
  AdValue,
  type Expr,
  ListValue,
  RelativeTime,
  type Value,
} from "./model.ts";
import { call, literal } from "./expr.ts";
import { truncate32 } from "./value.ts";

const TIME_CALL: Expr = call("time", []);

/**
 * Looks up a name that an ad does not define itself. Tries the names that stand
 * for ads (such as `MY`), then the ads around it. (classad.cpp, LookupInScope)
 */
export function findAround(
  start: AdValue,
  key: string,
  run: Evaluation,
): Found | undefined {
  const { root } = run;
  for (let ad = start;;) {
    const parent = ad === root ? undefined : ad.parent;
    switch (key) {
      case "my":
      case "self":
        return { expr: literal(ad), ad };
      case "parent":
        return parent && { expr: literal(parent), ad };
      case "toplevel":
      case "root":
        return root === undefined ? run.fail() : { expr: literal(root), ad };
      case "currenttime":
        return { expr: TIME_CALL, ad };
    }
    if (parent === undefined) return undefined;
    const expr = parent.attributes.lookup(key);
    if (expr !== undefined) return { expr, ad: parent };
    ad = parent;
  }
}

/**
 * Returns a value as an expression. A relative time loses its fraction, as in
 * HTCondor.
 */
export function literalOf(value: Value): Expr {
  return literal(
    value instanceof RelativeTime
      ? new RelativeTime(truncate32(value.seconds))
      : value,
  );
}

/** Returns a value as an item of a list that belongs to no ad. */
export function itemOf(value: Value): Expr {
  if (value instanceof AdValue) return literal(new AdValue(value.attributes));
  if (value instanceof ListValue) {
    return { kind: "list", items: value.items };
  }
  return literalOf(value);
}
