/**
 * Text to tokens, as HTCondor's lexer.cpp cuts them, with the semantics that
 * its daemons run with: no octal or hexadecimal integers.
 *
 * @module
 */
import { type ClassAdSyntaxError, syntaxErrorAt } from "./error.ts";
import { isDigit, isLetter, nextOf, unescapeNew } from "./characters.ts";
import { parseLeadingReal } from "./number_text.ts";
import { parseInteger } from "./value.ts";

/** The two ways to write strings (and to print reals and ads). */
export type Syntax = "old" | "new";

/** Tokens that carry a value, besides the punctuation itself. */
export type TokenType =
  | "end"
  | "identifier"
  | "integer"
  | "real"
  | "string"
  | "true"
  | "false"
  | "undefined"
  | "error"
  | "is"
  | "isnt"
  | Punctuation;

type Punctuation =
  | "."
  | "*"
  | "/"
  | "%"
  | "+"
  | "-"
  | "~"
  | "^"
  | "?"
  | "?:"
  | ":"
  | ";"
  | ","
  | "["
  | "]"
  | "("
  | ")"
  | "{"
  | "}"
  | "&"
  | "&&"
  | "|"
  | "||"
  | "<"
  | "<="
  | "<<"
  | ">"
  | ">="
  | ">>"
  | ">>>"
  | "="
  | "=="
  | "!="
  | "!";

