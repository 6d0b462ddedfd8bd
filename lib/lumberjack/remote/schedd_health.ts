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
    this.#offset = this.#size();
  }

  /** Whether the schedd has ended again and again. Looks every three seconds. */
  isLost(): boolean {
    if (performance.now() - this.#looked < 3000) return false;
    this.#looked = performance.now();
    const size = this.#size();
    // The master begins another log when this one is long.
    if (size < this.#offset) this.#offset = 0;
    const ends = /^.*The SCHEDD \(pid \d+\) (?:died|exited)/gm;
    this.#ends += this.#read(size).match(ends)?.length ?? 0;
    return this.#ends >= mostEnds;
  }

  #size(): number {
    try {
      return Deno.statSync(this.#path).size;
    } catch {
      return 0;
    }
  }

  #read(size: number): string {
    if (size <= this.#offset) return "";
    try {
      using file = Deno.openSync(this.#path, { read: true });
      file.seekSync(this.#offset, Deno.SeekMode.Start);
      const bytes = new Uint8Array(Math.min(size - this.#offset, 1 << 20));
      const count = file.readSync(bytes) ?? 0;
      const text = new TextDecoder().decode(bytes.subarray(0, count));
      // A line that is not complete is read again.
      const end = text.lastIndexOf("\n") + 1;
      this.#offset += new TextEncoder().encode(text.slice(0, end)).length;
      return text.slice(0, end);
    } catch {
      return "";
    }
  }
}

/** How much of the end of a log is searched for a reason, in bytes. */
const searched = 64 * 1024;

/**
 * Returns the last fatal error that a daemon wrote into its log,, without
 * the place in its source; undefined if there is none near the end.
 */
export function lastFatalError(log: string): string | undefined {
  try {
    using file = Deno.openSync(log, { read: true });
    const { size } = file.statSync();
    file.seekSync(Math.max(0, size - searched), Deno.SeekMode.Start);
    const bytes = new Uint8Array(Math.min(size, searched));
    const count = file.readSync(bytes) ?? 0;
    const text = new TextDecoder().decode(bytes.subarray(0, count));
    return text.match(/ERROR "[^\n]*" at line \d+/g)?.at(-1)
      ?.replace(/^ERROR "([^]*?)\.?" at line \d+$/, "$1");
  } catch {
    return undefined;
  }
}
