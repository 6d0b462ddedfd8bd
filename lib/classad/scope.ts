/**
 * The attributes of ads that are part of an expression, and the ads around an
 * ad.
 *
 * @module
 */
import type { AdExpr, AdValue, Expr, Scope } from "./model.ts";

/** The attributes of an ad that is part of an expression. */
class AdExprScope implements Scope {
  readonly #expr: AdExpr;

  constructor(expr: AdExpr) {
    this.#expr = expr;
  }

  lookup(name: string): Expr | undefined {
    const { attributes } = this.#expr;
    return (attributes.get(name) ?? attributes.get(name.toLowerCase()))?.value;
  }

  *names(): Iterable<string> {
    for (const { name } of this.#expr.attributes.values()) yield name;
  }
}

const scopes = new WeakMap<AdExpr, Scope>();

/**
 * Returns the attributes of an ad that is part of an expression. The result is
 * always the same object for the same ad.
 */
export function scopeOf(expr: AdExpr): Scope {
  let scope = scopes.get(expr);
  if (scope === undefined) {
    scope = new AdExprScope(expr);
    scopes.set(expr, scope);
  }
  return scope;
}

/**
 * Returns the outermost of the ads around an ad. Without a parent that is the
 * ad itself.
 */
export function outermost(ad: AdValue | undefined): AdValue | undefined {
  let result = ad;
  while (result?.parent !== undefined) result = result.parent;
  return result;
}