const IDENTIFIER = /[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER =
  /-?(?:0[xX][0-9a-fA-F]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|0[xX][0-9a-fA-F]*\.?|[0-9]*\.?[0-9]*(?:(?<=[0-9])[eE][+-]?[0-9]*)?)/y;
const SPACE = /[ \t\n\v\f\r]*/y;
const PUNCTUATION =
  /=\?=|=!=|>>>|>>|>=|<<|<=|==|!=|&&|\|\||[.*\/%+\-~^?:;,\[\](){}&|<>=!]/y;

/** After these a minus is an operator, not the sign of a number. */
const ENDS_OPERAND: ReadonlySet<TokenType> = new Set<TokenType>([
  "integer",
  "real",
  "true",
  "false",
  "string",
  "undefined",
  "error",
  "identifier",
  ".",
  "]",
  ")",
  "}",
]);

/** Cuts one text into tokens; the current one stands in its fields. */
export class Lexer {
  /** The text. */
  readonly text: string;
  /** What the current token is. */
  type: TokenType = "end";
  /** The name or the string of the current token. */
  textValue = "";
  /** The value of an integer token. */
  integerValue = 0n;
  /** The value of a real token. */
  realValue = 0;
  /** Where the current token starts. */
  start = 0;
  /** Where the next token is looked for. */
  position: number;
  readonly #old: boolean;

  /** Starts at `position`; {@linkcode next} reads the first token. */
  constructor(text: string, syntax: Syntax, position = 0) {
    this.text = text;
    this.#old = syntax === "old";
    this.position = position;
  }

  /** An error at the current token. */
  error(message: string, offset = this.start): ClassAdSyntaxError {
    return syntaxErrorAt(message, this.text, offset);
  }

  /** Moves on to the next token. */
  next(): void {
    const before = this.type;
    this.#skipSpace();
    this.start = this.position;
    if (this.position >= this.text.length) {
      this.type = "end";
      return;
    }
    const code = this.text.charCodeAt(this.position);
    if (isLetter(code)) this.#word();
    else if (isDigit(code)) this.#number();
    else if (code === 0x22) this.#string('"', "string");
    else if (code === 0x27) this.#string("'", "identifier");
    else if (code === 0x2e) this.#dot(1);
    else if (code === 0x2d) this.#minus(before);
    else this.#punctuation();
  }

  #skipSpace(): void {
    const { text } = this;
    for (;;) {
      const code = text.charCodeAt(this.position);
      if (code === 0x20 || (code >= 9 && code <= 13)) {
        this.position++;
      } else if (code === 0x2f) {
        const after = text.charCodeAt(this.position + 1);
        if (after === 0x2f) {
          const end = text.indexOf("\n", this.position);
          this.position = end < 0 ? text.length : end;
        } else if (after === 0x2a) {
          const end = text.indexOf("*/", this.position + 2);
          if (end < 0) {
            throw this.error("comment without an end", this.position);
          }
          this.position = end + 2;
        } else return;
      } else return;
    }
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.text)?.[0] ?? "";
    this.position += found.length;
    return found;
  }

  #word(): void {
    const word = this.#match(IDENTIFIER);
    if (word.length <= 9) {
      const type = reservedWord(word);
      if (type !== undefined) {
        this.type = type;
        return;
      }
    }
    this.type = "identifier";
    this.textValue = word;
  }

  #dot(ahead: number): void {
    const { text, position } = this;
    if (isDigit(text.charCodeAt(position + ahead))) this.#number();
    else if (ahead === 1 && text[position + 1] === ".") this.#twoDots();
    else this.#punctuation();
  }

  /** The library takes `..` for one dot, and `..7` for 0.0. */
  #twoDots(): void {
    this.position++;
    if (!isDigit(this.text.charCodeAt(this.position + 1))) {
      this.#punctuation();
      return;
    }
    this.#number();
    this.realValue = 0;
  }

  #minus(before: TokenType): void {
    const after = this.text.charCodeAt(this.position + 1);
    if (ENDS_OPERAND.has(before)) this.#punctuation();
    else if (isDigit(after)) this.#number();
    else if (after === 0x2e) this.#dot(2);
    else this.#punctuation();
  }

  /** Reads an integer of few digits, which most numbers are. */
  #smallInteger(): boolean {
    const { text, position } = this;
    let end = position;
    while (isDigit(text.charCodeAt(end))) end++;
    if (end === position || end - position > 15) return false;
    if (text.charCodeAt(position) === 0x30 && end - position > 1) return false;
    const after = text.charCodeAt(end) | 0x20;
    if (after === 0x2e || after === 0x65 || after === 0x78) return false;
    this.#integer(BigInt(text.slice(position, end)));
    this.position = end;
    return true;
  }

  #number(): void {
    if (this.#smallInteger()) return;
    const digits = this.#match(NUMBER);
    const sign = digits.startsWith("-") ? 1 : 0;
    if (/^-?0[xX]/.test(digits)) {
      this.#hexadecimal(digits, sign);
    } else if (/^-?[0-9]+$/.test(digits)) {
      this.#decimal(digits, sign);
    } else if (/^-?[0-9]*\.[0-9]+$|^-?[0-9.]+[eE][+-]?[0-9]+$/.test(digits)) {
      if (/\.(?![0-9])/.test(digits)) throw this.error("malformed number");
      this.type = "real";
      this.realValue = Number(digits);
    } else {
      throw this.error("malformed number");
    }
  }

  /**
   * Hexadecimal integers are refused, but not all: the library reads them with
   * from_chars(), which makes 0 of `-0x1F`, and reals with strtod(), which
   * takes `0x1F.8`.
   */
  #hexadecimal(digits: string, sign: number): void {
    if (/\.[0-9]/.test(digits)) {
      this.type = "real";
      this.realValue = parseLeadingReal(digits)!;
    } else if (sign === 1 && /[0-9a-fA-F]$/.test(digits.slice(3))) {
      this.#integer(0n);
    } else {
      throw this.error("hexadecimal numbers are not allowed");
    }
  }

  #decimal(digits: string, sign: number): void {
    const leadingZero = digits[sign] === "0" && digits.length > sign + 1;
    if (leadingZero && (sign === 0 || /[89]/.test(digits))) {
      throw this.error("integers may not start with 0");
    }
    this.#integer(parseInteger(digits) ?? 0n);
  }

  #integer(value: bigint): void {
    this.type = "integer";
    this.integerValue = value;
  }

  #string(quote: string, type: "string" | "identifier"): void {
    this.textValue = this.#old
      ? this.#oldString(quote)
      : this.#newString(quote);
    if (this.textValue.includes("\0")) throw this.error("string with a NUL");
    this.type = type;
  }

  /**
   * Old syntax: a backslash means something only before a quote, and not even
   * there when that quote ends the text or the line.
   */
  #oldString(quote: string): string {
    const { text } = this;
    let value = "";
    let from = this.position + 1;
    for (;;) {
      const end = text.indexOf(quote, from);
      if (end < 0) throw this.error("string without an end");
      const escaped = end > from && text[end - 1] === "\\";
      if (!escaped || end + 1 >= text.length || text[end + 1] === "\n") {
        this.position = end + 1;
        return value + text.slice(from, end);
      }
      value += text.slice(from, end - 1) + quote;
      from = end + 1;
    }
  }

  /** New syntax: C's escapes; strings that follow each other are one. */
  #newString(quote: string): string {
    const { text } = this;
    let raw = "";
    for (;;) {
      const from = this.position + 1;
      let end = from;
      for (;; end++) {
        end = nextOf(text, end, quote);
        if (end >= text.length) throw this.error("string without an end");
        if (text[end] !== "\\") break;
        end++;
      }
      raw += text.slice(from, end);
      this.position = end + 1;
      SPACE.lastIndex = this.position;
      const space = SPACE.exec(text)![0].length;
      if (text[this.position + space] !== quote) break;
      this.position += space;
    }
    return raw.includes("\\") ? this.#unescape(raw) : raw;
  }

  #unescape(raw: string): string {
    const value = unescapeNew(raw);
    if (value === undefined) throw this.error("string with a NUL");
    return value;
  }

  #punctuation(): void {
    const found = this.#match(PUNCTUATION);
    if (found === "") throw this.error("unexpected character");
    this.type = found as Punctuation;
    if (found === "=?=") this.type = "is";
    else if (found === "=!=") this.type = "isnt";
    else if (found === "=" && this.text[this.position] === "?") {
      throw this.error("unexpected character", this.position);
    } else if (found === "?") {
      SPACE.lastIndex = this.position;
      const space = SPACE.exec(this.text)![0].length;
      if (this.text[this.position + space] === ":") {
        this.position += space + 1;
        this.type = "?:";
      }
    }
  }
}

function reservedWord(word: string): TokenType | undefined {
  switch (word.length) {
    case 2:
    case 4:
    case 5:
    case 9:
      break;
    default:
      return undefined;
  }
  switch (word.toLowerCase()) {
    case "is":
      return "is";
    case "isnt":
      return "isnt";
    case "true":
      return "true";
    case "false":
      return "false";
    case "error":
      return "error";
    case "undefined":
      return "undefined";
    default:
      return undefined;
  }
}
