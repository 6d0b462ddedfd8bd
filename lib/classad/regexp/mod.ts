/**
 * Regular expressions with the syntax and the meaning of PCRE2. They work on
 * byte strings, in which each character is one byte, and they limit the time of
 * a search.
 *
 * @module
 */
import { PatternError } from "./character.ts";
import { compileProgram } from "./compiler.ts";
import { search, type SearchOptions } from "./machine.ts";
import type { Program } from "./program.ts";
import { readPattern } from "./read.ts";
import { type StepBudget, stepBudget } from "./step_budget.ts";

export { RegexpLimitError, stepBudget } from "./step_budget.ts";
export type { StepBudget } from "./step_budget.ts";

/** One match of a pattern. */
export interface RegexpMatch {
  /** The offset of the match, in bytes. */
  readonly start: number;
  /** The offset after the match, in bytes. */
  readonly end: number;
  /**
   * The texts of the groups. The whole match comes first. The list ends with
   * the last group that has matched; a group before it that has not matched is
   * undefined.
   */
  readonly groups: readonly (string | undefined)[];
}

/**
 * A compiled pattern. Its methods throw {@linkcode RegexpLimitError} if a
 * search takes too many steps. Several searches can share one budget of steps.
 */
export class Regexp {
  readonly #program: Program;

  /** Wraps a compiled program. */
  constructor(program: Program) {
    this.#program = program;
  }

  /**
   * Returns whether the pattern matches anywhere in a byte string. With
   * `notEmpty`, an empty match does not count.
   */
  test(text: string, notEmpty = false, budget?: StepBudget): boolean {
    return this.#search(text, { notEmpty }, budget) !== undefined;
  }

  /**
   * Returns the first match at or after the offset `start`. `retry` is for the
   * search after an empty match: then only a match at `start` counts, and it
   * may not be empty.
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
 * Compiles a pattern that is given as a byte string. The options i, m, s and x
 * are used, others are ignored. Returns undefined if the pattern is invalid or
 * not supported.
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
