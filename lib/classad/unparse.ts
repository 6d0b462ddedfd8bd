/**
 * Prints a syntax tree as text, as HTCondor's sink.cpp does.
 *
 * @module
 */
import { compareBytesIgnoringCase, isAscii, toByteString } from "./bytes.ts";
import type { AdValue, Expr, Operator, Value } from "./model.ts";
import { literal } from "./expr.ts";
import type { Syntax } from "./token.ts";
import { realToNewText, realToOldText } from "./number_text.ts";
import { absoluteTimeText, relativeTimeText } from "./time_text.ts";

/** How to print an expression. */
export interface UnparseOptions {
  /**
   * The syntax to print; the default is `old`. `old` is the syntax of
   * `job_queue.log` and `condor_q -long`: strings escape only quotes, reals are
   * short, and `=?=` is used. `new` has strings with the escapes of C and with
   * every byte outside ASCII in octal, reals with an exponent, and `is`.
   */
  readonly syntax?: Syntax;
  /** Whether lists and ads are printed on several lines with indentation. */
  readonly pretty?: boolean;
}

/**
 * Returns an expression as text, on one line unless `pretty` is set. The text
 * is what HTCondor's ClassAdUnParser prints (sink.cpp).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parse, unparse } from "./mod.ts";
 *
 * const expr = parse('a=?=1 && b=="x\\y"');
 * assertEquals(unparse(expr), 'a =?= 1 && b == "x\\y"');
 * assertEquals(unparse(expr, { syntax: "new" }), 'a is 1 && b == "x\\\\y"');
 * ```
 */
export function unparse(expr: Expr, options: UnparseOptions = {}): string {
  return new Printer(options).print(expr);
}

/**
 * Returns a value as an expression that evaluates to it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { evaluate, parse, unparseValue } from "./mod.ts";
 *
 * assertEquals(unparseValue(evaluate(parse('split("a b")'))), '{ "a","b" }');
 * ```
 */
export function unparseValue(
  value: Value,
  options: UnparseOptions = {},
): string {
  return new Printer(options).print(literal(value));
}

/**
 * Returns a text as a string literal of the old syntax, with its quotes.
 *
 * A string that ends with a backslash is a problem in old syntax. It can stand
 * only at the end of an expression.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { evaluate, parse, quote } from "./mod.ts";
 *
 * assertEquals(quote('say "hi"'), '"say \\"hi\\""');
 * assertEquals(evaluate(parse(quote('C:\\dir "x"'))), 'C:\\dir "x"');
 * ```
 */
export function quote(text: string): string {
  return `"${text.replaceAll('"', '\\"')}"`;
}

/** Returns a text as a string literal of the new syntax, with its quotes. */
export function quoteNew(text: string): string {
  return `"${escapeNew(text, '"')}"`;
}

const NAMED_ESCAPES: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
};

