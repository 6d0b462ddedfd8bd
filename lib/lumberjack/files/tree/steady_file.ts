import { TreeError } from "./entry.ts";
import { cannotRead, changedMeanwhile } from "./read_errors.ts";

/** How much is read at once, in bytes. */
const pieceSize = 256 * 1024;

/**
 * Buffers that nobody uses now. A new one for each file would cost more than to
 * read a small file.
 */
const buffers: Uint8Array<ArrayBuffer>[] = [];

/** An open plain file whose size and contents must not change while it is read. */
export interface SteadyFile extends Disposable {
  /** In bytes, when it was opened. */
  readonly size: number;
  /** Permission bits. */
  readonly mode: number;
  /** The uid of the user who has it. */
  readonly uid: number | null;
  /** When it was last changed, in seconds since 1970. */
  readonly mtime: number;
  /**
   * The contents. Throws {@linkcode TreeError} at the end when the file was
   * changed since it was opened.
   */
  pieces(): AsyncGenerator<Uint8Array>;
  /** The same. A piece is valid until the next one is asked for. */
  piecesSync(): Generator<Uint8Array>;
  /** Throws {@linkcode TreeError} if the file was changed since it was opened. */
  requireUnchanged(): void;
}

/**
 * Opens a plain file for reading. With `follow: false` a symbolic link is not
 * followed. Throws {@linkcode TreeError} when it cannot be read or is no plain
 * file; a pipe or a device is never opened, since that could wait for ever.
 */
export function readSteadily(
  path: string,
  options: { readonly follow: boolean },
): SteadyFile {
  const look = options.follow ? Deno.statSync : Deno.lstatSync;
  let file: Deno.FsFile | undefined;
  try {
    const seen = look(path);
    if (!seen.isFile) throw notPlain(path);
    file = Deno.openSync(path, { read: true });
    const opened = file.statSync();
    // Another file took its name between the two calls.
    if (!opened.isFile || opened.ino !== seen.ino || opened.dev !== seen.dev) {
      throw changedMeanwhile(path);
    }
    return new OpenFile(path, file, opened);
  } catch (cause) {
    file?.close();
    if (cause instanceof TreeError) throw cause;
    throw cannotRead(path, cause);
  }
}

class OpenFile implements SteadyFile {
  readonly size: number;
  readonly mode: number;
  readonly uid: number | null;
  readonly mtime: number;
  readonly #path: string;
  readonly #file: Deno.FsFile;
  readonly #info: Deno.FileInfo;

  constructor(path: string, file: Deno.FsFile, info: Deno.FileInfo) {
    this.#path = path;
    this.#file = file;
    this.#info = info;
    this.size = info.size;
    this.mode = (info.mode ?? 0o644) & 0o777;
    this.uid = info.uid;
    this.mtime = Math.floor((info.mtime?.getTime() ?? 0) / 1000);
  }

  async *pieces(): AsyncGenerator<Uint8Array> {
    // Copy each piece, because the caller may keep it.
    for (const piece of this.piecesSync()) yield piece.slice();
  }

  *piecesSync(): Generator<Uint8Array> {
    const buffer = buffers.pop() ?? new Uint8Array(pieceSize);
    let count = 0;
    try {
      for (;;) {
        const length = this.#read(buffer);
        if (length === null) break;
        count += length;
        if (count > this.size) throw changedMeanwhile(this.#path);
        yield buffer.subarray(0, length);
      }
    } finally {
      buffers.push(buffer);
    }
    if (count !== this.size) throw changedMeanwhile(this.#path);
    this.requireUnchanged();
  }

  #read(buffer: Uint8Array): number | null {
    try {
      return this.#file.readSync(buffer);
    } catch (cause) {
      throw new TreeError("cannot read the file", {
        cause,
        subject: `${this.#path} (${
          cause instanceof Error ? cause.message : cause
        })`,
        remedy: "check the disk, and try again",
      });
    }
  }

  requireUnchanged(): void {
    const now = this.#file.statSync();
    const same = (a: Date | null, b: Date | null) =>
      a?.getTime() === b?.getTime();
    if (
      now.size !== this.size ||
      !same(now.mtime, this.#info.mtime) || !same(now.ctime, this.#info.ctime)
    ) throw changedMeanwhile(this.#path);
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/**
 * Whether an error says that the disk, or the server that has it, did not answer:
 * the file may be there all the same.
 */
export function isDiskFailure(error: unknown): boolean {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: unknown };
  if (["EIO", "ESTALE", "ETIMEDOUT", "EREMOTEIO"].includes(String(code))) {
    return true;
  }
  return cause !== undefined && isDiskFailure(cause);
}

function notPlain(path: string): TreeError {
  return new TreeError("not a plain file", {
    subject: path,
    remedy: "only plain files and folders travel",
  });
}
