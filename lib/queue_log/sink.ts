/**
 * Destinations for the bytes of a log.
 *
 * @module
 */

/** A destination of bytes, such as a `Deno.FsFile`. */
export interface QueueLogSink {
  /** Writes some of the bytes and returns how many. */
  writeSync(bytes: Uint8Array): number;
}

/** A log in memory, for tests and small logs. */
export class MemorySink implements QueueLogSink {
  readonly #parts: Uint8Array[] = [];

  /** Keeps a copy of the bytes. */
  writeSync(bytes: Uint8Array): number {
    this.#parts.push(bytes.slice());
    return bytes.length;
  }

  /** Returns everything that was written. */
  bytes(): Uint8Array {
    let size = 0;
    for (const part of this.#parts) size += part.length;
    const all = new Uint8Array(size);
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  /** Returns everything that was written, as text. */
  text(): string {
    return new TextDecoder().decode(this.bytes());
  }
}
