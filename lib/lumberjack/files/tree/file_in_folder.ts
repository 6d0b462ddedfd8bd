import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { TreeError } from "./entry.ts";
import { cannotRead, changedMeanwhile } from "./read_errors.ts";

/** How much is read at once, in bytes. */
const pieceSize = 256 * 1024;

/** What is compared to notice that a file changed. */
interface Seen {
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
}

/**
 * A plain file of the current directory, open for reading. No link is followed,
 * and a pipe that took the place of the file cannot make us wait, because what was
 * opened is looked at, and not what has its name. The file must not change while
 * it is read.
 */
export class FileInFolder implements Disposable {
  /** In bytes, when it was opened. */
  readonly size: number;
  /** Permission bits. */
  readonly mode: number;
  /** When it was last changed, in seconds since 1970. */
  readonly mtime: number;
  readonly #path: string;
  readonly #file: number;
  readonly #seen: Seen;
  #isOpen = true;

  /**
   * Opens `name`; `path` is for messages. Throws {@linkcode TreeError} if it
   * cannot be read or is no plain file.
   */
  constructor(name: string, path: string) {
    this.#path = path;
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
    try {
      this.#file = openSync(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    } catch (cause) {
      throw cannotOpen(path, cause);
    }
    const info = fstatSync(this.#file);
    if (!info.isFile()) {
      closeSync(this.#file);
      throw notPlain(path, "special");
    }
    this.#seen = info;
    this.size = info.size;
    this.mode = info.mode & 0o777;
    this.mtime = Math.floor(info.mtimeMs / 1000);
  }

  /**
   * Reads all of it, and closes it. It has to be small. The contents are in the
   * beginning of `room`, if that is given.
   */
  readWhole(room: Uint8Array = new Uint8Array(this.size)): Uint8Array {
    using _ = this;
    const bytes = room.subarray(0, this.size);
    let count = 0;
    while (count < bytes.length) {
      const length = readSync(this.#file, bytes.subarray(count));
      if (length === 0) throw changedMeanwhile(this.#path);
      count += length;
    }
    this.#requireUnchanged();
    return bytes;
  }

  /** Fills `target` with the bytes from `offset`. Throws if it was cut. */
  readInto(target: Uint8Array, offset: number): void {
    for (let count = 0; count < target.length;) {
      const rest = target.length - count;
      const length = this.#read(target, count, rest, offset + count);
      if (length === 0) throw changedMeanwhile(this.#path);
      count += length;
    }
  }

  #read(target: Uint8Array, at: number, length: number, offset: number) {
    try {
      return readSync(this.#file, target, at, length, offset);
    } catch (cause) {
      throw cannotRead(this.#path, cause);
    }
  }

  /** Reads all of it in pieces. The caller may keep them. */
  async *pieces(): AsyncGenerator<Uint8Array> {
    for (let left = this.size; left > 0;) {
      const piece = new Uint8Array(Math.min(left, pieceSize));
      const length = readSync(this.#file, piece);
      if (length === 0) throw changedMeanwhile(this.#path);
      left -= length;
      yield piece.subarray(0, length);
    }
    this.#requireUnchanged();
  }

  #requireUnchanged(): void {
    const now: Seen = fstatSync(this.#file);
    const { size, mtimeMs, ctimeMs } = this.#seen;
    const same = now.size === size && now.mtimeMs === mtimeMs &&
      now.ctimeMs === ctimeMs;
    if (!same) throw changedMeanwhile(this.#path);
  }

  /** Closes it. */
  [Symbol.dispose](): void {
    if (this.#isOpen) closeSync(this.#file);
    this.#isOpen = false;
  }
}

/** The error for something that is neither a plain file nor a folder. */
export function notPlain(path: string, what: string): TreeError {
  return new TreeError("only plain files and folders travel", {
    subject: `${path} (${what})`,
    remedy: "remove it, or put a plain file in its place",
  });
}

function cannotOpen(path: string, cause: unknown): TreeError {
  const { code } = cause as { code?: unknown };
  if (code === "ELOOP") return notPlain(path, "a symbolic link");
  if (code === "ENXIO") return notPlain(path, "special");
  return cannotRead(path, cause);
}
