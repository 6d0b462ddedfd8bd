const MAX_FINDINGS = 100_000;

/** The kinds of problems that a log can have. */
export type ProblemKind =
  | "bad-record"
  | "bad-value"
  | "unreadable"
  | "torn-record"
  | "torn-new-ad"
  | "unfinished-transaction"
  | "nested-transaction"
  | "unmatched-end"
  | "no-sequence"
  | "late-sequence"
  | "odd-key"
  | "duplicate-ad"
  | "missing-ad"
  | "no-header"
  | "next-cluster"
  | "dropped-job"
  | "dropped-ad"
  | "unknown-ad"
  | "unknown-status"
  | "no-status";

/** One problem of a log. */
export interface Problem {
  /** The line, counted from 1. */
  readonly line: number;
  /** The offset, in bytes, counted from 0. */
  readonly offset: number;
  /** The kind of problem, for programs. */
  readonly kind: ProblemKind;
  /** What is wrong, and what the schedd does about it. */
  readonly message: string;
  /**
   * `fatal`: the schedd refuses to start. `loss`: it starts, but something in
   * the file is missing in its queue. `warning`: nothing is lost.
   */
  readonly severity: "fatal" | "loss" | "warning";
}

/** A problem whose line is not known yet. */
export type Finding = Omit<Problem, "line">;

/** Problems in the order in which they were found, up to a limit. */
export class Findings {
  readonly list: Finding[] = [];
  omitted = 0;

  /** Adds a problem. */
  add(
    severity: Finding["severity"],
    kind: ProblemKind,
    offset: number,
    message: string,
  ): void {
    if (this.list.length >= MAX_FINDINGS && severity !== "fatal") {
      this.omitted++;
    } else {
      this.list.push({ offset, kind, message, severity });
    }
  }

  /** Returns whether any problem passes the test. */
  some(test: (finding: Finding) => boolean): boolean {
    return this.list.some(test);
  }
}
