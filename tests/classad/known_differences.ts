/**
 * Where this library answers otherwise than a release of HTCondor, on purpose.
 * docs/classad.md tells the same to people.
 *
 * @module
 */
import type { Difference } from "./comparison.ts";
import type { Release } from "./oracle.ts";

/** One difference, and how to tell that a found one is this. */
interface KnownDifference {
  readonly name: string;
  /** The releases that answer so; all if it is not given. */
  readonly release?: Release;
  /** An expression that shows it. */
  readonly example: string;
  /** What HTCondor answers to the example, and what this library does. */
  readonly theirs: string;
  readonly ours: string;
  readonly explains: (found: Difference) => boolean;
}

/** The list. */
export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    name: "names that need quotes are printed without",
    example: "a.'b c'",
    theirs: "a.b c",
    ours: "a.'b c'",
    explains: ({ what, ours, theirs }) =>
      (what === "new" || what === "old") &&
      ours?.replaceAll("'", "") === theirs?.replaceAll("'", ""),
  },
  {
    name: "a comment without an end repeats what was read before it",
    example: "(1/*",
    theirs: "syntax error, or the token before the comment once more",
    ours: "syntax error",
    explains: ({ what, ours, expr }) =>
      what === "reading" && ours === null &&
      /\/\*(?:(?!\*\/)[^])*$/.test(expr),
  },
  {
    name: "a condition with a damaged middle is read as ?:",
    release: "trixie",
    example: "a ? b + : c",
    theirs: "a ?: c",
    ours: "syntax error",
    explains: ({ what, expr, ours, theirs }) =>
      what === "reading" && ours === null && /\?[^]*:/.test(expr) &&
      !!theirs?.includes(" ?: "),
  },
  {
    name: "years beyond the 32 bits of gmtime() are not what they should be",
    example: "formatTime(9223372036854775807)",
    theirs: '"Tue ? 32764 08:29:51 -219246529"',
    ours: '"Sun Dec  4 15:30:07 292277026596"',
    explains: ({ what, expr, ours, theirs }) =>
      what === "value" && /formatTime|splitTime/i.test(expr) &&
      /\d{6}/.test(`${ours}${theirs}`),
  },
  {
    name: "the clock has moved on between the two answers",
    example: "absTime()",
    theirs: "one second",
    ours: "the next",
    explains: ({ what, expr, ours, theirs }) =>
      what === "value" && /Time\(\s*\)/i.test(expr) &&
      ours?.replace(/\d/g, "") === theirs?.replace(/\d/g, ""),
  },
  {
    name: "the ads of a list that a function has made are gone too early",
    release: "trixie",
    example: "evalInEachContext(SomeAd, Ads)[1]",
    theirs: "[  ]",
    ours: "[ Id = 1 ]",
    explains: ({ what, expr, theirs }) =>
      what === "value" && /evalInEachContext/i.test(expr) &&
      !!theirs?.includes("[  ]"),
  },
];

/** The name of the known difference that this is one of, or undefined. */
export function explain(
  found: Difference,
  release: Release,
): string | undefined {
  return KNOWN_DIFFERENCES.find((known) =>
    (known.release === undefined || known.release === release) &&
    known.explains(found)
  )?.name;
}
