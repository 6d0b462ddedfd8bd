/**
 * Classes of characters, and the escapes of strings in new syntax.
 *
 * @module
 */
import { joinedText } from "./bytes.ts";

const LETTERS: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};
/** An octal escape has three digits only if its first digit is 0 to 3. */
const ESCAPE = /\\([0-3]?[0-7]?[0-7]|[^]|$)/gu;

/**
 * Returns a string in new syntax with its escapes replaced, or undefined if an
 * escape stands for a NUL character.
 */
export function unescapeNew(raw: string): string | undefined {
  let hasNul = false;
  const value = raw.replace(ESCAPE, (all, escape: string) => {
    if (escape === "") return all;
    if (escape[0] < "0" || escape[0] > "7") return LETTERS[escape] ?? escape;
    const code = parseInt(escape, 8) & 0xff;
    hasNul ||= code === 0;
    return String.fromCharCode(code < 0x80 ? code : 0xdc00 + code);
  });
  return hasNul ? undefined : joinedText(value);
}

/**
 * Returns the offset of the next quote or backslash, or the length of the text
 * if there is none.
 */
export function nextOf(text: string, from: number, quote: string): number {
  for (let i = from; i < text.length; i++) {
    const character = text[i];
    if (character === quote || character === "\\") return i;
  }
  return text.length;
}

/** Returns whether a name may begin with the character. */
export function isLetter(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) ||
    code === 0x5f;
}

/** Returns whether the character is one of 0 to 9. */
export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
