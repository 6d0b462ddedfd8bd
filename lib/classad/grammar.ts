/**
 * The grammar of expressions and ads: tokens to syntax tree, as HTCondor's
 * source.cpp reads them.
 *
 * @module
 */
import type { ClassAdSyntaxError } from "./error.ts";
import { ad, attribute, call, list, literal, operation } from "./expr.ts";
import type { Lexer } from "./lexer.ts";
import {
  type AdExpr,
  type AttributeDefinition,
  ERROR,
  type Expr,
  type Operator,
} from "./model.ts";
import { parseAbsoluteTime, parseRelativeTime } from "./time_text.ts";
import type { TokenType } from "./token.ts";

/**
 * How deep expressions may be nested. HTCondor 23.9 allows 1000 levels, 25.x
 * about 166.
 */
export const MAX_NESTING = 500;

/** Returns the error for an expression that is nested too deep. */
export function tooDeep(lexer: Lexer): ClassAdSyntaxError {
  return lexer.error("expression nested too deep");
}

/**
 * Returns how tightly a binary operator binds, or 0 if the token is no binary
 * operator.
 */
function precedence(type: TokenType): number {
  switch (type) {
    case "||":
      return 1;
    case "&&":
      return 2;
    case "|":
      return 3;
    case "^":
      return 4;
    case "&":
      return 5;
    case "==":
    case "!=":
    case "is":
    case "isnt":
      return 6;
    case "<":
    case ">":
    case "<=":
    case ">=":
      return 7;
    case "<<":
    case ">>":
    case ">>>":
      return 8;
    case "+":
    case "-":
      return 9;
    case "*":
    case "/":
    case "%":
      return 10;
    default:
      return 0;
  }
}

/** Parses the tokens of a lexer. */
export class Parser {
  readonly #lexer: Lexer;
  readonly #looseElvis: boolean;
  #depth = 0;

  constructor(lexer: Lexer, looseElvis: boolean) {
    this.#lexer = lexer;
    this.#looseElvis = looseElvis;
  }

  atEnd(): boolean {
    return this.#lexer.type === "end";
  }

  expectEnd(): void {
    if (!this.atEnd()) {
      throw this.#lexer.error("unexpected text after the expression");
    }
  }

  #expect(type: TokenType): void {
    if (this.#lexer.type !== type) throw this.#lexer.error(`${type} expected`);
    this.#lexer.next();
  }

  #enter(): void {
    if (++this.#depth > MAX_NESTING) throw tooDeep(this.#lexer);
  }

  expression(): Expr {
    this.#enter();
    let expr = this.#binary(1);
    if (this.#lexer.type === "?") {
      this.#lexer.next();
      const whenTrue = this.expression();
      this.#expect(":");
      expr = operation("?", expr, whenTrue, this.expression());
    } else if (this.#looseElvis && this.#lexer.type === "?:") {
      this.#lexer.next();
      expr = operation("?:", expr, this.expression());
    }
    this.#depth--;
    return expr;
  }

  #binary(lowest: number): Expr {
    const lexer = this.#lexer;
    let left = this.#unary();
    for (;;) {
      const level = precedence(lexer.type);
      if (level < lowest || level === 0) return left;
      const operator = lexer.type as Operator;
      lexer.next();
      left = operation(operator, left, this.#binary(level + 1));
    }
  }

  #unary(): Expr {
    const lexer = this.#lexer;
    let operator: Operator;
    switch (lexer.type) {
      case "-":
        operator = "u-";
        break;
      case "+":
        operator = "u+";
        break;
      case "!":
      case "~":
        operator = lexer.type;
        break;
      default:
        return this.#postfix();
    }
    lexer.next();
    this.#enter();
    const expr = operation(operator, this.#unary());
    this.#depth--;
    return expr;
  }

  #postfix(): Expr {
    const lexer = this.#lexer;
    let expr = this.#primary();
    for (;;) {
      if (lexer.type === ".") {
        lexer.next();
        expr = attribute(this.#name(), expr);
      } else if (lexer.type === "[") {
        lexer.next();
        const index = this.expression();
        this.#expect("]");
        expr = operation("[]", expr, index);
      } else if (lexer.type === "?:" && !this.#looseElvis) {
        lexer.next();
        this.#enter();
        expr = operation("?:", expr, this.#postfix());
        this.#depth--;
      } else {
        return expr;
      }
    }
  }

  #name(): string {
    const lexer = this.#lexer;
    if (lexer.type !== "identifier") {
      throw lexer.error("name of an attribute expected");
    }
    const name = lexer.textValue;
    lexer.next();
    return name;
  }

