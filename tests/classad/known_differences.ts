/**
 * The differences between this library and a release of HTCondor that are
 * intended. docs/classad.md lists them for users.
 *
 * @module
 */
import type { Difference } from "./comparison.ts";
import type { Release } from "./oracle.ts";

/** A known difference, and how to recognise it. */
interface KnownDifference {
  readonly name: string;
  /** The release that differs. By default both do. */
  readonly release?: Release;
  /** An expression that shows the difference. */
  readonly example: string;
  /** HTCondor's result for the example. */
  readonly theirs: string;
  /** The result of this library. */
  readonly ours: string;
  /** Returns whether a found difference is this one. */
  readonly explains: (found: Difference) => boolean;
}

/** The known differences. */
export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    name: "HTCondor prints names without the quotes that they need",
    example: "a.'b c'",
    theirs: "a.b c",
    ours: "a.'b c'",
    explains: ({ what, ours, theirs }) =>
      (what === "new" || what === "old") &&
      ours?.replaceAll("'", "") === theirs?.replaceAll("'", ""),
  },
  {
    name: "HTCondor repeats the token before a comment without an end",
    example: "(1/*",
    theirs: "syntax error, or the token before the comment once more",
    ours: "syntax error",
    explains: ({ what, ours, expr }) =>
      what === "reading" && ours === null &&
      /\/\*(?:(?!\*\/)[^])*$/.test(expr),
  },
  {
    name: "HTCondor reads a condition with a damaged middle as ?:",
    release: "trixie",
    example: "a ? b + : c",
    theirs: "a ?: c",
    ours: "syntax error",
    explains: ({ what, expr, ours, theirs }) =>
      what === "reading" && ours === null && /\?[^]*:/.test(expr) &&
      !!theirs?.includes(" ?: "),
  },
  {
    name: "HTCondor prints wrong years if they exceed the 32 bits of gmtime()",
    example: "formatTime(9223372036854775807)",
    theirs: '"Tue ? 32764 08:29:51 -219246529"',
    ours: '"Sun Dec  4 15:30:07 292277026596"',
    explains: ({ what, expr, ours, theirs }) =>
      what === "value" && /formatTime|splitTime/i.test(expr) &&
      /\d{6}/.test(`${ours}${theirs}`),
  },
  {
    name: "the second changed between the two answers",
    example: "absTime()",
    theirs: "one second",
    ours: "the next",
    explains: ({ what, expr, ours, theirs }) =>
      what === "value" && /Time\(\s*\)/i.test(expr) &&
      ours?.replace(/\d/g, "") === theirs?.replace(/\d/g, ""),
  },
  {
    name: "HTCondor frees too early the ads of a list that a function made",
    release: "trixie",
    example: "evalInEachContext(SomeAd, Ads)[1]",
    theirs: "[  ]",
    ours: "[ Id = 1 ]",
    explains: ({ what, expr, theirs }) =>
      what === "value" && /evalInEachContext/i.test(expr) &&
      !!theirs?.includes("[  ]"),
  },
];

/** Returns the name of the known difference, or undefined for a new one. */
export function explain(
  found: Difference,
  release: Release,
): string | undefined {
  return KNOWN_DIFFERENCES.find((known) =>
    (known.release === undefined || known.release === release) &&
    known.explains(found)
  )?.name;
}
