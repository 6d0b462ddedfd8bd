import { decodeText, encodeText } from "../classad/bytes.ts";

const SHORT = 32;

/**
 * Bytes as text, as `lib/classad` carries it: UTF-8, and bytes that are not
 * UTF-8 in a form that loses nothing.
 */
export function textOf(bytes: Uint8Array): string {
  const length = bytes.length;
  if (length > SHORT) return decodeText(bytes);
  let text = "";
  for (let at = 0; at < length; at++) {
    const byte = bytes[at];
    if (byte > 127) return decodeText(bytes);
    text += String.fromCharCode(byte);
  }
  return text;
}

/** Text as bytes: the other way round. Short ASCII text needs no encoder. */
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

/** Whether the bytes are the same. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

/** Bytes as characters of the same number; keys need no more. */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at]);
  return text;
}

/** The number a word begins with, 0 if none, as HTCondor reads record 107. */
export function leadingInteger(
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  return Number(/^[+-]?\d+/.exec(latin1(bytes, start, end))?.[0] ?? 0);
}
