const MAX_FINDINGS = 100_000;

/** What is wrong at one place of a log. */
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
  | "unknown-ad"
  | "unknown-status"
  | "no-status";

/** One problem. */
export interface Problem {
  /** The line, from 1. */
  readonly line: number;
  /** The byte, from 0. */
  readonly offset: number;
  /** What kind of problem, for programs. */
  readonly kind: ProblemKind;
  /** What it is and what the schedd does about it. */
  readonly message: string;
  /**
   * `fatal`: the schedd refuses to start. `loss`: it starts, and something
   * that stands in the file is not in its queue. `warning`: nothing is lost.
   */
  readonly severity: "fatal" | "loss" | "warning";
}

/** A problem before its line is known. */
export type Finding = Omit<Problem, "line">;

/** Problems in the order in which they were found, up to a limit. */
export class Findings {
  readonly list: Finding[] = [];
  omitted = 0;

  /** Adds one. */
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

  /** Whether one of them is as asked. */
  some(test: (finding: Finding) => boolean): boolean {
    return this.list.some(test);
  }
}
