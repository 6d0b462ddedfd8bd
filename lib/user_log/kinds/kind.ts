/**
 * What the reader and the writer need to know about a kind of event.
 *
 * @module
 */
import {
  type ClassAd,
  ClassAdSyntaxError,
  type Expr,
  parse,
  unparse,
} from "../../classad/mod.ts";
import type { BodyLines } from "../body.ts";
import type { Attribute } from "../fields.ts";

/** A kind of event. */
export interface EventKind {
  /**
   * Reads the body of a classic event into `ad`, under HTCondor's attribute names.
   * Returns false if HTCondor's reader would refuse the body.
   */
  readonly read: (body: BodyLines, ad: ClassAd) => boolean;
  /** The attributes, in the order in which they are written. */
  readonly attributes: readonly Attribute[];
  /**
   * Returns the lines of a classic event's body. The first line follows the header
   * on the same line. Returns undefined if HTCondor would refuse to write the
   * event.
   */
  readonly write: (ad: ClassAd) => string[] | undefined;
}

/**
 * Reads `Name = expression` in old syntax. Returns undefined for other text.
 */
export function readAttribute(
  line: string,
): [name: string, value: Expr] | undefined {
  const found = /^[ \t\n\v\f\r]*([^\s=]+)[ \t]*=(.*)$/s.exec(line);
  if (found === null || !/^[A-Za-z_][\w.]*$/.test(found[1])) return undefined;
  const value = expression(found[2]);
  return value && [found[1], value];
}

/** Parses an expression in old syntax. Returns undefined for other text. */
export function expression(text: string): Expr | undefined {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof ClassAdSyntaxError) return undefined;
    throw error;
  }
}

/** Returns lines of `Name = expression`, sorted by name, ignoring case. */
export function attributeLines(
  attributes: Iterable<readonly [name: string, value: Expr]>,
  indent: string,
): string[] {
  return [...attributes]
    .map(([name, value]) => ({ name, key: name.toLowerCase(), value }))
    .sort((a, b) => a.key < b.key ? -1 : a.key > b.key ? 1 : 0)
    .map(({ name, value }) => `${indent}${name} = ${unparse(value)}`);
}
