/**
 * The long format: one `Name = expression` in old syntax on each line, as
 * condor_q -long prints it.
 *
 * @module
 */
import { ClassAdSyntaxError, syntaxErrorAt } from "./error.ts";
import type { Expr } from "./model.ts";
import { parse } from "./parser.ts";
import { unparse } from "./unparse.ts";

/** Returns attributes as lines. Each line ends with a newline. */
export function toLong(
  attributes: Iterable<readonly [name: string, value: Expr]>,
): string {
  let text = "";
  for (const [name, value] of attributes) {
    text += `${name} = ${unparse(value)}\n`;
  }
  return text;
}

/**
 * Yields the attributes of a text in long format. Empty lines and lines that
 * start with `#` are skipped. Throws ClassAdSyntaxError.
 */
export function* parseLong(
  text: string,
): Generator<[name: string, value: Expr]> {
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(start, end).replace(/\r$/, "");
    if (/\S/.test(line) && !/^\s*#/.test(line)) {
      yield parseLine(line, text, start);
    }
    start = end + 1;
  }
}

/**
 * Returns the parts of a text, one for each ad. Ads in long format are
 * separated by empty lines or by lines of dashes.
 */
export function splitLongAds(text: string): string[] {
  return text.split(/\n(?:[ \t\r]*\n|-[-\s]*\n)+/)
    .filter((part) => /\S/.test(part));
}

function parseLine(
  line: string,
  text: string,
  start: number,
): [name: string, value: Expr] {
  const equals = line.indexOf("=");
  const name = line.slice(0, Math.max(equals, 0)).trim();
  if (!/^[^\s'"=]+$/.test(name)) {
    throw syntaxErrorAt("Name = expression expected", text, start);
  }
  try {
    return [name, parse(line.slice(equals + 1))];
  } catch (error) {
    if (!(error instanceof ClassAdSyntaxError)) throw error;
    const offset = start + equals + 1 + error.offset;
    throw new ClassAdSyntaxError(
      error.message.replace(/ at character \d+$/, "") +
        ` at character ${offset + 1}`,
      offset,
      { subject: error.subject, cause: error },
    );
  }
}
