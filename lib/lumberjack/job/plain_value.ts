/**
 * Reads simple values from their bytes, without the parser: integers, strings
 * without escapes, true and false. Nearly every value in a queue log is simple. The
 * parser gives the same results, and reads all other values.
 *
 * @module
 */

const quoteByte = 34;
const backslash = 92;
const minus = 45;
const dot = 46;
/** A number with so many digits fits a double and a 64-bit integer. */
const mostDigits = 15;

/** Returns whether the bytes are a small number, true, false, or a simple string. */
export function isPlainValue(bytes: Uint8Array): boolean {
  return isPlainString(bytes) || isPlainNumber(bytes) || isPlainWord(bytes);
}

/** Returns the text of a string literal of printable ASCII without escapes. */
export function plainString(bytes: Uint8Array): string | undefined {
  return isPlainString(bytes) ? ascii(bytes, 1, bytes.length - 1) : undefined;
}

/** Returns the value of an integer of at most 15 digits. */
export function plainInteger(bytes: Uint8Array): bigint | undefined {
  if (!isPlainNumber(bytes) || bytes.includes(dot)) return undefined;
  return BigInt(ascii(bytes, 0, bytes.length));
}

/** Returns the value of a positive integer of at most 15 digits. */
export function smallInteger(bytes: Uint8Array): number | undefined {
  const length = bytes.length;
  if (length === 0 || length > mostDigits) return undefined;
  let number = 0;
  for (let at = 0; at < length; at++) {
    const digit = bytes[at] - 48;
    if (digit < 0 || digit > 9) return undefined;
    number = number * 10 + digit;
  }
  // A number that begins with zero is octal, except 0 itself.
  return bytes[0] === 48 && length > 1 ? undefined : number;
}

/** Returns bytes of ASCII as text. */
export function ascii(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at]);
  return text;
}

function isPlainString(bytes: Uint8Array): boolean {
  const last = bytes.length - 1;
  if (last < 1 || bytes[0] !== quoteByte || bytes[last] !== quoteByte) {
    return false;
  }
  for (let at = 1; at < last; at++) {
    const byte = bytes[at];
    const odd = byte < 32 || byte > 126;
    if (odd || byte === quoteByte || byte === backslash) return false;
  }
  return true;
}

function isPlainNumber(bytes: Uint8Array): boolean {
  let at = bytes[0] === minus ? 1 : 0;
  const whole = digits(bytes, at);
  // A number that begins with zero is octal, except 0 itself.
  if (whole === 0 || whole > mostDigits) return false;
  if (whole > 1 && bytes[at] === 48) return false;
  at += whole;
  if (at === bytes.length) return true;
  if (bytes[at] !== dot) return false;
  const fraction = digits(bytes, at + 1);
  return fraction > 0 && fraction <= mostDigits &&
    at + 1 + fraction === bytes.length;
}

function digits(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] >= 48 && bytes[at] <= 57) at++;
  return at - from;
}

function isPlainWord(bytes: Uint8Array): boolean {
  if (bytes.length !== 4 && bytes.length !== 5) return false;
  const word = ascii(bytes, 0, bytes.length);
  return word === "true" || word === "false";
}
