/**
 * The built-in functions by name.
 *
 * @module
 */
import type { Builtin } from "./builtin.ts";
import { stringListFunctions } from "./string_list.ts";

export type { Builtin } from "./builtin.ts";

const functions: ReadonlyMap<string, Builtin> = new Map<string, Builtin>(
  [
    stringListFunctions,
  ].flatMap((table) => Object.entries(table)),
);

/** The function of a name in lower case. */
export function builtin(key: string): Builtin | undefined {
  return functions.get(key);
}

/** The names of all functions, in lower case. */
export function functionNames(): string[] {
  return [...functions.keys()].sort();
}
