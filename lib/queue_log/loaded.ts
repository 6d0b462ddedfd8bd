import { QueueTable } from "./table.ts";
import { verify } from "./verify.ts";
import type { Problem, ProblemKind } from "./findings.ts";

/** What a schedd makes of a log, damaged or not. */
export interface LoadedLog extends Disposable {
  /** The ads up to the place where the schedd stops reading. */
  readonly table: QueueTable;
  /** How many jobs of the table the schedd removes when it starts. */
  readonly dropped: number;
  /** What the schedd does not load; empty for a log that is not damaged. */
  readonly damage: readonly Problem[];
  /** Whether the schedd does not start on the log at all. */
  readonly refused: boolean;
}

// A log that a schedd writes to at this moment can end inside a record or a
// transaction. That is no damage.
const kinds: ReadonlySet<ProblemKind> = new Set<ProblemKind>([
  "bad-record",
  "bad-value",
  "unreadable",
  "missing-ad",
  "odd-key",
]);

/**
 * Reads the log at `path` as a schedd would, and says what the schedd would
 * not load. If the schedd refuses the log, the table holds what stands before
 * the damage.
 *
 * Throws {@linkcode QueueLogError} only if the file cannot be read.
 */
export function openLoaded(path: string): LoadedLog {
  const report = verify(path);
  const damage = report.problems.filter((problem) =>
    problem.severity !== "warning" && kinds.has(problem.kind)
  );
  const dropped =
    report.problems.filter(({ kind }) => kind === "dropped-job").length;
  const table = QueueTable.open(path, {
    tolerant: true,
    upTo: report.committedBytes,
  });
  return {
    table,
    dropped,
    damage,
    refused: damage.some(({ severity }) => severity === "fatal"),
    [Symbol.dispose]: () => table.close(),
  };
}
