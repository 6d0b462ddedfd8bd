import { decodeText, encodeText } from "../classad/bytes.ts";

const SHORT = 32;

/**
 * Decodes bytes to text as lib/classad does: as UTF-8, without losing bytes
 * that are not UTF-8.
 */
export function textOf(bytes: Uint8Array): string {
  return textIn(bytes, 0, bytes.length);
}

/** Does the same as {@linkcode textOf} for a part of the bytes. */
export function textIn(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > SHORT) return decodeText(bytes.subarray(start, end));
  let text = "";
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (byte > 127) return decodeText(bytes.subarray(start, end));
    text += String.fromCharCode(byte);
  }
  return text;
}

/**
 * Encodes text to bytes, the inverse of {@linkcode textOf}. Short ASCII text
 * needs no encoder.
 */
export function bytesOf(text: string): Uint8Array {
  const length = text.length;
  if (length > SHORT) return encodeText(text);
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code > 127) return encodeText(text);
    bytes[at] = code;
  }
  return bytes;
}

/** Returns whether two arrays have the same bytes. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

/**
 * Returns bytes as characters with the same codes, which is enough for keys.
 */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at]);
  return text;
}

/**
 * Returns the number at the start of a word, or 0, as HTCondor reads record
 * 107.
 */
export function leadingInteger(
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  return Number(/^[+-]?\d+/.exec(latin1(bytes, start, end))?.[0] ?? 0);
}
