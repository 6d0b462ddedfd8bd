/**
 * Where attribute references are looked up.
 *
 * @module
 */
import type { AdExpr, Expr } from "./expr.ts";

/**
 * A set of attributes by name. Names come in any case and are compared
 * without it; a chained parent's attributes are included.
 */
export interface Scope {
  /** The expression that stands under a name, or undefined. */
  lookup(name: string): Expr | undefined;
  /**
   * The ad's own names as written, without a chained parent's. Needed only
   * where an ad is printed or its attributes counted.
   */
  names?(): Iterable<string>;
}

/** An ad as a value: its attributes, and the ad that it stands in. */
export class AdValue implements Scope {
  /** Tells it from the other objects. */
  readonly type = "ad";
  /** The attributes. */
  readonly attributes: Scope;
  /** The ad around this one, where names are looked up next. */
  readonly parent: AdValue | undefined;
  /**
   * The other ad of a match, where a bare name is looked up last (MY and
   * TARGET have each other here).
   */
  alternate: AdValue | undefined;
  /**
   * Made by `ad["name"]` rather than written in an expression. `is` between a
   * computed and a written ad is false; between two of a kind it is error.
   */
  readonly computed: boolean;

  /** An ad within `parent`. */
  constructor(attributes: Scope, parent?: AdValue, computed = false) {
    this.attributes = attributes;
    this.parent = parent;
    this.alternate = undefined;
    this.computed = computed;
  }

  /** The expression under a name in this ad, not in the ads around it. */
  lookup(name: string): Expr | undefined {
    return this.attributes.lookup(name);
  }

  /** The ad's own names. */
  names(): string[] {
    return [...this.attributes.names?.() ?? []];
  }
}

/** The attributes of an ad that stands in an expression. */
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

/** The attributes of an ad that stands in an expression; always the same object. */
export function scopeOf(expr: AdExpr): Scope {
  let scope = scopes.get(expr);
  if (scope === undefined) {
    scope = new AdExprScope(expr);
    scopes.set(expr, scope);
  }
  return scope;
}

/** The outermost of the ads around an ad, itself included. */
export function outermost(ad: AdValue | undefined): AdValue | undefined {
  let result = ad;
  while (result?.parent !== undefined) result = result.parent;
  return result;
}
