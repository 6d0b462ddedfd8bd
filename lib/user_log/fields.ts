/**
 * Attributes of an event's ad: what HTCondor reads from an ad, and what it puts
 * into one. Each kind of event lists its attributes. So an event has the same ad
 * in every format.
 *
 * @module
 */
import { type AdExpr, ClassAd, type Expr } from "../classad/mod.ts";
import { scan } from "./scan.ts";

/** Returns the string that an attribute holds, or undefined if it holds no string. */
export function textOf(ad: ClassAd, name: string): string | undefined {
  const value = valueOf(ad, name);
  return typeof value === "string" ? value : undefined;
}

/** Returns the integer that an attribute holds. A boolean counts as 0 or 1. */
export function integerOf(ad: ClassAd, name: string): bigint | undefined {
  const value = valueOf(ad, name);
  if (typeof value === "bigint") return value;
  if (typeof value === "boolean") return value ? 1n : 0n;
  if (typeof value === "number" && Number.isFinite(value)) {
    return BigInt(Math.trunc(value));
  }
  return undefined;
}

/** Returns the number that an attribute holds. */
export function realOf(ad: ClassAd, name: string): number | undefined {
  const value = valueOf(ad, name);
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "boolean") return value ? 1 : 0;
  return undefined;
}

function valueOf(ad: ClassAd, name: string) {
  const expr = ad.get(name);
  if (expr === undefined) return undefined;
  return expr.kind === "literal" ? expr.value : ad.evaluate(name);
}

/** Returns the ad that an attribute holds, unevaluated; undefined if it holds none. */
export function adOf(ad: ClassAd, name: string): AdExpr | undefined {
  const expr = ad.get(name);
  return expr?.kind === "ad" ? expr : undefined;
}

/** Returns the attributes of an ad expression. */
export function entriesOf({ attributes }: AdExpr): [string, Expr][] {
  return Array.from(attributes.values(), ({ name, value }) => [name, value]);
}

/** Copies one attribute from the ad that was read to the ad of the event. */
export type Attribute = (from: ClassAd, to: ClassAd) => void;

/** A string. It is left out when it is empty. */
export function text(name: string): Attribute {
  return (from, to) => {
    const value = textOf(from, name);
    if (value) to.set(name, value);
  };
}

/** A string that is always present. */
export function textAlways(name: string, otherwise = ""): Attribute {
  return (from, to) => {
    to.set(name, textOf(from, name) ?? otherwise);
  };
}

/** An integer. It is left out when it is below `least`. */
export function integer(
  name: string,
  otherwise?: number,
  least = -Infinity,
): Attribute {
  return (from, to) => {
    const value = integerOf(from, name) ??
      (otherwise === undefined ? undefined : BigInt(otherwise));
    if (value !== undefined && value >= least) to.set(name, value);
  };
}

/** An integer. It is left out when it is 0. */
export function integerUnlessZero(name: string): Attribute {
  return (from, to) => {
    const value = integerOf(from, name);
    if (value) to.set(name, value);
  };
}

/** A boolean, false by default. */
export function boolean(name: string): Attribute {
  return (from, to) => {
    to.set(name, (integerOf(from, name) ?? 0n) !== 0n);
  };
}

/** A number of bytes: a real, 0 by default. */
export function bytes(name: string): Attribute {
  return (from, to) => {
    to.set(name, realOf(from, name) ?? 0);
  };
}

/** Processor time, `Usr D HH:MM:SS, Sys D HH:MM:SS`. */
export function usage(name: string): Attribute {
  return (from, to) => {
    to.set(name, usageText(textOf(from, name) ?? ""));
  };
}

/** An ad. It is left out when it is empty. */
export function nested(name: string): Attribute {
  return (from, to) => {
    const value = adOf(from, name);
    if (value && value.attributes.size > 0) to.set(name, value);
  };
}

const USAGE = "Usr %d %d:%d:%d, Sys %d %d:%d:%d";

/** Returns processor time in its usual form, and zero if the text holds none. */
export function usageText(text: string): string {
  return readUsage(text.trimStart()) ?? readUsage(NO_USAGE)!;
}

const NO_USAGE = "Usr 0 00:00:00, Sys 0 00:00:00";

/** Reads processor time. Returns undefined if the text does not begin with one. */
export function readUsage(text: string): string | undefined {
  const parts = scan(text, USAGE) as number[];
  if (parts.length < 8) return undefined;
  const write = ([days, hours, minutes, seconds]: number[]) => {
    let rest = seconds + 60 * (minutes + 60 * (hours + 24 * days));
    const take = (size: number) => {
      const count = Math.trunc(rest / size);
      rest -= count * size;
      return count;
    };
    const fields = [take(86_400), take(3600), take(60), take(1)];
    return fields[0] + " " + fields.slice(1).map(twoDigits).join(":");
  };
  return `Usr ${write(parts.slice(0, 4))}, Sys ${write(parts.slice(4))}`;
}

/** `%02lld` */
function twoDigits(value: number): string {
  const sign = value < 0 ? "-" : "";
  return sign + String(Math.abs(value)).padStart(2 - sign.length, "0");
}