function escapeNew(text: string, delimiter: string): string {
  // deno-lint-ignore no-control-regex
  if (isAscii(text) && !/[\x00-\x1f\x7f"'\\]/.test(text)) return text;
  // deno-lint-ignore no-control-regex
  return toByteString(text).replace(/[\x00-\x1f\x7f-\xff"'\\]/g, (byte) => {
    if (byte === delimiter) return "\\" + byte;
    if (byte === '"' || byte === "'") return byte;
    return NAMED_ESCAPES[byte] ??
      "\\" + byte.charCodeAt(0).toString(8).padStart(3, "0");
  });
}

const RESERVED = new Set([
  "error",
  "false",
  "is",
  "isnt",
  "parent",
  "true",
  "undefined",
]);

/**
 * Returns an attribute name as it is written in an expression. It has single
 * quotes if it is not a plain name or is a reserved word.
 */
export function attributeName(name: string, syntax: Syntax): string {
  const escaped = syntax === "old"
    ? name.replaceAll("'", "\\'")
    : escapeNew(name, "'");
  const plain = /^[A-Za-z_][A-Za-z0-9_]*$/.test(escaped) &&
    !RESERVED.has(escaped.toLowerCase());
  return plain ? escaped : `'${escaped}'`;
}

/**
 * Compares two names in the order in which HTCondor prints an ad's attributes:
 * by length in bytes, then by name without case. (classad_flat_map.h)
 */
export function compareNames(a: string, b: string): number {
  return toByteString(a).length - toByteString(b).length ||
    compareBytesIgnoringCase(a, b);
}

/** Work that is left: text, or a node with its indentation. */
type Work = string | { readonly expr: Expr; readonly indent: number };

/**
 * Prints with a stack of its own, so that deep nesting cannot overflow the
 * JavaScript stack.
 */
class Printer {
  readonly #syntax: Syntax;
  readonly #pretty: boolean;
  readonly #work: Work[] = [];

  constructor(options: UnparseOptions) {
    this.#syntax = options.syntax ?? "old";
    this.#pretty = options.pretty ?? false;
  }

  print(expr: Expr): string {
    let text = "";
    this.#push({ expr, indent: 0 });
    for (let work = this.#work.pop(); work; work = this.#work.pop()) {
      if (typeof work === "string") text += work;
      else text += this.#start(work.expr, work.indent);
    }
    return text;
  }

  /** Adds work. The first part is printed first. */
  #push(...parts: readonly Work[]): void {
    for (let i = parts.length - 1; i >= 0; i--) {
      if (parts[i] !== "") this.#work.push(parts[i]);
    }
  }

  /**
   * Returns the text of a node, or the start of it. The rest is added as work.
   */
  #start(expr: Expr, indent: number): string {
    switch (expr.kind) {
      case "literal":
        return this.#value(expr.value, indent);
      case "attribute":
        if (expr.scope === undefined) {
          return (expr.absolute ? "." : "") + this.#name(expr.name);
        }
        this.#push({ expr: expr.scope, indent }, "." + this.#name(expr.name));
        return "";
      case "operation":
        this.#operation(expr.operator, expr.operands, indent);
        return "";
      case "call":
        this.#push(
          this.#name(expr.name) + "(",
          ...separated(expr.args, indent, ","),
          ")",
        );
        return "";
      case "list":
        return this.#list(expr.items, indent);
      case "ad":
        return this.#ad(
          Array.from(expr.attributes.values(), ({ name, value }) => [
            name,
            value,
          ]),
          indent,
        );
    }
  }

  #name(name: string): string {
    return attributeName(name, this.#syntax);
  }

  #operation(
    operator: Operator,
    operands: readonly Expr[],
    indent: number,
  ): void {
    const [a, b, c] = operands.map((expr) => ({ expr, indent }));
    switch (operator) {
      case "()":
        return this.#push("(", a, ")");
      case "u+":
        return this.#push(" +", a);
      case "u-":
        return this.#push(" -", a);
      case "!":
      case "~":
        return this.#push(` ${operator}`, a);
      case "?":
        return this.#push(a, " ? ", b, " : ", c);
      case "[]":
        return this.#push(a, "[", b, "]");
      case "is":
        return this.#push(a, this.#syntax === "old" ? " =?= " : " is ", b);
      case "isnt":
        return this.#push(a, this.#syntax === "old" ? " =!= " : " isnt ", b);
      default:
        return this.#push(a, ` ${operator} `, b);
    }
  }

  #value(value: Value, indent: number): string {
    switch (typeof value) {
      case "undefined":
        return "undefined";
      case "boolean":
      case "bigint":
        return String(value);
      case "number":
        return this.#syntax === "old"
          ? realToOldText(value)
          : realToNewText(value);
      case "string":
        return this.#syntax === "old" ? quote(value) : quoteNew(value);
    }
    switch (value.type) {
      case "error":
        return "error";
      case "absolute time":
        return `absTime("${absoluteTimeText(value)}")`;
      case "relative time":
        return `relTime("${relativeTimeText(value)}")`;
      case "list":
        return this.#list(value.items, indent);
      case "ad":
        return this.#ad(attributesOf(value), indent);
    }
  }

  #list(items: readonly Expr[], indent: number): string {
    if (!this.#pretty) {
      this.#push(...separated(items, indent, ","), " }");
      return "{ ";
    }
    const outer = "\n" + " ".repeat(indent + 3);
    const inner = "\n" + " ".repeat(indent + 6);
    for (let i = items.length - 1; i >= 0; i--) {
      if (i === items.length - 1) this.#push(outer + "}");
      this.#push(
        inner,
        { expr: items[i], indent: indent + 6 },
        i + 1 < items.length ? "," : "",
      );
    }
    return outer + "{" + (items.length === 0 ? outer + "}" : "");
  }

  #ad(attributes: [name: string, value: Expr][], indent: number): string {
    attributes.sort(([a], [b]) => compareNames(a, b));
    const pretty = this.#pretty;
    const outer = pretty ? "\n" + " ".repeat(indent + 4) : "";
    const inner = pretty ? "\n" + " ".repeat(indent + 8) : "";
    const parts: Work[] = [];
    attributes.forEach(([name, value], i) => {
      parts.push(
        `${inner}${this.#name(name)} = `,
        { expr: value, indent: indent + 8 },
        i + 1 < attributes.length ? "; " : "",
      );
    });
    this.#push(...parts, pretty ? outer + "]" : " ]");
    return pretty ? outer + "[" : "[ ";
  }
}

function separated(
  exprs: readonly Expr[],
  indent: number,
  separator: string,
): Work[] {
  return exprs.flatMap((expr, i) =>
    i === 0 ? [{ expr, indent }] : [separator, { expr, indent }]
  );
}

function attributesOf(ad: AdValue): [name: string, value: Expr][] {
  const attributes: [name: string, value: Expr][] = [];
  for (const name of ad.names()) {
    const value = ad.lookup(name);
    if (value !== undefined) attributes.push([name, value]);
  }
  return attributes;
}
