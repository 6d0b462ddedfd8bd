/**
 * Whether the schedd of a run stays up.
 *
 * @module
 */
import { join } from "@std/path";

/** The master starts a schedd again that ends. After so many ends it is given up. */
const mostEnds = 3;

/** Follows the log of the master. */
export class ScheddHealth {
  readonly #path: string;
  #offset: number;
  #ends = 0;
  #looked = performance.now();

  /** `folder` is that of the pool. What its log says by now is of an earlier run. */
  constructor(folder: string) {
    this.#path = join(folder, "log", "MasterLog");
    this.#offset = sizeOf(this.#path);
  }

  /** Whether the schedd has ended again and again. Looks every three seconds. */
  isLost(): boolean {
    if (performance.now() - this.#looked < 3000) return false;
    this.#looked = performance.now();
    const size = sizeOf(this.#path);
    // The master begins another log when this one is long.
    if (size < this.#offset) this.#offset = 0;
    const ends = /^.*The SCHEDD \(pid \d+\) (?:died|exited)/gm;
    this.#ends += this.#read(size).match(ends)?.length ?? 0;
    return this.#ends >= mostEnds;
  }

  #read(size: number): string {
    const text = textAt(this.#path, this.#offset, size);
    // A line that is not complete is read again.
    const end = text.lastIndexOf("\n") + 1;
    this.#offset += new TextEncoder().encode(text.slice(0, end)).length;
    return text.slice(0, end);
  }
}

/**
 * Returns the last fatal error that a daemon wrote into its log, without the place
 * in the daemon's source; undefined if there is none near the end of the log.
 */
export function lastFatalError(log: string): string | undefined {
  const size = sizeOf(log);
  const text = textAt(log, Math.max(0, size - searched), size);
  return text.match(/ERROR "[^\n]*" at line \d+/g)?.at(-1)
    ?.replace(/^ERROR "([^]*?)\.?" at line \d+$/, "$1");
}

/** How much of the end of a log is searched for an error, in bytes. */
const searched = 64 * 1024;

/** How much of a log is read at once, in bytes. */
const mostRead = 1 << 20;

/** The size of a log in bytes; 0 if it cannot be read. */
function sizeOf(log: string): number {
  try {
    return Deno.statSync(log).size;
  } catch {
    return 0;
  }
}

/** Returns what a log has from `start` to `end`; empty if it cannot be read. */
function textAt(log: string, start: number, end: number): string {
  if (end <= start) return "";
  try {
    using file = Deno.openSync(log, { read: true });
    file.seekSync(start, Deno.SeekMode.Start);
    const bytes = new Uint8Array(Math.min(end - start, mostRead));
    const count = file.readSync(bytes) ?? 0;
    return new TextDecoder().decode(bytes.subarray(0, count));
  } catch {
    return "";
  }
}
