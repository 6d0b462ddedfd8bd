/**
 * Parses text into a syntax tree. The grammar is that of HTCondor's source.cpp.
 *
 * @module
 */
import { Parser, tooDeep } from "./grammar.ts";
import { Lexer } from "./lexer.ts";
import type { AdExpr, Expr } from "./model.ts";
import type { Syntax } from "./token.ts";

export { MAX_NESTING } from "./grammar.ts";

/** How to read a text. */
export interface ParseOptions {
  /**
   * The syntax of strings. `old` is the syntax of `job_queue.log` and `condor_q
   * -long`: a backslash is an ordinary character, except before a quote. `new`
   * has the escapes of C. The default is `old`.
   */
  readonly syntax?: Syntax;
  /**
   * The release of HTCondor whose grammar is used, where releases differ. In
   * 23.9, `a ?: b + c` means `a ?: (b + c)`. Since 25.x it means `(a ?: b) +
   * c`, which is also the default here.
   */
  readonly release?: Release;
}

/** A release of HTCondor whose language differs from the other's in places. */
export type Release = "23.9" | "25";

/**
 * Parses an expression. The whole text must be one expression.
 *
 * Throws {@linkcode ClassAdSyntaxError} for a text that HTCondor refuses too,
 * and for an expression that is nested deeper than {@linkcode MAX_NESTING}
 * levels. The syntax is that of HTCondor's ClassAd library (source.cpp and
 * lexer.cpp).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { evaluate, parse } from "./mod.ts";
 *
 * assertEquals(evaluate(parse("3 * (1 + 2)")), 9n);
 * ```
 */
export function parse(text: string, options: ParseOptions = {}): Expr {
  return guarded(text, options, (parser) => {
    const expr = parser.expression();
    parser.expectEnd();
    return expr;
  });
}

/**
 * Parses an ad in new syntax, such as `[ a = 1; b = 2 ]`, and returns it as an
 * expression. The syntax is that of HTCondor's ClassAd library (source.cpp).
 *
 * Throws {@linkcode ClassAdSyntaxError}.
 */
export function parseAd(text: string, options: ParseOptions = {}): AdExpr {
  return guarded(text, { syntax: "new", ...options }, (parser) => {
    const expr = parser.ad();
    parser.expectEnd();
    return expr;
  });
}

/**
 * Parses a text as the function eval() does. After `a ? b : c` any text may
 * follow, as in HTCondor; after every other expression the text must end.
 */
export function parseAsEval(text: string): Expr {
  return guarded(text, { syntax: "new" }, (parser) => {
    const expr = parser.expression();
    if (expr.kind !== "operation" || expr.operator !== "?") parser.expectEnd();
    return expr;
  });
}

/**
 * Parses all ads of a text in new syntax. The ads follow each other, or stand
 * in braces with commas between them, as condor_q -long:new prints them. Throws
 * {@linkcode ClassAdSyntaxError}.
 */
export function parseAds(text: string): AdExpr[] {
  return guarded(text, { syntax: "new" }, (parser) => parser.ads());
}

function guarded<T>(
  text: string,
  options: ParseOptions,
  read: (parser: Parser) => T,
): T {
  const lexer = new Lexer(text, options.syntax ?? "old");
  try {
    lexer.next();
    return read(new Parser(lexer, options.release === "23.9"));
  } catch (error) {
    if (error instanceof RangeError) throw tooDeep(lexer);
    throw error;
  }
}
