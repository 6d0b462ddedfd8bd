/**
 * The types of tokens.
 *
 * @module
 */

/**
 * How strings are written, and how reals and ads are printed: the syntax of old
 * or of new ClassAds.
 */
export type Syntax = "old" | "new";

/**
 * The type of a token: a kind of token that carries a value or has a name, or
 * the punctuation itself.
 */
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

/** The tokens that carry no value. */
export type Punctuation =
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

/**
 * Returns the token type of a word that is reserved, in any case, or undefined.
 */
export function reservedWord(word: string): TokenType | undefined {
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
