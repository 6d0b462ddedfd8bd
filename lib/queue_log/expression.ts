import { ClassAdError, type Expr, parse, quote } from "../classad/mod.ts";
import { QueueLogError } from "./errors.ts";

const MAX_ENTRIES = 4096;
const MAX_LENGTH = 4096;

/**
 * Parsed values by their text. The jobs of a cluster, and many jobs of a queue,
 * share most of their values.
 */
export class ExpressionCache {
  readonly #parsed = new Map<string, Expr>();

  /**
   * Returns the expression. Throws a {@linkcode QueueLogError} that names
   * `where`.
   */
  parse(text: string, where: () => string): Expr {
    let expr = this.#parsed.get(text);
    if (expr !== undefined) return expr;
    expr = parseValue(text, where);
    if (text.length <= MAX_LENGTH) {
      if (this.#parsed.size >= MAX_ENTRIES) this.#parsed.clear();
      this.#parsed.set(text, expr);
    }
    return expr;
  }
}

/** Returns the string `text` as an expression. */
export function stringLiteral(text: string): Expr {
  return parse(quote(text));
}

function parseValue(text: string, where: () => string): Expr {
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof ClassAdError)) throw cause;
    throw new QueueLogError("value is not a ClassAd expression", {
      subject: `${where()} = ${abbreviate(text)}`,
      cause,
    });
  }
}

/** Returns at most one line of a value, for error messages. */
export function abbreviate(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}
