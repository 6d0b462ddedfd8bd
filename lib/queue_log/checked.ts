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
  /** The SHA-256 of the complete file, in hexadecimal. */
  readonly sha256: string;
  /**
   * How many jobs have each value of the watched attribute in their own ad, as
   * text. Undefined if the log holds anything unusual, or if no attribute was
   * watched.
   */
  readonly watched: ReadonlyMap<string, number> | undefined;
}

/**
 * Checks the log `log`, a path or an open file, and opens it as a table. The
 * checksum, the report and the table belong to the same bytes, because the file
 * is opened only once. The checksum is computed while the check reads.
 *
 * Throws {@linkcode QueueLogError} if the file cannot be read. Damage is
 * reported.
 */
export function openChecked(
  log: string | ByteSource,
  options: { readonly watch?: string } = {},
): CheckedLog {
  const source = new DigestSource(
    typeof log === "string" ? FileSource.open(log) : log,
  );
  try {
    const { report, table, watched } = checkSource(source, options);
    return {
      report,
      table,
      watched,
      sha256: source.sha256(),
      [Symbol.dispose]: () => table.close(),
    };
  } catch (error) {
    source.close();
    throw error;
  }
}

const pieceSize = 1024 * 1024;

/** Computes the SHA-256 of a source while others read it. */
class DigestSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly #source: ByteSource;
  readonly #hash = createHash("sha256");
  /** How many bytes from the beginning are included in the checksum. */
  #hashed = 0;

  constructor(source: ByteSource) {
    this.#source = source;
    this.name = source.name;
    this.size = source.size;
  }

  readInto(target: Uint8Array, offset: number): void {
    this.#source.readInto(target, offset);
    const known = this.#hashed - offset;
    if (known < 0 || known >= target.length) return;
    this.#hash.update(target.subarray(known));
    this.#hashed = offset + target.length;
  }

  /**
   * Returns the checksum. Reads the bytes that were not read yet, for example
   * those after damage. Call it only once.
   */
  sha256(): string {
    const piece = new Uint8Array(pieceSize);
    while (this.#hashed < this.size) {
      const count = Math.min(piece.length, this.size - this.#hashed);
      this.readInto(piece.subarray(0, count), this.#hashed);
    }
    return this.#hash.digest("hex");
  }

  close(): void {
    this.#source.close();
  }
}
