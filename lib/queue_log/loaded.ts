import { QueueTable } from "./table.ts";
import { kindOfLog } from "./log_kind.ts";
import { verify } from "./verify.ts";
import type { Problem, ProblemKind } from "./findings.ts";

/** What a schedd would load from a log, damaged or not. */
export interface LoadedLog extends Disposable {
  /** The ads up to the place where the schedd stops reading. */
  readonly table: QueueTable;
  /** How many jobs of the table the schedd removes when it starts. */
  readonly dropped: number;
  /** What the schedd does not load. It is empty if the log is not damaged. */
  readonly damage: readonly Problem[];
  /** Whether the schedd refuses to start on the log. */
  readonly refused: boolean;
}

// A log that a schedd is writing can end inside a record or a transaction. That
// is not damage.
const kinds: ReadonlySet<ProblemKind> = new Set<ProblemKind>([
  "bad-record",
  "bad-value",
  "unreadable",
  "missing-ad",
  "odd-key",
]);

/**
 * Reads the log at `path` as a schedd would, and reports what the schedd would
 * not load. If the schedd refuses the log, the table holds everything before
 * the damage.
 *
 * Throws {@linkcode QueueLogError} only if the file cannot be read.
 */
export function openLoaded(path: string): LoadedLog {
  const kind = kindOfLog(path);
  const report = verify(path, { kind });
  const damage = report.problems.filter((problem) =>
    problem.severity !== "warning" && kinds.has(problem.kind)
  );
  const dropped =
    report.problems.filter(({ kind }) => kind === "dropped-job").length;
  const table = QueueTable.open(path, {
    tolerant: true,
    upTo: report.committedBytes,
    kind,
  });
  return {
    table,
    dropped,
    damage,
    refused: damage.some(({ severity }) => severity === "fatal"),
    [Symbol.dispose]: () => table.close(),
  };
}
