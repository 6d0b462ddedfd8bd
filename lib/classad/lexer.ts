/**
 * Splits text into tokens as HTCondor's lexer.cpp does. Octal and hexadecimal
 * integers are refused, because HTCondor's daemons run with that setting.
 *
 * @module
 */
import { type ClassAdSyntaxError, syntaxErrorAt } from "./error.ts";
import { isDigit, isLetter, nextOf, unescapeNew } from "./characters.ts";
import { parseLeadingReal } from "./number_text.ts";
import {
  type Punctuation,
  reservedWord,
  type Syntax,
  type TokenType,
} from "./token.ts";
import { parseInteger } from "./value.ts";

const IDENTIFIER = /[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER =
  /-?(?:0[xX][0-9a-fA-F]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|0[xX][0-9a-fA-F]*\.?|[0-9]*\.?[0-9]*(?:(?<=[0-9])[eE][+-]?[0-9]*)?)/y;
const SPACE = /[ \t\n\v\f\r]*/y;
const PUNCTUATION =
  /=\?=|=!=|>>>|>>|>=|<<|<=|==|!=|&&|\|\||[.*\/%+\-~^?:;,\[\](){}&|<>=!]/y;

/**
 * After one of these tokens a minus is an operator. Elsewhere it is the sign of
 * a number.
 */
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

/** Splits one text into tokens. The fields hold the current token. */
export class Lexer {
  /** The text that is split. */
  readonly text: string;
  /** The type of the current token. */
  type: TokenType = "end";
  /** The name or the string that the current token stands for. */
  textValue = "";
  /** The value of an integer token. */
  integerValue = 0n;
  /** The value of a real token. */
  realValue = 0;
  /** The offset of the current token, in UTF-16 units. */
  start = 0;
  /** The offset after the current token, in UTF-16 units. */
  position: number;
  readonly #old: boolean;

  /** Starts at an offset. {@linkcode next} reads the first token. */
  constructor(text: string, syntax: Syntax, position = 0) {
    this.text = text;
    this.#old = syntax === "old";
    this.position = position;
  }

  /** Returns an error about the current token. */
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
            throw this.error("comment is not closed", this.position);
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

  /** Reads `..` as one dot and `..7` as 0.0, as HTCondor's library does. */
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

  /**
   * Reads an integer of at most 15 digits. This fast path serves most numbers.
   */
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
   * Reads the hexadecimal numbers that HTCondor accepts. It refuses most of
   * them. But its from_chars() reads `-0x1F` as 0, and its strtod() reads the
   * real `0x1F.8`.
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
      throw this.error("integer starts with 0");
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
    if (this.textValue.includes("\0")) {
      throw this.error("string contains a NUL character");
    }
    this.type = type;
  }

  /**
   * Reads a string in old syntax. A backslash is special only before a quote,
   * and not even there if that quote ends the text or the line.
   */
  #oldString(quote: string): string {
    const { text } = this;
    let value = "";
    let from = this.position + 1;
    for (;;) {
      const end = text.indexOf(quote, from);
      if (end < 0) throw this.error("string has no closing quote");
      const escaped = end > from && text[end - 1] === "\\";
      if (!escaped || end + 1 >= text.length || text[end + 1] === "\n") {
        this.position = end + 1;
        return value + text.slice(from, end);
      }
      value += text.slice(from, end - 1) + quote;
      from = end + 1;
    }
  }

  /**
   * Reads a string in new syntax, with the escapes of C. Strings that follow
   * each other are joined.
   */
  #newString(quote: string): string {
    const { text } = this;
    let raw = "";
    for (;;) {
      const from = this.position + 1;
      let end = from;
      for (;; end++) {
        end = nextOf(text, end, quote);
        if (end >= text.length) throw this.error("string has no closing quote");
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
    if (value === undefined) {
      throw this.error("string contains a NUL character");
    }
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
