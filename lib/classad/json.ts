/**
 * HTCondor's JSON. An ad is an object. An expression that JSON cannot hold is
 * the string `\/Expr(...)\/`. The code follows jsonSink.cpp and jsonSource.cpp.
 *
 * @module
 */
import { syntaxErrorAt } from "./error.ts";
import { type Expr, RelativeTime } from "./model.ts";
import { ad, list, literal } from "./expr.ts";
import { realToOldText } from "./number_text.ts";
import { MAX_NESTING, parse } from "./parser.ts";
import { compareNames, unparse } from "./unparse.ts";
import { parseInteger } from "./value.ts";

/** Returns attributes as a JSON object on several lines. */
export function toJson(
  attributes: Iterable<readonly [name: string, value: Expr]>,
): string {
  return writeObject([...attributes], 0);
}

function writeObject(
  attributes: readonly (readonly [name: string, value: Expr])[],
  indent: number,
): string {
  const inner = "\n" + " ".repeat(indent + 2);
  const parts = attributes.map(([name, value]) =>
    `${inner}"${escape(name)}": ${write(value, indent + 2)}`
  );
  return `{${parts.join(",")}\n${" ".repeat(indent)}}`;
}

function write(expr: Expr, indent: number): string {
  if (expr.kind === "list") {
    const inner = "\n" + " ".repeat(indent + 2);
    const parts = expr.items.map((item) => inner + write(item, indent + 2));
    return `[${parts.join(",")}\n${" ".repeat(indent)}]`;
  }
  if (expr.kind === "ad") {
    const attributes = Array.from(
      expr.attributes.values(),
      ({ name, value }) => [name, value] as const,
    );
    attributes.sort(([a], [b]) => compareNames(a, b));
    return writeObject(attributes, indent);
  }
  if (expr.kind === "literal") {
    const { value } = expr;
    switch (typeof value) {
      case "undefined":
        return "null";
      case "boolean":
      case "bigint":
        return String(value);
      case "number":
        if (Number.isFinite(value)) return realToOldText(value);
        break;
      case "string":
        return `"${escape(value)}"`;
    }
    // HTCondor evaluates the literal of a relative time to a real.
    if (value instanceof RelativeTime && Number.isFinite(value.seconds)) {
      return realToOldText(value.seconds);
    }
  }
  return `"\\/Expr(${escape(unparse(expr, { syntax: "new" }))})\\/"`;
}

const NAMED: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

function escape(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x01-\x1f"\\]/g, (character) =>
    NAMED[character] ??
      "\\u00" +
        character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0"));
}

/** Returns the attributes of one JSON object. Throws ClassAdSyntaxError. */
export function jsonToAd(text: string): [name: string, value: Expr][] {
  const reader = new JsonReader(text);
  const attributes = reader.object();
  reader.end();
  return attributes;
}

/**
 * Returns the ads of a JSON text: one object, several objects one after the
 * other, or an array of objects. Throws ClassAdSyntaxError.
 */
export function jsonToAds(text: string): [name: string, value: Expr][][] {
  return new JsonReader(text).ads();
}

const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;

class JsonReader {
  readonly #text: string;
  #position = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  #fail(message: string): never {
    throw syntaxErrorAt(message, this.#text, this.#position);
  }

  /** Skips white space and returns the next character, which stays unread. */
  #peek(): string {
    while (" \t\r\n\v\f\ufeff".includes(this.#text[this.#position] ?? "x")) {
      this.#position++;
    }
    return this.#text[this.#position] ?? "";
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#position++;
    return true;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#position;
    const found = pattern.exec(this.#text);
    if (found !== null) this.#position += found[0].length;
    return found;
  }

  end(): void {
    if (this.#peek() !== "") this.#fail("unexpected text after the ad");
  }

  ads(): [name: string, value: Expr][][] {
    const ads: [name: string, value: Expr][][] = [];
    const inArray = this.#take("[");
    while (this.#peek() === "{") {
      ads.push(this.object());
      this.#take(",");
    }
    if (inArray && !this.#take("]")) this.#fail("] expected");
    this.end();
    return ads;
  }

  object(): [name: string, value: Expr][] {
    if (!this.#take("{")) this.#fail("{ expected");
    if (++this.#depth > MAX_NESTING) this.#fail("JSON nested too deep");
    const attributes: [name: string, value: Expr][] = [];
    while (this.#take(","));
    while (!this.#take("}")) {
      if (this.#peek() !== '"') this.#fail("name of an attribute expected");
      const name = this.#string().text;
      if (name === "") this.#fail("attribute has no name");
      if (!this.#take(":")) this.#fail(": expected");
      attributes.push([name, this.#value()]);
      if (this.#peek() !== "}" && this.#peek() !== ",") {
        this.#fail(", or } expected");
      }
      while (this.#take(","));
    }
    this.#depth--;
    return attributes;
  }

  #array(): Expr {
    this.#take("[");
    if (++this.#depth > MAX_NESTING) this.#fail("JSON nested too deep");
    const items: Expr[] = [];
    if (!this.#take("]")) {
      do items.push(this.#value()); while (this.#take(","));
      if (!this.#take("]")) this.#fail(", or ] expected");
    }
    this.#depth--;
    return list(items);
  }

  #value(): Expr {
    switch (this.#peek()) {
      case "{":
        return ad(this.object().map(([name, value]) => ({ name, value })));
      case "[":
        return this.#array();
      case '"':
        return this.#stringOrExpression();
    }
    const number = this.#match(NUMBER);
    if (number !== null) {
      if (number[1] !== undefined || number[2] !== undefined) {
        return literal(Number(number[0]));
      }
      return literal(parseInteger(number[0]) ?? 0n);
    }
    const word = this.#match(WORD);
    if (word === null) this.#fail("JSON value expected");
    return literal(word[0] === "null" ? undefined : word[0] === "true");
  }

  #string(): { text: string; raw: string } {
    const start = this.#position + 1;
    let end = start;
    for (;; end++) {
      const character = this.#text[end];
      if (character === '"') break;
      if (character === undefined) this.#fail("string has no closing quote");
      if (character === "\\") end++;
    }
    const raw = this.#text.slice(start, end);
    this.#position = end + 1;
    return { text: this.#unescape(raw), raw };
  }

  #unescape(raw: string): string {
    if (!raw.includes("\\")) return raw;
    return raw.replace(/\\(u[\da-fA-F]{4}|[^])/g, (_, escape: string) => {
      if (escape.length === 5) {
        const code = parseInt(escape.slice(1), 16);
        if (code === 0) this.#fail("string contains a NUL character");
        return String.fromCharCode(code);
      }
      const index = "bfnrt".indexOf(escape);
      return index < 0 ? escape : "\b\f\n\r\t"[index];
    });
  }

  #stringOrExpression(): Expr {
    const start = this.#position;
    const { text, raw } = this.#string();
    const quoted = raw.startsWith("\\/") && raw.endsWith("\\/") &&
      raw.length >= 4;
    if (!quoted || !/^\/Expr\([^]*\)\/$/i.test(text)) return literal(text);
    try {
      return parse(text.slice(6, -2), { syntax: "new" });
    } catch (cause) {
      this.#position = start;
      const { message } = cause as Error;
      throw syntaxErrorAt(
        message.replace(/ at character \d+$/, ""),
        this.#text,
        start,
      );
    }
  }
}
