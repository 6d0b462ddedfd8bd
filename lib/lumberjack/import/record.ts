import { updateManifest } from "../export_dir/manifest.ts";
import type { ImportResult, Tally } from "./result.ts";

/**
 * Writes into the export's manifest what the import did. Returns a note if the
 * manifest could not be written. The jobs do not depend on it.
 */
export function recordImport(
  exportDir: string | undefined,
  result: Omit<ImportResult, "notes">,
): string[] {
  if (exportDir === undefined || result.exportId === null) return [];
  const refusedJobs = result.refused.filter((r) => r.attribute === null);
  const away = result.missing.length + refusedJobs.length + result.stillAway;
  const problem = updateManifest(exportDir, result.exportId, {
    state: away === 0 ? "imported" : "importing",
    imported: {
      at: new Date().toISOString(),
      jobs: result.jobs,
      merged: result.merged,
      released: result.released,
      missing: result.missing.length,
      refused: result.refused.length,
    },
  });
  return problem === undefined ? [] : [problem];
}

/** Notes on jobs that came back without an end, and on files that stayed away. */
export function importNotes({ underWay, unknown, kept }: Tally): string[] {
  const notes: string[] = [];
  if (kept > 0) {
    notes.push(
      `${kept} files were here already and stay as they are (--on-conflict keep)`,
    );
  }
  if (underWay === 1) {
    notes.push(
      "1 job came back running: it may start here, so its schedd must not go on",
    );
  } else if (underWay > 1) {
    notes.push(
      `${underWay} jobs came back running: they may start here, so their schedd must not go on`,
    );
  }
  if (unknown > 0) {
    const jobs = unknown === 1 ? "1 job" : `${unknown} jobs`;
    notes.push(
      `${jobs} came back in a state that this version does not know: idle here, as jobs are that have not ended`,
    );
  }
  return notes;
}
