import { createHash } from "node:crypto";
import { type ByteSource, FileSource } from "./byte_source.ts";
import type { QueueTable } from "./table.ts";
import { checkSource, type VerifyReport } from "./verify.ts";

/** A log that was checked and stays open. The caller must dispose of it. */
export interface CheckedLog extends Disposable {
  /** The result of the check. */
  readonly report: VerifyReport;
  /** The ads that a schedd would have in its queue. */
  readonly table: QueueTable;
  /** How many bytes the complete file has. */
  readonly size: number;
  /**
   * Returns the SHA-256 of the complete file, in hexadecimal. The file is read
   * again for it. Throws {@linkcode QueueLogError}.
   */
  sha256(): string;
  /**
   * How many jobs have each value of the watched attribute in their own ad, as
   * text. Undefined if the log holds anything unusual, or if no attribute was
   * watched.
   */
  readonly watched: ReadonlyMap<string, number> | undefined;
}

/**
 * Checks the log `log`, a path or an open file, and opens it as a table. The
 * checksum, the report and the table belong to the same file, because it is
 * opened only once.
 *
 * Throws {@linkcode QueueLogError} if the file cannot be read. Damage is
 * reported.
 */
export function openChecked(
  log: string | ByteSource,
  options: { readonly watch?: string } = {},
): CheckedLog {
  const source = typeof log === "string" ? FileSource.open(log) : log;
  try {
    const { report, table, watched } = checkSource(source, options);
    let sha256: string | undefined;
    return {
      report,
      table,
      watched,
      size: source.size,
      sha256: () => sha256 ??= digestOf(source),
      [Symbol.dispose]: () => table.close(),
    };
  } catch (error) {
    source.close();
    throw error;
  }
}

const pieceSize = 256 * 1024;

/** Returns the SHA-256 of all bytes of a source. */
function digestOf(source: ByteSource): string {
  const hash = createHash("sha256");
  const piece = new Uint8Array(Math.min(pieceSize, source.size));
  for (let at = 0; at < source.size; at += piece.length) {
    const part = piece.subarray(0, source.size - at);
    source.readInto(part, at);
    hash.update(part);
  }
  return hash.digest("hex");
}
