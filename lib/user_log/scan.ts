/**
 * C's sscanf() and isspace(), as far as HTCondor's reader of user logs uses
 * them. They decide what that reader accepts: a blank in the format matches any
 * white space, and white space may come before a number.
 *
 * @module
 */

/** A value that was scanned: `%d` and `%f` are numbers, `%s` is text. */
export type Scanned = number | string;

const SPACE = /[ \t\n\v\f\r]*/y;
const NUMBERS: Readonly<Record<string, RegExp>> = {
  d: /[+-]?\d+/y,
  f: /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y,
};

/**
 * Reads values from the start of a text, as sscanf() does. `format` may contain
 * `%d`, `%f`, `%Ns` (up to N characters that are not white space), `%N[...]` and
 * literal text. Returns the values before the first one that does not match.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { scan } from "./scan.ts";
 *
 * assertEquals(scan("\tCode 6 Subcode 8", "Code %d Subcode %d"), []);
 * assertEquals(scan("\tCode 6 Subcode 8", "\tCode %d Subcode %d"), [6, 8]);
 * assertEquals(scan("Code 6 and no more", "Code %d Subcode %d"), [6]);
 * ```
 */
export function scan(text: string, format: string): Scanned[] {
  const values: Scanned[] = [];
  const parts = format.matchAll(/%(\d*)(d|f|s|\[\^?[^\]]+\])|\s+|[^%\s]+/g);
  let at = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  for (const [part, width, conversion] of parts) {
    if (conversion === undefined) {
      if (part.trim() === "") match(SPACE);
      else if (text.startsWith(part, at)) at += part.length;
      else return values;
      continue;
    }
    if (!conversion.startsWith("[")) match(SPACE);
    const found = match(pattern(conversion, width));
    if (found === undefined) return values;
    values.push(
      conversion === "d"
        ? int(found)
        : conversion === "f"
        ? Number(found)
        : found,
    );
  }
  return values;
}

function pattern(conversion: string, width: string): RegExp {
  const known = NUMBERS[conversion];
  if (known !== undefined) return known;
  const set = conversion === "s" ? "[^ \\t\\n\\v\\f\\r]" : conversion;
  return new RegExp(`${set}{1,${width || ""}}`, "y");
}

/** Returns a number of 32 bits, as `%d` and atoi() do when there are too many digits. */
export function int(digits: string): number {
  const limit = 2n ** 63n;
  const value = BigInt(digits.replace(/^\+/, ""));
  const long = value >= limit ? limit - 1n : value < -limit ? -limit : value;
  return Number(BigInt.asIntN(32, long));
}

/** Removes what C counts as white space from both ends. */
export function trim(text: string): string {
  return text.replace(/^[ \t\n\v\f\r]+/, "").replace(/[ \t\n\v\f\r]+$/, "");
}
