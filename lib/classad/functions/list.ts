/**
 * Functions for lists: member(), size(), sum(), anyCompare() and others. The
 * code follows fnCall.cpp.
 *
 * @module
 */
import { toByteString } from "../bytes.ts";
import { ERROR, type Operator, type Value } from "../model.ts";
import { applyBinary } from "../operators.ts";
import { isAd, isList } from "../value.ts";
import { type Builtin, type FunctionTable } from "./builtin.ts";
import { ofOne } from "./conversion.ts";

function member(identical: boolean): Builtin {
  return (args, run) => {
    if (args.length !== 2) return ERROR;
    const wanted = run.evaluate(args[0]);
    const list = run.evaluate(args[1]);
    if (list === undefined || (!identical && wanted === undefined)) {
      return undefined;
    }
    if (!isList(list) || isList(wanted) || isAd(wanted)) return ERROR;
    if (!identical && wanted === ERROR) return ERROR;
    for (const item of run.items(list)) {
      if (applyBinary(identical ? "is" : "==", item, wanted) === true) {
        return true;
      }
    }
    return false;
  };
}

const size = ofOne((value) => {
  if (value === undefined) return undefined;
  if (typeof value === "string") return BigInt(toByteString(value).length);
  if (isList(value)) return BigInt(value.items.length);
  return isAd(value) ? BigInt(value.names().length) : ERROR;
});

/** Returns whether a value counts as a number here. Booleans do. */
function isNumber(value: Value): value is number | bigint | boolean {
  return typeof value === "number" || typeof value === "bigint" ||
    typeof value === "boolean";
}

/**
 * Returns the numbers of a list. Undefined items are skipped. Returns undefined
 * if the list is undefined, and error if the list has another item.
 */
function numbers(
  ...[args, run]: Parameters<Builtin>
): Value[] | undefined | typeof ERROR {
  if (args.length !== 1) return ERROR;
  const list = run.evaluate(args[0]);
  if (list === undefined) return undefined;
  if (!isList(list)) return ERROR;
  const found: Value[] = [];
  for (const item of run.items(list)) {
    if (item === undefined) continue;
    if (!isNumber(item)) return ERROR;
    found.push(item);
  }
  return found;
}

const sum: Builtin = (...call) => {
  const found = numbers(...call);
  if (found === undefined || found === ERROR) return found as Value;
  return total(found as Value[]);
};

function total(values: readonly Value[]): Value {
  if (values.length === 0) return 0n;
  return values.reduce((a, b) => applyBinary("+", a, b));
}

const avg: Builtin = (...call) => {
  const found = numbers(...call);
  if (found === undefined || found === ERROR) return found as Value;
  const values = found as Value[];
  // The average of no numbers is the integer 0.
  if (values.length === 0) return 0n;
  return applyBinary("/", total(values), values.length);
};

function promoted(a: Value, b: Value): [Value, Value] {
  const x = typeof a === "boolean" ? BigInt(a) : a;
  const y = typeof b === "boolean" ? BigInt(b) : b;
  return typeof x === "number" || typeof y === "number"
    ? [Number(x), Number(y)]
    : [x, y];
}

function extreme(operator: "<" | ">"): Builtin {
  return (...call) => {
    const found = numbers(...call);
    if (found === undefined || found === ERROR) return found as Value;
    const values = found as Value[];
    let best = values[0];
    for (let i = 1; i < values.length; i++) {
      // A comparison converts both numbers to the same type, and the result
      // keeps it.
      const [value, former] = promoted(values[i], best);
      best = applyBinary(operator, value, former) === true ? value : former;
    }
    return best;
  };
}

const COMPARISONS: ReadonlySet<string> = new Set([
  "<",
  "<=",
  "!=",
  "==",
  ">",
  ">=",
  "is",
  "isnt",
]);

function compareAll(all: boolean): Builtin {
  return (args, run) => {
    if (args.length !== 3) return ERROR;
    const operator = run.evaluate(args[0]);
    if (operator === undefined) return undefined;
    if (typeof operator !== "string" || !COMPARISONS.has(operator)) {
      return ERROR;
    }
    const list = run.evaluate(args[1]);
    if (list === undefined) return undefined;
    if (!isList(list)) return ERROR;
    const value = run.evaluate(args[2]);
    for (const item of run.items(list)) {
      const result = applyBinary(operator as Operator, item, value);
      if (result === ERROR) return ERROR;
      // An undefined comparison ends the search with false in both functions.
      if (result === undefined) return false;
      if (result !== all) return !all;
    }
    return all;
  };
}

/** The functions of this file by name in lower case. */
export const listFunctions: FunctionTable = {
  member: member(false),
  identicalmember: member(true),
  size,
  sum,
  avg,
  min: extreme("<"),
  max: extreme(">"),
  anycompare: compareAll(false),
  allcompare: compareAll(true),
};
