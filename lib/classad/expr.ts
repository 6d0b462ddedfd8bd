/**
 * The syntax tree of an expression. Nodes are plain objects that never change,
 * so one tree may stand in many ads and be evaluated at the same time.
 *
 * @module
 */
import type { Value } from "./value.ts";

/** The operators, by the token that HTCondor's source prints for them. */
export type Operator =
  | "()"
  | "u+"
  | "u-"
  | "!"
  | "~"
  | "<"
  | "<="
  | "!="
  | "=="
  | ">="
  | ">"
  | "is"
  | "isnt"
  | "+"
  | "-"
  | "*"
  | "/"
  | "%"
  | "||"
  | "&&"
  | "|"
  | "^"
  | "&"
  | "<<"
  | ">>"
  | ">>>"
  | "[]"
  | "?:"
  | "?";

/** A value that stands in the text itself. */
export interface LiteralExpr {
  /** Tells it from the other nodes. */
  readonly kind: "literal";
  /** The value; what a program puts here may also be a list or an ad. */
  readonly value: Value;
}

/** A reference to an attribute: `Name`, `.Name` or `scope.Name`. */
export interface AttributeExpr {
  /** Tells it from the other nodes. */
  readonly kind: "attribute";
  /** What stands before the dot, if anything. */
  readonly scope: Expr | undefined;
  /** The name as written. */
  readonly name: string;
  /** The name in lower case. */
  readonly key: string;
  /** `.Name`: looked up in the outermost ad. */
  readonly absolute: boolean;
}

/**
 * An operator with its operands. `?` is `condition ? a : b`, `?:` is
 * `value ?: otherwise`, `[]` is `list[index]`, `()` are parentheses.
 */
export interface OperationExpr {
  /** Tells it from the other nodes. */
  readonly kind: "operation";
  /** What is done … */
  readonly operator: Operator;
  /** … with one, two or three operands. */
  readonly operands: readonly Expr[];
}

/** A call of a function. */
export interface CallExpr {
  /** Tells it from the other nodes. */
  readonly kind: "call";
  /** The name as written. */
  readonly name: string;
  /** The name in lower case. */
  readonly key: string;
  /** The arguments, which the function evaluates as it likes. */
  readonly args: readonly Expr[];
}

/** A list: `{ a, b }`. */
export interface ListExpr {
  /** Tells it from the other nodes. */
  readonly kind: "list";
  /** What stands in the list. */
  readonly items: readonly Expr[];
}

/** One attribute of an ad that stands in an expression. */
export interface AttributeDefinition {
  /** The name as first written. */
  readonly name: string;
  /** The expression. */
  readonly value: Expr;
}

/** An ad within an expression: `[ a = 1; b = 2 ]`. */
export interface AdExpr {
  /** Tells it from the other nodes. */
  readonly kind: "ad";
  /** By name in lower case, in the order first written. */
  readonly attributes: ReadonlyMap<string, AttributeDefinition>;
}

/** A node of the syntax tree. */
export type Expr =
  | LiteralExpr
  | AttributeExpr
  | OperationExpr
  | CallExpr
  | ListExpr
  | AdExpr;

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
