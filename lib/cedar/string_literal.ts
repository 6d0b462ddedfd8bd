/**
 * String literals in old ClassAd syntax.
 *
 * @module
 */

/**
 * Parses a string literal in old ClassAd syntax.
 *
 * @param text The expression.
 * @returns The string, or undefined if the expression is not a string literal.
 */
export function unquote(text: string): string | undefined {
  if (!/^"(?:[^"\\]|\\.)*"$/s.test(text)) return undefined;
  const inner = text.slice(1, -1);
  if (!inner.includes("\\")) return inner;
  return inner.replace(/\\([0-7]{1,3}|.)/gs, (_, c: string) => {
    if (/^[0-7]/.test(c)) return String.fromCharCode(parseInt(c, 8));
    return { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f" }[c] ?? c;
  });
}

/**
 * Returns a string literal in old ClassAd syntax.
 *
 * @param text Any string without NUL.
 * @returns The literal, with its quotes.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(quote('say "hi"'), '"say \\"hi\\""');
 * ```
 */
export function quote(text: string): string {
  return `"${
    text.replace(/["\\\n\t\r\b\f]/g, (c) =>
      ({
        "\n": "\\n",
        "\t": "\\t",
        "\r": "\\r",
        "\b": "\\b",
        "\f": "\\f",
      } as Record<string, string>)[c] ?? `\\${c}`)
  }"`;
}
