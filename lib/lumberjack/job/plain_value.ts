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
export function isPlainValue(
  bytes: Uint8Array,
  start = 0,
  end = bytes.length,
): boolean {
  return isPlainString(bytes, start, end) || isPlainNumber(bytes, start, end) ||
    isPlainWord(bytes, start, end);
}

/** Returns the text of a string literal of printable ASCII without escapes. */
export function plainString(
  bytes: Uint8Array,
  start = 0,
  end = bytes.length,
): string | undefined {
  return isPlainString(bytes, start, end)
    ? ascii(bytes, start + 1, end - 1)
    : undefined;
}

/** Returns the value of an integer of at most 15 digits. */
export function plainInteger(
  bytes: Uint8Array,
  start = 0,
  end = bytes.length,
): bigint | undefined {
  if (!isPlainNumber(bytes, start, end)) return undefined;
  for (let at = start; at < end; at++) if (bytes[at] === dot) return undefined;
  return BigInt(ascii(bytes, start, end));
}

/** Returns the value of a positive integer of at most 15 digits. */
export function smallInteger(
  bytes: Uint8Array,
  start = 0,
  end = bytes.length,
): number | undefined {
  const length = end - start;
  if (length === 0 || length > mostDigits) return undefined;
  let number = 0;
  for (let at = start; at < end; at++) {
    const digit = bytes[at] - 48;
    if (digit < 0 || digit > 9) return undefined;
    number = number * 10 + digit;
  }
  // A number that begins with zero is octal, except 0 itself.
  return bytes[start] === 48 && length > 1 ? undefined : number;
}

/** Returns bytes of ASCII as text. */
export function ascii(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at]);
  return text;
}

function isPlainString(
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  const last = end - 1;
  if (
    last < start + 1 || bytes[start] !== quoteByte || bytes[last] !== quoteByte
  ) {
    return false;
  }
  for (let at = start + 1; at < last; at++) {
    const byte = bytes[at];
    const odd = byte < 32 || byte > 126;
    if (odd || byte === quoteByte || byte === backslash) return false;
  }
  return true;
}

function isPlainNumber(
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  let at = start < end && bytes[start] === minus ? start + 1 : start;
  const whole = digits(bytes, at, end);
  // A number that begins with zero is octal, except 0 itself.
  if (whole === 0 || whole > mostDigits) return false;
  if (whole > 1 && bytes[at] === 48) return false;
  at += whole;
  if (at === end) return true;
  if (bytes[at] !== dot) return false;
  const fraction = digits(bytes, at + 1, end);
  return fraction > 0 && fraction <= mostDigits && at + 1 + fraction === end;
}

function digits(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && bytes[at] >= 48 && bytes[at] <= 57) at++;
  return at - from;
}

function isPlainWord(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  return length === 4 && isWord(bytes, start, trueBytes) ||
    length === 5 && isWord(bytes, start, falseBytes);
}

const trueBytes = [116, 114, 117, 101];
const falseBytes = [102, 97, 108, 115, 101];

function isWord(
  bytes: Uint8Array,
  start: number,
  word: readonly number[],
): boolean {
  for (let at = 0; at < word.length; at++) {
    if (bytes[start + at] !== word[at]) return false;
  }
  return true;
}
