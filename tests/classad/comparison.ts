/**
 * Compares this library's answers to expressions with HTCondor's answers.
 *
 * @module
 */
import {
  AdValue,
  ClassAd,
  ClassAdSyntaxError,
  evaluate,
  type Expr,
  isList,
  parseAd,
  RelativeTime,
  type Release as Version,
  truncate32,
  unparse,
  unparseValue,
  type Value,
} from "../../lib/classad/mod.ts";
import { ADS, Generator } from "./generator.ts";
import { explain } from "./known_differences.ts";
import type { Answer, Oracle, Question, Release } from "./oracle.ts";

/** A question to which this library and HTCondor give different answers. */
export interface Difference {
  readonly expr: string;
  readonly my: string;
  readonly target: string | null;
  readonly what: "reading" | "new" | "old" | "value";
  readonly theirs: string | null | undefined;
  readonly ours: string | null | undefined;
  /** The name of the known difference. Undefined for a new difference. */
  readonly known?: string;
}

/** The result of a comparison. */
export interface ComparisonResult {
  readonly compared: number;
  /** Expressions that crashed HTCondor's library. */
  readonly crashers: readonly string[];
  readonly known: ReadonlyMap<string, number>;
  readonly differences: readonly Difference[];
}

/** How many expressions are compared, and with which release. */
export interface ComparisonOptions {
  readonly seed: number;
  readonly count: number;
  readonly release: Release;
  /** Stop after this number of unexplained differences. By default 100. */
  readonly limit?: number;
  /** Called after each batch with the number of expressions compared so far. */
  readonly progress?: (done: number) => void;
}

const ads = new Map(
  Object.entries(ADS).map(([name, text]) => [name, ClassAd.parse(text)]),
);
const BATCH = 500;

/** This library's names of the releases. */
const VERSIONS: Readonly<Record<Release, Version>> = {
  trixie: "23.9",
  sid: "25",
};

/** Compares `count` random expressions with one release. */
export async function compare(
  oracle: Oracle,
  options: ComparisonOptions,
): Promise<ComparisonResult> {
  for (const [name, text] of Object.entries(ADS)) await oracle.keep(name, text);
  const generator = new Generator(options.seed, { cycles: true });
  const known = new Map<string, number>();
  const differences: Difference[] = [];
  const crashers: string[] = [];
  let compared = 0;
  while (
    compared < options.count && differences.length < (options.limit ?? 100)
  ) {
    const questions = Array.from(
      { length: Math.min(BATCH, options.count - compared) },
      () => question(generator),
    );
    const answers = await oracle.ask(questions);
    questions.forEach((question, i) => {
      if (answers[i].crashed) crashers.push(question.expr);
      const found = difference(question, answers[i], options.release);
      if (found === undefined) return;
      if (found.known === undefined) differences.push(found);
      else known.set(found.known, (known.get(found.known) ?? 0) + 1);
    });
    compared += questions.length;
    options.progress?.(compared);
  }
  return { compared, crashers, known, differences };
}

interface Asked extends Question {
  readonly expr: string;
  readonly my: string;
  readonly target: string | null;
}

function question(generator: Generator): Asked {
  const { random } = generator;
  const expr = random.oneIn(8) ? generator.damaged() : generator.expression();
  const my = random.oneIn(10) ? random.pick(["machine", "small"]) : "job";
  const target = random.oneIn(2) ? null : my === "machine" ? "job" : "machine";
  return { expr, my, target };
}

/**
 * Returns this library's answer to a question. `asText` prints lists and ads
 * with string().
 */
export function ourAnswer(
  asked: Asked,
  release: Version,
  asText: boolean,
): Answer {
  const { expr, whole } = readAsBindings(asked.expr, release);
  if (expr === undefined) return { new: null, old: null, value: null };
  // The bindings ignore text after the ad that the driver makes, so only `new`
  // can be compared.
  if (!whole) return { new: unparse(expr, { syntax: "new" }) };
  const target = asked.target === null ? undefined : ads.get(asked.target);
  const value = evaluate(expr, ads.get(asked.my), target, { release });
  return {
    new: unparse(expr, { syntax: "new" }),
    old: unparse(expr),
    value: valueText(value, asText),
  };
}

/**
 * Reads an expression as the Python bindings do: as an attribute of an ad. The
 * bindings ignore text after the ad. `whole` is false if there was such text.
 */
function readAsBindings(
  expr: string,
  release: Version,
): { expr?: Expr; whole: boolean } {
  let text = `[expression = ${expr}]`;
  for (let whole = true;; whole = false) {
    try {
      const { attributes } = parseAd(text, { release });
      whole &&= attributes.size === 1;
      return { expr: attributes.get("expression")!.value, whole };
    } catch (error) {
      if (!(error instanceof ClassAdSyntaxError)) throw error;
      // The error may be after the end of the ad.
      const end = text.lastIndexOf("]", error.offset - 1) + 1;
      if (end <= 0 || end === text.length) return { whole };
      if (!/^\s*$/.test(text.slice(end, error.offset))) return { whole };
      text = text.slice(0, end);
    }
  }
}

function valueText(value: Value, asText: boolean): string {
  if (asText && (isList(value) || value instanceof AdValue)) {
    return unparseValue(unparseValue(value, { syntax: "new" }), {
      syntax: "new",
    });
  }
  if (value instanceof RelativeTime) {
    // simplify() makes a literal of whole seconds.
    const seconds = truncate32(value.seconds);
    return unparseValue(new RelativeTime(seconds), { syntax: "new" });
  }
  return unparseValue(value, { syntax: "new" });
}

function difference(
  asked: Asked,
  theirs: Answer,
  release: Release,
): Difference | undefined {
  if (theirs.crashed) return undefined;
  const ours = ourAnswer(asked, VERSIONS[release], theirs.text ?? false);
  let found: Difference | undefined;
  const note = (
    what: Difference["what"],
    a: string | null | undefined,
    b: string | null | undefined,
  ) => {
    found = { ...asked, what, theirs: a, ours: b };
  };
  if ((theirs.new === null) !== (ours.new === null)) {
    note("reading", theirs.new, ours.new);
  } else if (theirs.new !== ours.new) note("new", theirs.new, ours.new);
  else if (ours.old === undefined) return undefined;
  else if (theirs.old !== undefined && theirs.old !== ours.old) {
    note("old", theirs.old, ours.old);
  } else {
    const value = theirs.value === "FAILED" ? "error" : theirs.value;
    if (value !== ours.value) note("value", theirs.value, ours.value);
  }
  return found && { ...found, known: explain(found, release) };
}
