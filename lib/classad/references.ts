/**
 * Finds the attributes that an expression refers to.
 *
 * @module
 */
import type { AttributeExpr, Expr } from "./model.ts";

/** The attributes that an expression names, in lower case. */
export interface References {
  /** Attributes that are looked up in MY: `Name`, `MY.Name`, `.Name`. */
  readonly my: ReadonlySet<string>;
  /** Attributes that are looked up in TARGET: `TARGET.Name`. */
  readonly target: ReadonlySet<string>;
}

/** The names by which an expression refers to its own ad. */
const MY: ReadonlySet<string> = new Set(["my", "self", "root", "toplevel"]);

/**
 * Returns the attributes that an expression itself names, in lower case. The
 * expressions of these attributes are not searched. Names that eval() builds at
 * run time are not found.
 */
export function references(expr: Expr): References {
  const my = new Set<string>();
  const target = new Set<string>();
  const work: Expr[] = [expr];
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    switch (next.kind) {
      case "attribute":
        note(next, my, target, work);
        break;
      case "operation":
        work.push(...next.operands);
        break;
      case "call":
        work.push(...next.args);
        break;
      case "list":
        work.push(...next.items);
        break;
      case "ad":
        for (const { value } of next.attributes.values()) work.push(value);
        break;
    }
  }
  return { my, target };
}

function note(
  expr: AttributeExpr,
  my: Set<string>,
  target: Set<string>,
  work: Expr[],
): void {
  const { scope, key } = expr;
  if (scope === undefined) {
    if (!MY.has(key)) my.add(key);
  } else if (isBare(scope, MY)) {
    my.add(key);
  } else if (isBare(scope, TARGET)) {
    target.add(key);
  } else {
    // If the nested ad has no such name, it is looked up in the ads around it.
    my.add(key);
    work.push(scope);
  }
}

const TARGET: ReadonlySet<string> = new Set(["target", "other"]);

function isBare(expr: Expr, names: ReadonlySet<string>): boolean {
  return expr.kind === "attribute" && expr.scope === undefined &&
    names.has(expr.key);
}
