/**
 * How an export that failed is undone.
 *
 * @module
 */
import { join } from "@std/path";
import { LumberjackError } from "../error.ts";
import {
  queueLogName,
  readManifest,
  updateManifest,
} from "../export_dir/manifest.ts";

/** One step that takes back what a step of the export did. */
export type UndoStep = () => Promise<void> | void;

/**
 * Runs the steps in reverse order and stops at the first one that fails. The
 * manifest is removed last, because `recover` needs it while jobs are locked.
 * Throws {@linkcode LumberjackError} if a step failed.
 */
export async function rollBack(
  undo: readonly UndoStep[],
  cause: unknown,
): Promise<void> {
  for (const step of [...undo].reverse()) {
    try {
      await step();
    } catch (error) {
      throw new LumberjackError(
        "export failed, and undoing it failed too; jobs may still be locked",
        {
          cause: new AggregateError([cause, error]),
          subject: String(cause instanceof Error ? cause.message : cause),
          remedy: "run lumberjack recover",
        },
      );
    }
  }
}

/**
 * Removes an export's log while its jobs are still locked. The manifest says so
 * first: if Lumberjack is killed after that, `recover` unlocks the jobs.
 */
export function withdrawLog(directory: string, exportId: string): void {
  const log = join(directory, queueLogName);
  if (readManifest(directory)?.exportId === exportId) {
    updateManifest(directory, exportId, { state: "unexported", sha256: null });
  }
  removeIfThere(log);
}

/** Removes a file, if it is there. */
export function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
