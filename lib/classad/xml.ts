/**
 * Prints ads as HTCondor's XML: `<c><a n="Name"><i>1</i></a></c>`. The code
 * follows xmlSink.cpp.
 *
 * @module
 */
import { list } from "./expr.ts";
import type { Expr, Value } from "./model.ts";
import { formatExponential } from "./number_text.ts";
import { absoluteTimeText } from "./time_text.ts";
import { compareNames, quoteNew, unparse } from "./unparse.ts";

/** How XML is laid out. */
export interface XmlOptions {
  /**
   * Whether each attribute gets a line of its own, as in HTCondor's user logs.
   * By default everything is on one line.
   */
  readonly pretty?: boolean;
}

/** Returns attributes as one `<c>` element. */
export function toXml(
  attributes: Iterable<readonly [name: string, value: Expr]>,
  { pretty = false }: XmlOptions = {},
): string {
  return writeAd(attributes, pretty ? 0 : COMPACT) + (pretty ? "\n" : "");
}

/** The indentation that means that everything is on one line. */
const COMPACT = -1;

function writeAd(
  attributes: Iterable<readonly [name: string, value: Expr]>,
  indent: number,
): string {
  const pretty = indent !== COMPACT;
  const [newline, inner, outer] = pretty
    ? ["\n", " ".repeat(indent + 4), " ".repeat(indent)]
    : ["", "", ""];
  let text = `<c>${newline}`;
  for (const [name, value] of attributes) {
    text += `${inner}<a n="${escapeMarkup(quoteNew(name).slice(1, -1))}">` +
      write(value, pretty ? indent + 4 : COMPACT) + `</a>${newline}`;
  }
  return `${text}${outer}</c>`;
}

function escapeMarkup(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;").replaceAll('\\"', "&quot;");
}

function write(expr: Expr, indent: number): string {
  switch (expr.kind) {
    case "literal":
      return writeValue(expr.value, indent);
    case "list":
      return `<l>${expr.items.map((item) => write(item, indent)).join("")}</l>`;
    case "ad": {
      const attributes = Array.from(
        expr.attributes.values(),
        ({ name, value }) => [name, value] as const,
      );
      return writeAd(
        attributes.sort(([a], [b]) => compareNames(a, b)),
        indent,
      );
    }
    default:
      return `<e>${escapeExpression(unparse(expr, { syntax: "new" }))}</e>`;
  }
}

/** Escapes markup, but not quotes: within an expression they are its syntax. */
function escapeExpression(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}

function writeValue(value: Value, indent: number): string {
  switch (typeof value) {
    case "undefined":
      return "<un/>";
    case "boolean":
      return `<b v="${value ? "t" : "f"}"/>`;
    case "bigint":
      return `<i>${value}</i>`;
    case "number":
      return `<r>${realText(value)}</r>`;
    case "string":
      return `<s>${escapeExpression(stringText(value))}</s>`;
  }
  switch (value.type) {
    case "error":
      return "<er/>";
    case "absolute time":
      return `<at>${absoluteTimeText(value)}</at>`;
    case "relative time":
      // HTCondor writes the literal of a relative time as a real.
      return `<r>${realText(value.seconds)}</r>`;
    case "list":
      return write(list(value.items), indent);
    case "ad":
      return writeAd(
        value.names().sort(compareNames).map((name) =>
          [name, value.lookup(name)!] as const
        ),
        indent,
      );
  }
}

/** Escapes a string as in new syntax, but leaves quotes as they are. */
function stringText(text: string): string {
  return quoteNew(text).slice(1, -1).replaceAll('\\"', '"');
}

function realText(value: number): string {
  if (value === 0) return "0.0";
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value < 0 ? "-INF" : "INF";
  return formatExponential(value, 15);
}
