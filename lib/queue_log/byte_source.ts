import { QueueLogError } from "./errors.ts";

/** Bytes that can be read at any offset: a file, or memory. */
export interface ByteSource {
  /** The name for error messages. */
  readonly name: string;
  /**
   * How many bytes there are. The number is fixed when the source is opened.
   */
  readonly size: number;
  /**
   * Fills `target` with bytes from `offset`. Throws {@linkcode QueueLogError}.
   */
  readInto(target: Uint8Array, offset: number): void;
  /** Closes the file. */
  close(): void;
}

/** A log in memory. */
export class MemorySource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly #bytes: Uint8Array;

  /** The bytes must not change while they are read. */
  constructor(bytes: Uint8Array, name = "(memory)") {
    this.#bytes = bytes;
    this.size = bytes.length;
    this.name = name;
  }

  readInto(target: Uint8Array, offset: number): void {
    target.set(this.#bytes.subarray(offset, offset + target.length));
  }

  close(): void {}
}

/**
 * An open file. If the schedd rotates its log (puts a new file under the name),
 * this source still reads the old file. The size is fixed when the file is
 * opened, so bytes that the schedd appends later are not read.
 */
export class FileSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly #file: Deno.FsFile;

  /**
   * Reads the first `size` bytes of an open file. The source then owns the
   * file.
   */
  constructor(file: Deno.FsFile, name: string, size: number) {
    this.#file = file;
    this.name = name;
    this.size = size;
  }

  /** Opens `path`. Throws {@linkcode QueueLogError}. */
  static open(path: string): FileSource {
    const file = openLog(path);
    return new FileSource(file, path, file.statSync().size);
  }

  readInto(target: Uint8Array, offset: number): void {
    let filled = 0;
    try {
      this.#file.seekSync(offset, Deno.SeekMode.Start);
      while (filled < target.length) {
        const count = this.#file.readSync(target.subarray(filled));
        if (count === null || count === 0) break;
        filled += count;
      }
    } catch (cause) {
      throw new QueueLogError("cannot read queue log", {
        subject: this.name,
        cause,
      });
    }
    if (filled < target.length) throw changedError(this.name);
  }

  close(): void {
    try {
      this.#file.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }
}

/** Opens a queue log for reading. Throws {@linkcode QueueLogError}. */
export function openLog(path: string): Deno.FsFile {
  let file: Deno.FsFile;
  try {
    // Opening a pipe would wait for a writer, so the type is checked before.
    requireFile(Deno.statSync(path), path);
    file = Deno.openSync(path, { read: true });
  } catch (cause) {
    if (cause instanceof QueueLogError) throw cause;
    throw openError(path, cause);
  }
  try {
    requireFile(file.statSync(), path);
  } catch (error) {
    file.close();
    throw error;
  }
  return file;
}

function requireFile(stat: Deno.FileInfo, path: string): void {
  if (stat.isFile) return;
  throw new QueueLogError("not a file", {
    subject: path,
    remedy: stat.isDirectory
      ? "name the job_queue.log in it"
      : "name a job_queue.log",
  });
}

/** Returns the error for a file that is no longer the one that was opened. */
export function changedError(name: string): QueueLogError {
  return new QueueLogError("queue log changed while it was read", {
    subject: name,
    remedy: "copy the file first, or try again",
  });
}

function openError(path: string, cause: unknown): QueueLogError {
  if (cause instanceof Deno.errors.NotFound) {
    return new QueueLogError("no such queue log", { subject: path, cause });
  }
  if (
    cause instanceof Deno.errors.PermissionDenied ||
    cause instanceof Deno.errors.NotCapable
  ) {
    return new QueueLogError("no permission to read queue log", {
      subject: path,
      remedy:
        "the file belongs to HTCondor's user: run this as that user or as root",
      cause,
    });
  }
  return new QueueLogError("cannot open queue log", { subject: path, cause });
}

/**
 * Returns a buffer for one long record. Throws {@linkcode QueueLogError} if
 * there is not enough memory.
 */
export function allocate(size: number, name: string): Uint8Array {
  try {
    return new Uint8Array(size);
  } catch (cause) {
    throw new QueueLogError("record too long to be read", {
      subject: name,
      cause,
    });
  }
}
