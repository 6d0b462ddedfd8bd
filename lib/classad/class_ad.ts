/**
 * The class of an ad: attributes by name.
 *
 * @module
 */
import { ClassAdError } from "./error.ts";
import { evaluateAttribute } from "./evaluate.ts";
import type { Expr, Scope, Value } from "./model.ts";
import { literal } from "./expr.ts";
import { jsonToAd, toJson } from "./json.ts";
import { parseLong, toLong } from "./long.ts";
import { parse, parseAd } from "./parser.ts";
import { attributeName, unparse } from "./unparse.ts";
import { toXml, type XmlOptions } from "./xml.ts";
import { parseXmlAds } from "./xml_reader.ts";

/** What an attribute can be set to: an expression or a value. */
export type AttributeValue = Expr | Value;

/**
 * An ad. Its attributes stay in the order in which they were first set. Names
 * are compared without case, and the first spelling stays. An ad may be chained
 * to a parent, as a proc ad is to its cluster ad. The parent's attributes count
 * unless the ad has its own.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ClassAd, parse } from "./mod.ts";
 *
 * const ad = new ClassAd();
 * ad.set("JobStatus", 1n);
 * ad.set("Requirements", parse("TARGET.Memory > 1024"));
 * assertEquals(ad.evaluate("jobstatus"), 1n);
 * assertEquals(ad.toLong(), "JobStatus = 1\nRequirements = TARGET.Memory > 1024\n");
 * ```
 */
export class ClassAd implements Scope {
  /** The ad that this ad is chained to. */
  parent: Scope | undefined;
  readonly #attributes = new Map<string, { name: string; value: Expr }>();

  /**
   * An ad with the given attributes, chained to `parent`. Throws
   * {@linkcode ClassAdError} if a name is empty.
   */
  constructor(
    attributes: Iterable<readonly [name: string, value: AttributeValue]> = [],
    parent?: Scope,
  ) {
    this.parent = parent;
    for (const [name, value] of attributes) this.set(name, value);
  }

  /**
   * Parses an ad in new syntax, such as `[ a = 1; b = "x" ]`.
   *
   * Throws ClassAdSyntaxError.
   */
  static parse(text: string): ClassAd {
    const ad = new ClassAd();
    for (const { name, value } of parseAd(text).attributes.values()) {
      ad.set(name, value);
    }
    return ad;
  }

  /**
   * Parses an ad in long format, with one `Name = expression` on each line.
   * Empty lines and lines that start with `#` are skipped.
   *
   * Throws ClassAdSyntaxError. Its offset counts from the start of the whole
   * text.
   *
   * @example
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { ClassAd } from "./mod.ts";
   *
   * const ad = ClassAd.parseLong('Cmd = "/bin/true"\nArgs = "-v"\n');
   * assertEquals([...ad.names()], ["Cmd", "Args"]);
   * ```
   */
  static parseLong(text: string): ClassAd {
    return new ClassAd(parseLong(text));
  }

  /**
   * Parses an ad in HTCondor's JSON: one object, with expressions as
   * `"\/Expr(...)\/"` (jsonSource.cpp).
   *
   * Throws ClassAdSyntaxError.
   */
  static parseJson(text: string): ClassAd {
    return new ClassAd(jsonToAd(text));
  }

  /**
   * Parses the first ad of an XML text, `<c><a n="..">...</a></c>`
   * (xmlSource.cpp).
   *
   * Throws ClassAdSyntaxError.
   */
  static parseXml(text: string): ClassAd {
    return new ClassAd(parseXmlAds(text)[0]);
  }

  /** How many attributes the ad itself has, without the parent's. */
  get size(): number {
    return this.#attributes.size;
  }

  /**
   * Returns the expression of an attribute of the ad or of its parent, or
   * undefined if neither has one.
   */
  lookup(name: string): Expr | undefined {
    // Most callers pass names in lower case, which need no conversion.
    const own = this.#attributes.get(name) ??
      this.#attributes.get(name.toLowerCase());
    return own === undefined ? this.parent?.lookup(name) : own.value;
  }

  /**
   * Returns the expression of an attribute of the ad itself, or undefined if it
   * has none.
   */
  get(name: string): Expr | undefined {
    return this.#attributes.get(name.toLowerCase())?.value;
  }

  /** Returns whether the ad itself has the attribute. */
  has(name: string): boolean {
    return this.#attributes.has(name.toLowerCase());
  }

  /**
   * Sets an attribute to an expression or a value.
   *
   * Throws {@linkcode ClassAdError} for an empty name.
   */
  set(name: string, value: AttributeValue): this {
    if (name === "") {
      throw new ClassAdError("attribute has no name");
    }
    const key = name.toLowerCase();
    const expr = isExpr(value) ? value : literal(value);
    const attribute = this.#attributes.get(key);
    if (attribute === undefined) {
      this.#attributes.set(key, { name, value: expr });
    } else attribute.value = expr;
    return this;
  }

  /**
   * Sets an attribute to the expression that a text in old syntax holds.
   *
   * Throws ClassAdSyntaxError, and {@linkcode ClassAdError} for an empty name.
   */
  setExpression(name: string, text: string): this {
    return this.set(name, parse(text));
  }

  /** Removes an attribute from the ad itself. Returns whether the ad had it. */
  delete(name: string): boolean {
    return this.#attributes.delete(name.toLowerCase());
  }

  /**
   * Yields the names of the ad's own attributes, in order, as they were first
   * written.
   */
  *names(): Generator<string> {
    for (const { name } of this.#attributes.values()) yield name;
  }

  /** Yields the ad's own attributes, in order. */
  *entries(): Generator<[name: string, value: Expr]> {
    for (const { name, value } of this.#attributes.values()) {
      yield [name, value];
    }
  }

  /** Yields the ad's own attributes, in order. */
  [Symbol.iterator](): Generator<[name: string, value: Expr]> {
    return this.entries();
  }

  /**
   * Returns the value of an attribute in this ad, or undefined if there is
   * none. `target` is the ad that TARGET refers to. Never throws.
   */
  evaluate(name: string, target?: Scope): Value {
    return evaluateAttribute(name, this, target);
  }

  /**
   * Returns the ad in long format: one line for each own attribute, each with a
   * newline at its end.
   */
  toLong(): string {
    return toLong(this.entries());
  }

  /** Returns the ad in new syntax, on one line. */
  toNew(): string {
    const parts = Array.from(
      this.entries(),
      ([name, value]) =>
        `${attributeName(name, "new")} = ${unparse(value, { syntax: "new" })}`,
    );
    return parts.length === 0 ? "[  ]" : `[ ${parts.join("; ")} ]`;
  }

  /** Returns the ad in HTCondor's JSON, on several lines (jsonSink.cpp). */
  toJson(): string {
    return toJson(this.entries());
  }

  /**
   * Returns the ad in HTCondor's XML, without the `<classads>` element around
   * it (xmlSink.cpp).
   */
  toXml(options?: XmlOptions): string {
    return toXml(this.entries(), options);
  }

  /** Returns the ad in new syntax. */
  toString(): string {
    return this.toNew();
  }
}

function isExpr(value: AttributeValue): value is Expr {
  return typeof value === "object" && "kind" in value;
}
