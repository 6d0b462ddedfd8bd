/**
 * Expressions that the releases of HTCondor answer differently, with the answer
 * of this library if no release is named. docs/classad.md has the same as a
 * table. oracle_test.ts asks both releases.
 *
 * @module
 */

/** An expression and all answers to it. Null means a syntax error. */
export interface ReleaseDifference {
  readonly what: string;
  readonly expr: string;
  /** The ad in which the expression is evaluated, in new syntax. */
  readonly my: string;
  /** The other ad of a match, in new syntax, if there is one. */
  readonly target?: string;
  /**
   * The answer of HTCondor 23.9.6. FAILED if the evaluation raises an error.
   */
  readonly trixie: string | null;
  /** The answer of HTCondor 25.14.1. */
  readonly sid: string | null;
  /** The answer of this library if no release is named. */
  readonly ours: string | null;
  /**
   * The answer of this library as 23.9. By default the answer of HTCondor
   * 23.9.6.
   */
  readonly oursAs23?: string | null;
}

const chain = (n: number) => "1" + " + 1".repeat(n);
const nested = (n: number) => "(".repeat(n) + "1" + ")".repeat(n);

/** The differences. */
export const RELEASE_DIFFERENCES: readonly ReleaseDifference[] = [
  {
    what: "an attribute that refers to itself",
    expr: "A",
    my: "[ A = A ]",
    trixie: "FAILED",
    sid: "undefined",
    ours: "error",
  },
  {
    what: "an attribute that refers to itself on one side of ||",
    expr: "A",
    my: "[ A = B || true; B = A ]",
    trixie: "FAILED",
    sid: "true",
    ours: "error",
  },
  {
    what: "?: among other operators",
    expr: "1 ?: 2 + 3",
    my: "[ ]",
    trixie: "1",
    sid: "4",
    ours: "4",
  },
  {
    what: "the left side of ?: is evaluated twice if it is false",
    expr: "(MY.X < 2 ? countMatches(TARGET.No, { }) : 1) ?: 3",
    my: "[ X = 1 ]",
    target: "[ Y = 1 ]",
    trixie: "undefined",
    sid: "0",
    ours: "0",
  },
  {
    what: "both branches of a condition are evaluated if one fails",
    expr: "isUndefined(false ? countMatches(TARGET.No, { }) : A)",
    my: "[ A = A + 1 ]",
    target: "[ Y = 1 ]",
    trixie: "true",
    sid: "true",
    ours: "error",
  },
  {
    what: "branches of an undefined condition are evaluated, and may fail",
    expr: "undefined ? A : 1",
    my: "[ A = A ]",
    trixie: "FAILED",
    sid: "undefined",
    ours: "undefined",
  },
  {
    what: "the right side of error && … is evaluated, and may fail",
    expr: "isError(error && A)",
    my: "[ A = A ]",
    trixie: "FAILED",
    sid: "true",
    ours: "true",
  },
  {
    what: "times beyond 32 bits",
    expr: 'formatTime(4294967296, "%Y")',
    my: "[ ]",
    trixie: '"1970"',
    sid: '"2106"',
    ours: '"2106"',
  },
  {
    what: "version functions spelled in another case",
    expr: 'VERSIONGE("2", "1")',
    my: "[ ]",
    trixie: "error",
    sid: "true",
    ours: "true",
  },
  {
    what: "a condition whose middle is damaged",
    expr: "undefined ? 2 + : 3",
    my: "[ ]",
    trixie: "3",
    sid: null,
    ours: null,
    oursAs23: null,
  },
  {
    what: "more than 400 operators in a row",
    expr: chain(500),
    my: "[ ]",
    trixie: "501",
    sid: "FAILED",
    ours: "501",
  },
  {
    what: "parentheses 400 deep",
    expr: nested(400),
    my: "[ ]",
    trixie: "1",
    sid: null,
    ours: "1",
  },
  {
    what: "parentheses 600 deep",
    expr: nested(600),
    my: "[ ]",
    trixie: "1",
    sid: null,
    ours: null,
    oursAs23: null,
  },
];
