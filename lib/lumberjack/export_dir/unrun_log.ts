/**
 * A "returned" log that never was away: the one that an export wrote, as it
 * wrote it. To merge it would let jobs start here that are to run elsewhere, or
 * do so already; its folder lies beside that of what came back as a rule.
 *
 * @module
 */
import { ReturnedLogError } from "../error.ts";
import { type Manifest, readManifest, sha256OfFile } from "./manifest.ts";
import type { ReturnedLog } from "./returned_log.ts";

/** Whether the log is, byte for byte, that of the export in one of the folders. */
export function isAsExported(
  returned: ReturnedLog,
  exportId: string,
  folders: readonly string[],
): boolean {
  const written = folders.map(manifestIn)
    .find((manifest) => manifest?.exportId === exportId)?.sha256;
  return typeof written === "string" &&
    written === sha256OfFile(returned.path);
}

function manifestIn(folder: string): Manifest | undefined {
  try {
    return readManifest(folder);
  } catch {
    // Not ours to read, or damaged: then nothing is known of the log.
    return undefined;
  }
}

/** What to tell whoever imports such a log. */
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
