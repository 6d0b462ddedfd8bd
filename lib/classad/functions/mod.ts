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

/** The function of a name in lower case. */
export function builtin(key: string): Builtin | undefined {
  return functions.get(key);
}

/** The names of all functions, in lower case, sorted. */
export function functionNames(): string[] {
  return [...functions.keys()].sort();
}
