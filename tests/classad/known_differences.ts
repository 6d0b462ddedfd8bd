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

const VERSION_NAMES = new Set([
  "versioncmp",
  "versionLE",
  "versionLT",
  "versionGE",
  "versionGT",
  "versionEQ",
]);

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
    name: "version functions know only one spelling of their names",
    release: "trixie",
    example: 'VERSIONGE("2", "1")',
    theirs: "error",
    ours: "true",
    explains: ({ what, expr }) =>
      what === "value" &&
      (expr.match(/\bversion(cmp|[lg][et]|eq)\b/gi) ?? [])
        .some((name) => !VERSION_NAMES.has(name)),
  },
  {
    name: "a condition with a damaged middle is read as ?:",
    release: "trixie",
    example: "a ? b + : c",
    theirs: "a ?: c",
    ours: "syntax error",
    explains: ({ what, ours, theirs }) =>
      what === "reading" && ours === null && !!theirs?.includes("?:"),
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
