import { evaluate, type Scope, type Value } from "../../classad/mod.ts";
import { QueueAd, sameBytes } from "../../queue_log/mod.ts";
import { plainInteger, plainString, smallInteger } from "./plain_value.ts";

/** Returns the value of an attribute, evaluated in its own ad. */
export function valueOf(ad: Scope, name: string): Value {
  const plain = readOwn(ad, name, plainValue);
  if (plain !== undefined) return plain;
  const expr = ad.lookup(name);
  if (expr === undefined) return undefined;
  return expr.kind === "literal" ? expr.value : evaluate(expr, ad);
}

function plainValue(
  bytes: Uint8Array,
  start: number,
  end: number,
): string | bigint | undefined {
  return plainString(bytes, start, end) ?? plainInteger(bytes, start, end);
}

/**
 * Returns what `read` makes of the bytes of an own attribute. Undefined if there
 * is none, or if the ad is not kept as bytes.
 */
function readOwn<Result>(
  ad: Scope,
  name: string,
  read: (bytes: Uint8Array, start: number, end: number) => Result,
): Result | undefined {
  if (ad instanceof QueueAd) return ad.read(name, read);
  return (ad as { read?: QueueAd["read"] }).read?.(name, read);
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
  const last = lastStrings.get(name);
  if (last !== undefined && hasBytes(ad, name, last.bytes)) return last.text;
  return readOwn(ad, name, (bytes, start, end) => {
    const text = plainString(bytes, start, end);
    if (text !== undefined) {
      lastStrings.set(name, { bytes: bytes.slice(start, end), text });
    }
    return text;
  }) ?? stringOf(ad, name);
}

function hasBytes(ad: Scope, name: string, bytes: Uint8Array): boolean {
  if (ad instanceof QueueAd) return ad.holds(name, bytes);
  return readOwn(
    ad,
    name,
    (own, start, end) => sameBytes(own.subarray(start, end), bytes),
  ) ?? false;
}

const lastStrings = new Map<string, { bytes: Uint8Array; text: string }>();

/** Returns the value of an attribute if it is an integer, else undefined. */
export function integerOf(ad: Scope, name: string): number | undefined {
  const small = readOwn(ad, name, smallInteger);
  if (small !== undefined) return small;
  const value = valueOf(ad, name);
  return typeof value === "bigint" ? Number(value) : undefined;
}

/** Returns the value of an attribute if it is a boolean, else undefined. */
export function booleanOf(ad: Scope, name: string): boolean | undefined {
  const value = valueOf(ad, name);
  return typeof value === "boolean" ? value : undefined;
}
