/**
 * Expressions, values and ads: the types that everything else here works on.
 * They stand in one file because each refers to the others. An ad has
 * expressions, an expression may hold a value, and a value may be an ad.
 *
 * Nodes of a syntax tree are plain objects that never change, so one tree may
 * stand in many ads and be evaluated at the same time.
 *
 * @module
 */

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

/**
 * A value of the language. JavaScript's own types stand for most of them:
 *
 * | ClassAd | here |
 * | --- | --- |
 * | undefined | `undefined` |
 * | error | {@linkcode ERROR}, see {@linkcode isError} |
 * | boolean | `boolean` |
 * | integer (64 bits) | `bigint` |
 * | real | `number` |
 * | string | `string` |
 * | absolute time | {@linkcode AbsoluteTime} |
 * | relative time | {@linkcode RelativeTime} |
 * | list | {@linkcode ListValue} |
 * | ad | {@linkcode AdValue} |
 */
export type Value =
  | undefined
  | boolean
  | bigint
  | number
  | string
  | ErrorValue
  | AbsoluteTime
  | RelativeTime
  | ListValue
  | AdValue;

/** The type of {@linkcode ERROR}, of which there is only one. */
export class ErrorValue {
  /** Tells it from the other objects. */
  readonly type = "error";
}

/** The value `error`. */
export const ERROR: ErrorValue = new ErrorValue();

/** A point in time, with the offset it is shown in. */
export class AbsoluteTime {
  /** Tells it from the other objects. */
  readonly type = "absolute time";
  /** Seconds since 1970-01-01T00:00:00Z, whole. */
  readonly seconds: number;
  /** Seconds east of Greenwich. */
  readonly offset: number;

  /** `seconds` since 1970 in UTC, `offset` in seconds east of Greenwich. */
  constructor(seconds: number, offset: number) {
    this.seconds = seconds;
    this.offset = offset;
  }
}

/** A span of time. */
export class RelativeTime {
  /** Tells it from the other objects. */
  readonly type = "relative time";
  /** Seconds, which may be negative and have a fraction. */
  readonly seconds: number;

  /** A span of `seconds`. */
  constructor(seconds: number) {
    this.seconds = seconds;
  }
}

/** A list. Its items are expressions, evaluated when someone looks at them. */
export class ListValue {
  /** Tells it from the other objects. */
  readonly type = "list";
  /** The items. */
  readonly items: readonly Expr[];
  /** The ad that the list stands in: where its items look up attributes. */
  readonly scope: AdValue | undefined;
  /**
   * Made by a function rather than written in an expression. `is` between a
   * computed and a written list is false; between two of a kind it is error.
   */
  readonly computed: boolean;

  /** A list that stands in the ad `scope`. */
  constructor(items: readonly Expr[], scope?: AdValue, computed = false) {
    this.items = items;
    this.scope = scope;
    this.computed = computed;
  }
}

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
