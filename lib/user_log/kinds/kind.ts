/**
 * What the reader and the writer need to know of a kind of event.
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
   * Reads the body of a classic event into `ad`, with HTCondor's names for the
   * attributes. Answers false if HTCondor's reader would refuse the body.
   */
  readonly read: (body: BodyLines, ad: ClassAd) => boolean;
  /** The attributes, in the order in which they are written. */
  readonly attributes: readonly Attribute[];
  /**
   * The lines of a classic event's body, the first of them behind the header;
   * undefined if HTCondor would refuse to write such an event.
   */
  readonly write: (ad: ClassAd) => string[] | undefined;
}

/**
 * Reads `Name = expression`, in the old syntax. Undefined if it is none.
 */
export function readAttribute(
  line: string,
): [name: string, value: Expr] | undefined {
  const found = /^[ \t\n\v\f\r]*([^\s=]+)[ \t]*=(.*)$/s.exec(line);
  if (found === null || !/^[A-Za-z_][\w.]*$/.test(found[1])) return undefined;
  const value = expression(found[2]);
  return value && [found[1], value];
}

/** An expression in the old syntax, or undefined if the text is none. */
export function expression(text: string): Expr | undefined {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof ClassAdSyntaxError) return undefined;
    throw error;
  }
}

/** `Name = expression` lines, sorted by name without regard to case. */
export function attributeLines(
  attributes: Iterable<readonly [name: string, value: Expr]>,
  indent: string,
): string[] {
  return [...attributes]
    .map(([name, value]) => ({ name, key: name.toLowerCase(), value }))
    .sort((a, b) => a.key < b.key ? -1 : a.key > b.key ? 1 : 0)
    .map(({ name, value }) => `${indent}${name} = ${unparse(value)}`);
}
