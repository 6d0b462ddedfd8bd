/**
 * The temporary files of a salvage.
 *
 * @module
 */
import { join } from "@std/path";
import { type ByteSource, FileSource, MemorySource } from "./byte_source.ts";
import { QueueLogError } from "./errors.ts";
import type { LogKind } from "./log_kind.ts";
import { MemorySink, type QueueLogSink } from "./sink.ts";
import { verify, verifyBytes } from "./verify.ts";

// Logs up to this size are processed in memory, larger ones in a folder.
const IN_MEMORY = 4 * 1024 * 1024;

/** Temporary files, and all files that are open. */
export class Workplace implements Disposable {
  #folder: string | undefined;
  #count = 0;
  readonly #open: { close(): void }[] = [];

  /** Opens a log. */
  open(path: string): ByteSource {
    const source = FileSource.open(path);
    this.#open.push(source);
    return source;
  }

  /**
   * Makes a temporary file for about `size` bytes. A small one is in memory.
   */
  file(size: number): WorkFile {
    if (size <= IN_MEMORY) return new MemoryWork();
    this.#folder ??= Deno.makeTempDirSync();
    const file = new DiskWork(join(this.#folder, String(this.#count++)));
    this.#open.push(file);
    return file;
  }

  [Symbol.dispose](): void {
    for (const each of this.#open) each.close();
    if (this.#folder !== undefined) {
      Deno.removeSync(this.#folder, { recursive: true });
    }
  }
}

/** A log that is first written and then read. */
export interface WorkFile extends QueueLogSink {
  /** Returns what was written, for reading. */
  open(): ByteSource;
  /** Throws if the daemon would not load all of it. */
  check(kind: LogKind): void;
}

class MemoryWork extends MemorySink implements WorkFile {
  open(): ByteSource {
    return new MemorySource(this.bytes());
  }

  check(kind: LogKind): void {
    requireGood(verifyBytes(this.bytes(), undefined, { kind }));
  }
}

class DiskWork implements WorkFile {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  #buffer = new Uint8Array(1024 * 1024);
  #filled = 0;
  #source: ByteSource | undefined;

  constructor(path: string) {
    this.#path = path;
    this.#file = Deno.openSync(path, {
      write: true,
      createNew: true,
      mode: 0o600,
    });
  }

  writeSync(bytes: Uint8Array): number {
    if (bytes.length > this.#buffer.length - this.#filled) {
      this.#flush();
      if (bytes.length > this.#buffer.length) {
        this.#hand(bytes);
        return bytes.length;
      }
    }
    this.#buffer.set(bytes, this.#filled);
    this.#filled += bytes.length;
    return bytes.length;
  }

  open(): ByteSource {
    this.#flush();
    this.#source ??= FileSource.open(this.#path);
    return this.#source;
  }

  check(kind: LogKind): void {
    this.#flush();
    requireGood(verify(this.#path, { kind }));
  }

  close(): void {
    this.#file.close();
    this.#source?.close();
  }

  #flush(): void {
    this.#hand(this.#buffer.subarray(0, this.#filled));
    this.#filled = 0;
  }

  #hand(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) {
      done += this.#file.writeSync(bytes.subarray(done));
    }
  }
}

/**
 * Throws if a schedd would not load the salvaged log. That is an error in this
 * program.
 */
function requireGood(
  report: { readonly ok: boolean; readonly problems: readonly unknown[] },
): void {
  if (report.ok) return;
  throw new QueueLogError("the salvaged log would not be loaded by a schedd", {
    subject: JSON.stringify(report.problems[0]),
    remedy: "nothing was written; please report this",
  });
}
