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

/** Makes a literal of a value. */
export function literal(value: Value): LiteralExpr {
  return { kind: "literal", value };
}

/** Makes a reference to an attribute. */
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

/** Makes an operation. */
export function operation(
  operator: Operator,
  ...operands: readonly Expr[]
): OperationExpr {
  return { kind: "operation", operator, operands };
}

/** Makes a call of a function. */
export function call(name: string, args: readonly Expr[]): CallExpr {
  return { kind: "call", name, key: name.toLowerCase(), args };
}

/** Makes a list. */
export function list(items: readonly Expr[]): ListExpr {
  return { kind: "list", items };
}

/**
 * Makes an ad. Where a name comes twice, the last value counts and the first
 * spelling stays.
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
