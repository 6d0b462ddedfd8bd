import { evaluate, type Scope, type Value } from "../../classad/mod.ts";
import { sameBytes } from "../../queue_log/mod.ts";
import { plainInteger, plainString, smallInteger } from "./plain_value.ts";

/** Returns the value of an attribute, evaluated in its own ad. */
export function valueOf(ad: Scope, name: string): Value {
  const bytes = ownBytes(ad, name);
  const plain = bytes && (plainString(bytes) ?? plainInteger(bytes));
  if (plain !== undefined) return plain;
  const expr = ad.lookup(name);
  if (expr === undefined) return undefined;
  return expr.kind === "literal" ? expr.value : evaluate(expr, ad);
}

/** Returns the bytes of an own attribute, if the ad is kept as bytes. */
function ownBytes(ad: Scope, name: string): Uint8Array | undefined {
  const stored = ad as { rawValue?(name: string): Uint8Array | undefined };
  return stored.rawValue?.(name);
}

/** Returns the value of an attribute if it is a string, else undefined. */
export function stringOf(ad: Scope, name: string): string | undefined {
  const value = valueOf(ad, name);
  return typeof value === "string" ? value : undefined;
}

/**
 * Does the same as {@linkcode stringOf} for an attribute that has the same value
 * in most ads. The last value is not decoded again.
 */
export function commonStringOf(ad: Scope, name: string): string | undefined {
  const bytes = ownBytes(ad, name);
  if (bytes === undefined) return stringOf(ad, name);
  const last = lastStrings.get(name);
  if (last !== undefined && sameBytes(last.bytes, bytes)) return last.text;
  const text = plainString(bytes);
  if (text === undefined) return stringOf(ad, name);
  lastStrings.set(name, { bytes: bytes.slice(), text });
  return text;
}

const lastStrings = new Map<string, { bytes: Uint8Array; text: string }>();

/** Returns the value of an attribute if it is an integer, else undefined. */
export function integerOf(ad: Scope, name: string): number | undefined {
  const bytes = ownBytes(ad, name);
  const small = bytes && smallInteger(bytes);
  if (small !== undefined) return small;
  const value = valueOf(ad, name);
  return typeof value === "bigint" ? Number(value) : undefined;
}

/** Returns the value of an attribute if it is a boolean, else undefined. */
export function booleanOf(ad: Scope, name: string): boolean | undefined {
  const value = valueOf(ad, name);
  return typeof value === "boolean" ? value : undefined;
}
