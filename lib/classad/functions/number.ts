/**
 * Functions for numbers: floor(), round(), pow(), quantize(), random(). The
 * code follows fnCall.cpp.
 *
 * @module
 */
import { power } from "../power.ts";
import { ERROR, type Value } from "../model.ts";
import { isList, low32, truncate64, wrap64 } from "../value.ts";
import type { Builtin, FunctionTable } from "./builtin.ts";
import { ofOne, toRealValue } from "./conversion.ts";

function rounded(round: (value: number) => number): Builtin {
  return ofOne((value) => {
    if (typeof value === "bigint") return value;
    const real = toRealValue(value);
    return typeof real === "number" ? truncate64(round(real)) : ERROR;
  });
}

/**
 * Rounds to the nearest integer, and a half to the even integer, as rint()
 * does.
 */
function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const fraction = value - floor;
  if (fraction < 0.5) return floor;
  if (fraction > 0.5) return floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

const pow: Builtin = (args, run) => {
  if (args.length !== 2) return ERROR;
  const base = run.evaluate(args[0]);
  const exponent = run.evaluate(args[1]);
  if (
    typeof base === "bigint" && typeof exponent === "bigint" && exponent >= 0n
  ) {
    return truncate64(power(Number(base), Number(exponent)) + 0.5);
  }
  const x = toRealValue(base);
  const y = toRealValue(exponent);
  if (typeof x !== "number" || typeof y !== "number") return ERROR;
  return power(x, y);
};

const quantize: Builtin = (args, run) => {
  if (args.length !== 2) return ERROR;
  const value = run.evaluate(args[0]);
  let unit = run.evaluate(args[1]);
  const real = toRealValue(value);
  if (typeof real !== "number") return ERROR;
  if (isList(unit)) {
    // The result is the first item that is large enough. If there is none, it
    // is a multiple of the last item.
    let last: Value = 0;
    for (const item of run.items(unit)) {
      const limit = toRealValue(item);
      if (typeof limit !== "number") return ERROR;
      if (limit >= real) return item;
      last = item;
    }
    unit = last;
  }
  const step = toRealValue(unit);
  if (typeof step !== "number") return ERROR;
  return typeof unit === "bigint"
    ? quantizeToInteger(value, real, unit)
    : quantizeToReal(value, real, step);
};

function quantizeToInteger(value: Value, real: number, unit: bigint): Value {
  if (unit === 0n) return value;
  if (typeof value === "bigint") {
    return wrap64(wrap64(value + unit - 1n) / unit * unit);
  }
  return Math.ceil(real / Number(unit)) * Number(unit);
}

function quantizeToReal(value: Value, real: number, unit: number): Value {
  if (unit >= -1e-8 && unit <= 1e-8) return value;
  return Math.ceil(real / unit) * unit;
}

/** Returns a random integer of 31 bits. */
function randomInteger(): number {
  return Math.floor(Math.random() * 0x80000000);
}

const random: Builtin = (args, run) => {
  if (args.length > 1) return ERROR;
  const limit = args.length === 0 ? 1 : run.evaluate(args[0]);
  if (typeof limit === "bigint") {
    const below = low32(limit);
    if (below <= 0) run.fail();
    return BigInt(randomInteger() % below);
  }
  if (typeof limit !== "number") return ERROR;
  if (limit <= 0) run.fail();
  return limit * (randomInteger() / 0x7fffffff);
};

/** The functions of this file by name in lower case. */
export const numberFunctions: FunctionTable = {
  floor: rounded(Math.floor),
  ceil: rounded(Math.ceil),
  ceiling: rounded(Math.ceil),
  round: rounded(roundHalfToEven),
  pow,
  quantize,
  random,
};
