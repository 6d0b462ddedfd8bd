import { decodeText } from "../classad/bytes.ts";

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
