/**
 * Regular expressions with the syntax and the meaning of PCRE2, on byte
 * strings (each character is one byte), with a bound on their time.
 *
 * @module
 */
import { PatternError } from "./character.ts";
import { compileProgram } from "./compiler.ts";
import {
  search,
  type SearchOptions,
  type StepBudget,
  stepBudget,
} from "./machine.ts";
import type { Program } from "./program.ts";
import { readPattern } from "./read.ts";

export { RegexpLimitError, stepBudget } from "./machine.ts";
export type { StepBudget } from "./machine.ts";

/** Where a pattern was found. */
export interface RegexpMatch {
  /** Where the match starts. */
  readonly start: number;
  /** Where it ends. */
  readonly end: number;
  /**
   * The groups up to the last that has matched, the whole match first; those
   * between that have not are undefined.
   */
  readonly groups: readonly (string | undefined)[];
}

/**
 * A compiled pattern. Its methods throw {@linkcode RegexpLimitError}, when a
 * search takes too many steps, or those that share a budget do.
 */
export class Regexp {
  readonly #program: Program;

  /** Holds a program. */
  constructor(program: Program) {
    this.#program = program;
  }

  /** Whether the pattern is found anywhere in a byte string. */
  test(text: string, notEmpty = false, budget?: StepBudget): boolean {
    return this.#search(text, { notEmpty }, budget) !== undefined;
  }

  /**
   * The first match from an offset on; `retry` after an empty match there:
   * then only at that place, and not an empty one.
   */
  exec(
    text: string,
    start: number,
    retry = false,
    budget?: StepBudget,
  ): RegexpMatch | undefined {
    const options = { start, anchored: retry, notEmptyAtStart: retry };
    const found = this.#search(text, options, budget);
    if (found === undefined) return undefined;
    const groups: (string | undefined)[] = [];
    let last = 0;
    for (let group = 0; group <= this.#program.groups; group++) {
      const from = found[2 * group];
      const to = found[2 * group + 1];
      const matched = from >= 0 && to >= 0;
      groups.push(matched ? text.slice(from, to) : undefined);
      if (matched) last = group;
    }
    groups.length = last + 1;
    return { start: found[0], end: found[1], groups };
  }

  #search(
    text: string,
    options: Partial<SearchOptions>,
    budget = stepBudget(),
  ): Int32Array | undefined {
    return search(this.#program, text, {
      start: 0,
      anchored: false,
      notEmptyAtStart: false,
      notEmpty: false,
      budget,
      ...options,
    });
  }
}

const cache = new Map<string, Regexp | undefined>();
const CACHE_SIZE = 200;

/**
 * Compiles a pattern, given as a byte string. Of the options the letters i, m,
 * s and x count. Undefined if it is no pattern, or one that is not supported.
 */
export function compileRegexp(
  pattern: string,
  options: string,
): Regexp | undefined {
  const letters = options.replace(/[^imsx]/g, "");
  const key = `${letters}/${pattern}`;
  if (cache.has(key)) return cache.get(key);
  const regexp = compileUncached(pattern, letters);
  if (cache.size >= CACHE_SIZE) cache.clear();
  cache.set(key, regexp);
  return regexp;
}

function compileUncached(
  pattern: string,
  letters: string,
): Regexp | undefined {
  try {
    const tree = readPattern(pattern, {
      ignoreCase: letters.includes("i"),
      multiline: letters.includes("m"),
      dotAll: letters.includes("s"),
      extended: letters.includes("x"),
    });
    return new Regexp(compileProgram(tree));
  } catch (error) {
    if (error instanceof PatternError || error instanceof RangeError) {
      return undefined;
    }
    throw error;
  }
}
