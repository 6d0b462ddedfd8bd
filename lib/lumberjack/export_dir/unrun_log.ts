/**
 * Finds out whether a "returned" log was never away: whether it is still the log
 * that an export wrote. Users name the export's folder by mistake, since it
 * often lies beside the folder that came back. If such a log were merged, its
 * jobs would start here, and also where they were sent.
 *
 * @module
 */
import { ReturnedLogError } from "../error.ts";
import { type Manifest, readManifest } from "./manifest.ts";
import type { ReturnedLog } from "./returned_log.ts";

/**
 * Whether the log is, byte for byte, the log that the export wrote. `folders`
 * are where the export's manifest may be.
 */
export function isAsExported(
  returned: ReturnedLog,
  exportId: string,
  folders: readonly string[],
): boolean {
  const written = folders.map(manifestIn)
    .find((manifest) => manifest?.exportId === exportId);
  const { sha256, bytes } = written ?? {};
  if (typeof sha256 !== "string") return false;
  // A checksum takes time. Nearly every log that came back has another length.
  if (bytes !== undefined && bytes !== returned.size) return false;
  return sha256 === returned.sha256();
}

function manifestIn(folder: string): Manifest | undefined {
  try {
    return readManifest(folder);
  } catch {
    // The manifest is damaged, or we may not read it: it tells nothing.
    return undefined;
  }
}

/** The error for a user who imports such a log. */
export function notRunError(
  returned: ReturnedLog,
  exportId: string,
): ReturnedLogError {
  return new ReturnedLogError("no schedd has run this: it is as exported", {
    subject: returned.path,
    remedy: "import what came back; if nothing will, lumberjack unexport " +
      `--export-id ${exportId}`,
  });
}
