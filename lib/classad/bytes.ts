/**
 * HTCondor's strings are bytes, but this library uses JavaScript strings. Valid
 * UTF-8 becomes the characters that it stands for. A byte that is not part of
 * valid UTF-8 becomes a lone low surrogate, U+DC00 plus the byte. No byte is
 * lost when the text is encoded again. (Python calls the same scheme
 * "surrogateescape".)
 *
 * Some functions depend on bytes: `size`, `substr`, the order of strings,
 * regular expressions. They work on "byte strings", JavaScript strings in which
 * each character is one byte, U+0000 to U+00FF. An ASCII text is its own byte
 * string, so it needs no conversion.
 *
 * @module
 */

// deno-lint-ignore no-control-regex
const NOT_ASCII = /[^\x00-\x7f]/;
const ESCAPED_BYTE = /[\udc80-\udcff]/;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Returns whether every character of the text is ASCII. */
export function isAscii(text: string): boolean {
  return !NOT_ASCII.test(text);
}

/** Returns the bytes of a text as a byte string. */
export function toByteString(text: string): string {
  if (!NOT_ASCII.test(text)) return text;
  const bytes = encodeText(text);
  let result = "";
  for (let i = 0; i < bytes.length; i += 8192) {
    result += String.fromCharCode(...bytes.subarray(i, i + 8192));
  }
  return result;
}

/** Returns the text that a byte string stands for. */
export function fromByteString(bytes: string): string {
  if (!NOT_ASCII.test(bytes)) return bytes;
  const array = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) array[i] = bytes.charCodeAt(i);
  return decodeText(array);
}

/**
 * Decodes UTF-8 to text. A byte that is not part of valid UTF-8 becomes the
 * lone surrogate U+DC00 + byte. Never throws; {@linkcode encodeText} returns
 * exactly the same bytes.
 */
export function decodeText(bytes: Uint8Array): string {
  const text = decoder.decode(bytes);
  if (!text.includes("\ufffd")) return text;
  let result = "";
  for (let i = 0; i < bytes.length;) {
    const length = sequenceLength(bytes, i);
    if (length === 0) {
      result += String.fromCharCode(0xdc00 + bytes[i]);
      i++;
    } else {
      result += decoder.decode(bytes.subarray(i, i + length));
      i += length;
    }
  }
  return result;
}

/**
 * Encodes text as UTF-8. A lone surrogate from U+DC80 to U+DCFF becomes the
 * single byte that it stands for. Never throws.
 */
export function encodeText(text: string): Uint8Array {
  if (!ESCAPED_BYTE.test(text)) return encoder.encode(text);
  const result: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code >= 0xdc80 && code <= 0xdcff) result.push(code - 0xdc00);
    else result.push(...encoder.encode(character));
  }
  return Uint8Array.from(result);
}

/**
 * Returns text that was joined from parts in its normal form. If lone
 * surrogates are now neighbours and their bytes are a valid character, they
 * become that character.
 */
export function joinedText(text: string): string {
  return ESCAPED_BYTE.test(text) ? decodeText(encodeText(text)) : text;
}

/**
 * Returns the length of the valid UTF-8 sequence at `i`, or 0 if there is none.
 */
function sequenceLength(bytes: Uint8Array, i: number): number {
  const first = bytes[i];
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (length === 0 || first > 0xf4 || i + length > bytes.length) return 0;
  for (let k = 1; k < length; k++) {
    if ((bytes[i + k] & 0xc0) !== 0x80) return 0;
  }
  const second = bytes[i + 1];
  if (first === 0xe0 && second < 0xa0) return 0;
  if (first === 0xed && second > 0x9f) return 0;
  if (first === 0xf0 && second < 0x90) return 0;
  if (first === 0xf4 && second > 0x8f) return 0;
  return length;
}

/**
 * Changes A to Z to lower case. HTCondor compares only these without case,
 * because it uses the C locale.
 */
export function asciiLower(text: string): string {
  return isAscii(text)
    ? text.toLowerCase()
    : text.replace(/[A-Z]+/g, (part) => part.toLowerCase());
}

/** Changes a to z to upper case. */
export function asciiUpper(text: string): string {
  return isAscii(text)
    ? text.toUpperCase()
    : text.replace(/[a-z]+/g, (part) => part.toUpperCase());
}

/** Returns whether two texts are equal if the case of A to Z is ignored. */
export function equalsIgnoringCase(a: string, b: string): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    const lower = x | 0x20;
    if (lower !== (y | 0x20) || lower < 0x61 || lower > 0x7a) return false;
  }
  return true;
}

/**
 * Compares two texts by their bytes, as strcmp() does. The result is below, at
 * or above 0.
 */
export function compareBytes(a: string, b: string): number {
  if (a === b) return 0;
  const x = toByteString(a);
  const y = toByteString(b);
  return x < y ? -1 : x > y ? 1 : 0;
}

/** Compares two texts by their bytes without case, as strcasecmp() does. */
export function compareBytesIgnoringCase(a: string, b: string): number {
  return compareBytes(asciiLower(a), asciiLower(b));
}