  #primary(): Expr {
    const lexer = this.#lexer;
    let expr: Expr;
    switch (lexer.type) {
      case "identifier":
        return this.#attributeOrCall();
      case "string":
        expr = literal(lexer.textValue);
        break;
      case "integer":
        expr = literal(lexer.integerValue);
        break;
      case "real":
        expr = literal(lexer.realValue);
        break;
      case "true":
        expr = literal(true);
        break;
      case "false":
        expr = literal(false);
        break;
      case "undefined":
        expr = literal(undefined);
        break;
      case "error":
        expr = literal(ERROR);
        break;
      case ".":
        lexer.next();
        return attribute(this.#name(), undefined, true);
      case "(":
        lexer.next();
        expr = operation("()", this.expression());
        this.#expect(")");
        return expr;
      case "[":
        return this.ad();
      case "{":
        lexer.next();
        return list(this.#items("}", false));
      default:
        throw lexer.error("expression expected");
    }
    lexer.next();
    return expr;
  }

  #attributeOrCall(): Expr {
    const lexer = this.#lexer;
    const start = lexer.start;
    const name = this.#name();
    if (lexer.type !== "(") return attribute(name);
    lexer.next();
    const args = this.#items(")", true);
    return timeLiteral(name, args, lexer, start) ?? call(name, args);
  }

  /**
   * Reads expressions up to the closing mark. Arguments of a call may also be
   * separated by `;`.
   */
  #items(close: ")" | "}", semicolons: boolean): Expr[] {
    const lexer = this.#lexer;
    const items: Expr[] = [];
    if (lexer.type === close) {
      lexer.next();
      return items;
    }
    for (;;) {
      items.push(this.expression());
      if (lexer.type === "," || (semicolons && lexer.type === ";")) {
        lexer.next();
      } else {
        this.#expect(close);
        return items;
      }
    }
  }

  ads(): AdExpr[] {
    const lexer = this.#lexer;
    const ads: AdExpr[] = [];
    const inBraces = lexer.type === "{";
    if (inBraces) lexer.next();
    while (lexer.type !== "end" && lexer.type !== "}") {
      ads.push(this.ad());
      if (inBraces && lexer.type === ",") lexer.next();
    }
    if (inBraces) this.#expect("}");
    this.expectEnd();
    return ads;
  }

  ad(): AdExpr {
    const lexer = this.#lexer;
    const definitions: AttributeDefinition[] = [];
    this.#expect("[");
    if ((lexer.type as TokenType) !== "]") {
      this.#skipSemicolons();
      do {
        const start = lexer.start;
        const name = this.#name();
        if (name === "") throw lexer.error("attribute has no name", start);
        this.#expect("=");
        definitions.push({ name, value: this.expression() });
        if ((lexer.type as TokenType) !== "]") {
          this.#expect(";");
          this.#skipSemicolons();
        }
      } while ((lexer.type as TokenType) !== "]");
    }
    lexer.next();
    return ad(definitions);
  }

  #skipSemicolons(): void {
    while (this.#lexer.type === ";") this.#lexer.next();
  }
}

/**
 * Returns the literal for `absTime("...")` or `relTime("...")`, or undefined
 * for any other call.
 */
function timeLiteral(
  name: string,
  args: readonly Expr[],
  lexer: Lexer,
  start: number,
): Expr | undefined {
  if (name.length !== 7 || args.length !== 1) return undefined;
  const [arg] = args;
  if (arg.kind !== "literal" || typeof arg.value !== "string") return undefined;
  const read = name.toLowerCase() === "abstime"
    ? parseAbsoluteTime
    : name.toLowerCase() === "reltime"
    ? parseRelativeTime
    : undefined;
  if (read === undefined) return undefined;
  const time = read(arg.value);
  if (time === undefined) throw lexer.error("not a valid time", start);
  return literal(time);
}
