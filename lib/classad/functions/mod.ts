/**
 * The built-in functions by name.
 *
 * @module
 */
import type { Builtin } from "./builtin.ts";
import { conversionFunctions } from "./conversion.ts";
import { environmentFunctions } from "./environment.ts";
import { expressionFunctions } from "./expression.ts";
import { listFunctions } from "./list.ts";
import { numberFunctions } from "./number.ts";
import { regexpFunctions } from "./regexp.ts";
import { stringFunctions } from "./string.ts";
import { stringListFunctions } from "./string_list.ts";
import { timeFunctions } from "./time.ts";

export type { Builtin } from "./builtin.ts";

const functions: ReadonlyMap<string, Builtin> = new Map<string, Builtin>(
  [
    conversionFunctions,
    environmentFunctions,
    expressionFunctions,
    listFunctions,
    numberFunctions,
    regexpFunctions,
    stringFunctions,
    stringListFunctions,
    timeFunctions,
  ].flatMap((table) => Object.entries(table)),
);

/**
 * Returns the function with a name in lower case, or undefined if there is
 * none.
 */
export function builtin(key: string): Builtin | undefined {
  return functions.get(key);
}

/** Returns the names of all built-in functions, in lower case, sorted. */
export function functionNames(): string[] {
  return [...functions.keys()].sort();
}
