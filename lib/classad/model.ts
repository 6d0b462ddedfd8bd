/**
 * The types for expressions, values and ads. They share one file because each
 * refers to the others: an ad has expressions, an expression may hold a value,
 * and a value may be an ad.
 *
 * Nodes of a syntax tree are plain objects that never change. One tree can
 * therefore be part of many ads and be evaluated several times at once.
 *
 * @module
 */

/**
 * The operators, by the token that HTCondor's source prints for them. `()` are
 * parentheses, `u+` and `u-` are signs, `[]` is a subscript.
 */
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

/** A value that is written in the text itself. */
export interface LiteralExpr {
  /** Distinguishes this node from the others. */
  readonly kind: "literal";
  /** The value. A program may also put a list or an ad here. */
  readonly value: Value;
}

/** A reference to an attribute: `Name`, `.Name` or `scope.Name`. */
export interface AttributeExpr {
  /** Distinguishes this node from the others. */
  readonly kind: "attribute";
  /** The expression before the dot, if there is one. */
  readonly scope: Expr | undefined;
  /** The name as written. */
  readonly name: string;
  /** The name in lower case. */
  readonly key: string;
  /** Whether the name is looked up in the outermost ad (`.Name`). */
  readonly absolute: boolean;
}

/**
 * An operator and its operands. `?` is `condition ? a : b`, `?:` is
 * `value ?: otherwise`, `[]` is `list[index]`, `()` are parentheses.
 */
export interface OperationExpr {
  /** Distinguishes this node from the others. */
  readonly kind: "operation";
  /** The operator. */
  readonly operator: Operator;
  /** The operands: one, two or three. */
  readonly operands: readonly Expr[];
}

/** A call of a function. */
export interface CallExpr {
  /** Distinguishes this node from the others. */
  readonly kind: "call";
  /** The name as written. */
  readonly name: string;
  /** The name in lower case. */
  readonly key: string;
  /** The arguments. The function decides which of them it evaluates. */
  readonly args: readonly Expr[];
}

/** A list: `{ a, b }`. */
export interface ListExpr {
  /** Distinguishes this node from the others. */
  readonly kind: "list";
  /** The items, in order. */
  readonly items: readonly Expr[];
}

/** One attribute of an ad that is part of an expression. */
export interface AttributeDefinition {
  /** The name as it was first written. */
  readonly name: string;
  /** The expression. */
  readonly value: Expr;
}

/** An ad within an expression: `[ a = 1; b = 2 ]`. */
export interface AdExpr {
  /** Distinguishes this node from the others. */
  readonly kind: "ad";
  /**
   * The attributes by name in lower case, in the order in which they were first
   * written.
   */
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
 * A value of the language. Most types are JavaScript's own:
 *
 * | ClassAd | TypeScript |
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
 *
 * HTCondor's strings are bytes. A byte that is not valid UTF-8 is U+DC00 plus
 * the byte in a `string`; see {@linkcode decodeText}.
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

/** The type of the value `error`. {@linkcode ERROR} is its only instance. */
export class ErrorValue {
  /** Distinguishes this type from the others. */
  readonly type = "error";
}

/** The value `error`. */
export const ERROR: ErrorValue = new ErrorValue();

/** A point in time, with the time zone in which it is shown. */
export class AbsoluteTime {
  /** Distinguishes this type from the others. */
  readonly type = "absolute time";
  /** Whole seconds since 1970-01-01T00:00:00Z. */
  readonly seconds: number;
  /** The offset of the time zone, in seconds east of Greenwich. */
  readonly offset: number;

  /**
   * `seconds` counts from 1970-01-01T00:00:00Z. `offset` is in seconds east of
   * Greenwich.
   */
  constructor(seconds: number, offset: number) {
    this.seconds = seconds;
    this.offset = offset;
  }
}

/** A length of time. */
export class RelativeTime {
  /** Distinguishes this type from the others. */
  readonly type = "relative time";
  /** Seconds. They may be negative and have a fraction. */
  readonly seconds: number;

  /** A length of time of `seconds`. */
  constructor(seconds: number) {
    this.seconds = seconds;
  }
}

/**
 * A list. Its items are expressions, which are evaluated only when they are
 * used.
 */
export class ListValue {
  /** Distinguishes this type from the others. */
  readonly type = "list";
  /** The items, in order. */
  readonly items: readonly Expr[];
  /**
   * The ad that contains the list. Its items look up their attributes there.
   */
  readonly scope: AdValue | undefined;
  /**
   * Whether a function has made the list (instead of an expression that writes
   * it down). `is` between a computed and a written list is false. Between two
   * computed or two written lists it is error.
   */
  readonly computed: boolean;

  /** A list with the given items. `scope` is the ad that contains it. */
  constructor(items: readonly Expr[], scope?: AdValue, computed = false) {
    this.items = items;
    this.scope = scope;
    this.computed = computed;
  }
}

/**
 * A set of attributes that can be looked up by name. Names are compared without
 * case. The attributes of a chained parent are included.
 */
export interface Scope {
  /** Returns the expression of an attribute, or undefined if there is none. */
  lookup(name: string): Expr | undefined;
  /**
   * Returns the names of the ad's own attributes as they were written, without
   * those of a chained parent. It is needed only to print an ad or to count its
   * attributes.
   */
  names?(): Iterable<string>;
}

/** An ad as a value: its attributes, and the ad that contains it. */
export class AdValue implements Scope {
  /** Distinguishes this type from the others. */
  readonly type = "ad";
  /** The attributes of the ad. */
  readonly attributes: Scope;
  /** The ad that contains this one. Names are looked up there next. */
  readonly parent: AdValue | undefined;
  /**
   * The other ad of a match, where a name without a scope is looked up last.
   * Each of MY and TARGET has the other one here.
   */
  alternate: AdValue | undefined;
  /**
   * Whether `ad["name"]` has made the ad (instead of an expression that writes
   * it down). `is` between a computed and a written ad is false. Between two
   * computed or two written ads it is error.
   */
  readonly computed: boolean;

  /** An ad with the given attributes. `parent` is the ad that contains it. */
  constructor(attributes: Scope, parent?: AdValue, computed = false) {
    this.attributes = attributes;
    this.parent = parent;
    this.alternate = undefined;
    this.computed = computed;
  }

  /**
   * Returns the expression of an attribute of this ad. The ads around it are
   * not searched.
   */
  lookup(name: string): Expr | undefined {
    return this.attributes.lookup(name);
  }

  /** Returns the names of the ad's own attributes. */
  names(): string[] {
    return [...this.attributes.names?.() ?? []];
  }
}
