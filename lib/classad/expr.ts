/**
 * Functions that make the nodes of a syntax tree.
 *
 * @module
 */
import type {
  AdExpr,
  AttributeDefinition,
  AttributeExpr,
  CallExpr,
  Expr,
  ListExpr,
  LiteralExpr,
  OperationExpr,
  Operator,
  Value,
} from "./model.ts";

/** Returns the literal of a value. */
export function literal(value: Value): LiteralExpr {
  return { kind: "literal", value };
}

/**
 * Returns a reference to an attribute: `name`, `scope.name`, or `.name` if it
 * is absolute.
 */
export function attribute(
  name: string,
  scope?: Expr,
  absolute = false,
): AttributeExpr {
  return {
    kind: "attribute",
    scope,
    name,
    key: name.toLowerCase(),
    absolute,
  };
}

/** Returns an operator with its operands. */
export function operation(
  operator: Operator,
  ...operands: readonly Expr[]
): OperationExpr {
  return { kind: "operation", operator, operands };
}

/** Returns a call of a function. The name may be in any case. */
export function call(name: string, args: readonly Expr[]): CallExpr {
  return { kind: "call", name, key: name.toLowerCase(), args };
}

/** Returns a list expression. */
export function list(items: readonly Expr[]): ListExpr {
  return { kind: "list", items };
}

/**
 * Returns an ad expression. If a name occurs twice, the last value counts and
 * the first spelling stays.
 */
export function ad(definitions: Iterable<AttributeDefinition>): AdExpr {
  const attributes = new Map<string, AttributeDefinition>();
  for (const { name, value } of definitions) {
    const key = name.toLowerCase();
    const before = attributes.get(key);
    attributes.set(key, { name: before?.name ?? name, value });
  }
  return { kind: "ad", attributes };
}

/** The operators that take two operands and group to the left. */
export const BINARY_OPERATORS: ReadonlySet<Operator> = new Set<Operator>([
  "<",
  "<=",
  "!=",
  "==",
  ">=",
  ">",
  "is",
  "isnt",
  "+",
  "-",
  "*",
  "/",
  "%",
  "||",
  "&&",
  "|",
  "^",
  "&",
  "<<",
  ">>",
  ">>>",
]);
