/**
 * Converts text for output. A byte that was not valid UTF-8 when the text was
 * read is U+DC00 plus the byte, as in lib/classad/bytes.ts.
 *
 * @module
 */

const encoder = new TextEncoder();
// With the u flag, halves of a surrogate pair do not match.
const strayByte = /[\udc80-\udcff]/u;

/**
 * Returns the bytes of a text in UTF-8. A byte that was not valid UTF-8 when it
 * was read is returned unchanged.
 */
export function textToBytes(text: string): Uint8Array {
  if (!strayByte.test(text)) return encoder.encode(text);
  const bytes: number[] = [];
  for (const character of text) {
    if (strayByte.test(character)) bytes.push(character.charCodeAt(0) - 0xdc00);
    else bytes.push(...encoder.encode(character));
  }
  return Uint8Array.from(bytes);
}

/**
 * Returns the text with control characters (except newline and tab) and bytes
 * that are not UTF-8 replaced by U+FFFD. A terminal obeys control characters:
 * they can change its title, its colours and its keys.
 */
export function safeForTerminal(text: string): string {
  return text.replace(
    // deno-lint-ignore no-control-regex -- these would drive the terminal
    /[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]/gu,
    "\ufffd",
  );
}
