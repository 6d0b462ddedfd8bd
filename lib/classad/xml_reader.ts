/**
 * Reads ads from HTCondor's XML. The code follows xmlSource.cpp.
 *
 * @module
 */
import { type ClassAdSyntaxError, syntaxErrorAt } from "./error.ts";
import { ad, list, literal } from "./expr.ts";
import { ERROR, type Expr } from "./model.ts";
import { parseLeadingReal } from "./number_text.ts";
import { MAX_NESTING, parse } from "./parser.ts";
import { parseAbsoluteTime, parseRelativeTime } from "./time_text.ts";
import { parseInteger } from "./value.ts";

/**
 * Returns the ads of an XML text. Everything between them is skipped. Throws
 * ClassAdSyntaxError.
 */
export function parseXmlAds(
  text: string,
): [name: string, value: Expr][][] {
  const reader = new XmlReader(text);
  const ads: [name: string, value: Expr][][] = [];
  while (reader.findAd()) ads.push(reader.ad());
  // If no ad matches, HTCondor's tools print only this element.
  if (ads.length === 0 && !/<classads\s*\/?>/.test(text)) {
    throw reader.error("no <c> element");
  }
  return ads;
}

const TAG = /<(\/?)([A-Za-z]+)((?:\s+[A-Za-z]+\s*=\s*"[^"]*")*)\s*(\/?)>/y;
const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

interface Tag {
  readonly closing: boolean;
  readonly name: string;
  readonly attributes: string;
  readonly empty: boolean;
}

class XmlReader {
  readonly #text: string;
  #position = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  error(message: string): ClassAdSyntaxError {
    return syntaxErrorAt(message, this.#text, this.#position);
  }

  findAd(): boolean {
    const next = /<c\s*>/g;
    next.lastIndex = this.#position;
    const found = next.exec(this.#text);
    if (found === null) return false;
    this.#position = found.index;
    return true;
  }

  #skipSpace(): void {
    while (" \t\r\n".includes(this.#text[this.#position] ?? "x")) {
      this.#position++;
    }
  }

  #tag(): Tag {
    this.#skipSpace();
    TAG.lastIndex = this.#position;
    const found = TAG.exec(this.#text);
    if (found === null) throw this.error("tag expected");
    this.#position += found[0].length;
    return {
      closing: found[1] !== "",
      name: found[2].toLowerCase(),
      attributes: found[3],
      empty: found[4] !== "",
    };
  }

  #open(name: string): Tag {
    const start = this.#position;
    const tag = this.#tag();
    if (tag.closing || tag.name !== name) {
      this.#position = start;
      throw this.error(`<${name}> expected`);
    }
    return tag;
  }

  #close(name: string): void {
    const start = this.#position;
    const tag = this.#tag();
    if (!tag.closing || tag.name !== name) {
      this.#position = start;
      throw this.error(`</${name}> expected`);
    }
  }

  #atClose(): boolean {
    this.#skipSpace();
    return this.#text.startsWith("</", this.#position);
  }

  ad(): [name: string, value: Expr][] {
    if (this.#open("c").empty) return [];
    return this.#adRest();
  }

  #adRest(): [name: string, value: Expr][] {
    const attributes: [name: string, value: Expr][] = [];
    while (!this.#atClose()) {
      const start = this.#position;
      const tag = this.#open("a");
      const name = unescape(/\bn\s*=\s*"([^"]*)"/.exec(tag.attributes)?.[1]);
      if (name === "") {
        this.#position = start;
        throw this.error("attribute has no name");
      }
      attributes.push([name, this.#value()]);
      this.#close("a");
    }
    this.#close("c");
    return attributes;
  }

  #value(): Expr {
    if (++this.#depth > MAX_NESTING) throw this.error("XML nested too deep");
    const start = this.#position;
    const tag = this.#tag();
    if (tag.closing) {
      this.#position = start;
      throw this.error("value expected");
    }
    const expr = this.#element(tag, start);
    this.#depth--;
    return expr;
  }

  #element(tag: Tag, start: number): Expr {
    const { name, empty } = tag;
    switch (name) {
      case "c": {
        const attributes = empty ? [] : this.#adRest();
        return ad(attributes.map(([name, value]) => ({ name, value })));
      }
      case "l": {
        const items: Expr[] = [];
        if (!empty) {
          while (!this.#atClose()) items.push(this.#value());
          this.#close("l");
        }
        return list(items);
      }
    }
    const text = empty ? "" : this.#textOf(name);
    const value = scalar(name, text, tag.attributes);
    if (value === undefined) {
      this.#position = start;
      throw this.error(`unknown or malformed element <${name}>`);
    }
    return value;
  }

  #textOf(name: string): string {
    const end = this.#text.indexOf("<", this.#position);
    if (end < 0) throw this.error(`</${name}> expected`);
    const text = this.#text.slice(this.#position, end);
    this.#position = end;
    this.#close(name);
    return unescape(text);
  }
}

function unescape(text = ""): string {
  return text.replace(
    /&(amp|lt|gt|quot|apos);/g,
    (_, name: string) => ENTITIES[name],
  );
}

function scalar(
  name: string,
  text: string,
  attributes: string,
): Expr | undefined {
  switch (name) {
    case "i": {
      if (!/^\s*-?\d+\s*$/.test(text)) return literal(ERROR);
      return literal(parseInteger(text.trim()) ?? ERROR);
    }
    case "r":
      return literal(parseLeadingReal(text) ?? ERROR);
    case "s":
      return parseOrNothing(`"${escapeQuotes(text)}"`);
    case "b":
      return literal(/\bv\s*=\s*"[tT]"/.test(attributes));
    case "un":
      return literal(undefined);
    case "er":
      return literal(ERROR);
    case "at": {
      const time = parseAbsoluteTime(text);
      return time && literal(time);
    }
    case "rt": {
      const time = parseRelativeTime(text);
      return time && literal(time);
    }
    case "e":
      return parseOrNothing(text);
    default:
      return undefined;
  }
}

/**
 * Returns the content of a string literal. In XML a quote needs no backslash,
 * but it may have one: an escape stays as it is.
 */
function escapeQuotes(text: string): string {
  return text.replace(
    /\\[^]|["\\]/g,
    (found) => found.length === 1 ? `\\${found}` : found,
  );
}

function parseOrNothing(text: string): Expr | undefined {
  try {
    return parse(text, { syntax: "new" });
  } catch {
    return undefined;
  }
}
