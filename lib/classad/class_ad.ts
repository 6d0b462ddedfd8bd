/**
 * An ad: attributes by name.
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
import { parseXmlAds, toXml, type XmlOptions } from "./xml.ts";

/** What an attribute can be set to. */
export type AttributeValue = Expr | Value;

/**
 * An ad: attributes in the order they were first set, by names that are
 * compared without case and written as first seen. It may be chained to a
 * parent (a job's ad to its cluster's), whose attributes show through.
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
  /** The ad whose attributes show through. */
  parent: Scope | undefined;
  readonly #attributes = new Map<string, { name: string; value: Expr }>();

  /** An ad with the given attributes, chained to `parent`. */
  constructor(
    attributes: Iterable<readonly [name: string, value: AttributeValue]> = [],
    parent?: Scope,
  ) {
    this.parent = parent;
    for (const [name, value] of attributes) this.set(name, value);
  }

  /**
   * Reads an ad in new syntax: `[ a = 1; b = "x" ]`.
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
   * Reads an ad in long form, one `Name = expression` a line. Empty lines and
   * lines that start with `#` are skipped.
   *
   * Throws ClassAdSyntaxError, its offset counted in the whole text.
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
   * Reads an ad in HTCondor's JSON: one object, expressions as
   * `"\/Expr(...)\/"`.
   *
   * Throws ClassAdSyntaxError.
   */
  static parseJson(text: string): ClassAd {
    return new ClassAd(jsonToAd(text));
  }

  /**
   * Reads the first ad of an XML text (`<c><a n="..">...</a></c>`).
   *
   * Throws ClassAdSyntaxError.
   */
  static parseXml(text: string): ClassAd {
    return new ClassAd(parseXmlAds(text)[0]);
  }

  /** How many attributes the ad has itself. */
  get size(): number {
    return this.#attributes.size;
  }

  /** The expression of an attribute, the parent's included. */
  lookup(name: string): Expr | undefined {
    // Names mostly come in lower case already.
    const own = this.#attributes.get(name) ??
      this.#attributes.get(name.toLowerCase());
    return own === undefined ? this.parent?.lookup(name) : own.value;
  }

  /** The expression of an attribute of the ad itself. */
  get(name: string): Expr | undefined {
    return this.#attributes.get(name.toLowerCase())?.value;
  }

  /** Whether the ad itself has the attribute. */
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
      throw new ClassAdError("attribute without a name");
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
   * Sets an attribute to the expression that a text holds, in old syntax.
   *
   * Throws ClassAdSyntaxError.
   */
  setExpression(name: string, text: string): this {
    return this.set(name, parse(text));
  }

  /** Takes an attribute out of the ad itself; false if there was none. */
  delete(name: string): boolean {
    return this.#attributes.delete(name.toLowerCase());
  }

  /** The names of the ad's own attributes, in order, as first written. */
  *names(): Generator<string> {
    for (const { name } of this.#attributes.values()) yield name;
  }

  /** The ad's own attributes, in order. */
  *entries(): Generator<[name: string, value: Expr]> {
    for (const { name, value } of this.#attributes.values()) {
      yield [name, value];
    }
  }

  /** The ad's own attributes, in order. */
  [Symbol.iterator](): Generator<[name: string, value: Expr]> {
    return this.entries();
  }

  /** The value of an attribute in this ad, or undefined if there is none. */
  evaluate(name: string, target?: Scope): Value {
    return evaluateAttribute(name, this, target);
  }

  /** The ad in long form: a line an attribute, with a newline at the end. */
  toLong(): string {
    return toLong(this.entries());
  }

  /** The ad in new syntax, on one line. */
  toNew(): string {
    const parts = Array.from(
      this.entries(),
      ([name, value]) =>
        `${attributeName(name, "new")} = ${unparse(value, { syntax: "new" })}`,
    );
    return parts.length === 0 ? "[  ]" : `[ ${parts.join("; ")} ]`;
  }

  /** The ad in HTCondor's JSON, over several lines. */
  toJson(): string {
    return toJson(this.entries());
  }

  /** The ad in HTCondor's XML, without the `<classads>` around it. */
  toXml(options?: XmlOptions): string {
    return toXml(this.entries(), options);
  }

  /** The ad in new syntax. */
  toString(): string {
    return this.toNew();
  }
}

function isExpr(value: AttributeValue): value is Expr {
  return typeof value === "object" && "kind" in value;
}
