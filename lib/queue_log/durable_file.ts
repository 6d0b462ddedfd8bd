import {
  closeSync,
  fchmodSync,
  fchownSync,
  fdatasync,
  fsyncSync,
  openSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "@std/path";
import { QueueLogError } from "./errors.ts";

/** The options of a {@linkcode DurableFile}. */
export interface DurableFileOptions {
  /** The permission bits. The umask is not applied. */
  readonly mode: number;
  /** The new owner of the file. Only root may set one. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

/**
 * A file that gets its name only when it is complete and on the disk. Mode and
 * owner are set through the open file, never by its name, because another user
 * who owns the folder could replace the file.
 */
export class DurableFile {
  readonly #path: string;
  readonly #temporary: string;
  readonly #descriptor: number;
  #open = true;
  // The result of a flush that was begun: an error, or null.
  #flushing: Promise<Error | null> | undefined;

  /**
   * Creates a file that will be called `path`. Until {@linkcode commit} its
   * name begins with a dot and ends with `.tmp`, in the same folder. All
   * methods throw a {@linkcode QueueLogError} that names `path`.
   */
  constructor(path: string, options: DurableFileOptions) {
    this.#path = path;
    const nonce = crypto.randomUUID().slice(0, 8);
    this.#temporary = join(dirname(path), `.${basename(path)}.${nonce}.tmp`);
    this.#descriptor = this.#naming(() =>
      openSync(this.#temporary, "wx", options.mode)
    );
    try {
      this.#naming(() => {
        fchmodSync(this.#descriptor, options.mode);
        if (!options.owner) return;
        fchownSync(this.#descriptor, options.owner.uid, options.owner.gid);
      });
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** Writes all of the bytes. Throws if the disk is full. */
  writeSync(bytes: Uint8Array): number {
    return this.#naming(() => {
      let written = 0;
      while (written < bytes.length) {
        written += writeSync(this.#descriptor, bytes.subarray(written));
      }
      return written;
    });
  }

  /** Hands on what was written so far, in pieces. */
  *read(): Generator<Uint8Array> {
    using file = Deno.openSync(this.#temporary, { read: true });
    for (;;) {
      const piece = new Uint8Array(256 * 1024);
      const count = file.readSync(piece);
      if (count === null) return;
      yield piece.subarray(0, count);
    }
  }

  /**
   * Begins to write to the disk what was written so far, while the caller goes
   * on. The caller must wait for {@linkcode flushed} before the commit.
   */
  beginFlush(): void {
    this.#flushing = new Promise((resolve) =>
      fdatasync(this.#descriptor, resolve)
    );
  }

  /**
   * Waits for the flush that was begun, if there is one. The system reports an
   * error of the disk only once for an open file. So if the flush gets it, it is
   * thrown here.
   */
  async flushed(): Promise<void> {
    const error = await this.#flushing;
    this.#flushing = undefined;
    if (error) throw writeError(this.#path, error);
  }

  /**
   * Writes the bytes to the disk (fsync), gives the file its name, and writes
   * the name to the disk.
   */
  commit(options: { readonly replace: boolean }): void {
    if (this.#flushing) throw new Error("commit before flushed()");
    this.#naming(() => {
      fsyncSync(this.#descriptor);
      this.#close();
      if (options.replace) {
        Deno.renameSync(this.#temporary, this.#path);
      } else {
        this.#takeFreeName();
      }
      syncFolder(dirname(this.#path));
    });
  }

  /** Runs a step. An error of the system becomes one that names the file. */
  #naming<T>(step: () => T): T {
    try {
      return step();
    } catch (cause) {
      throw writeError(this.#path, cause);
    }
  }

  /**
   * Gives the file its name only if the name is free. Unlike a rename, a link
   * never replaces another file.
   */
  #takeFreeName(): void {
    try {
      Deno.linkSync(this.#temporary, this.#path);
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) throw error;
      // The file system has no hard links.
      Deno.renameSync(this.#temporary, this.#path);
      return;
    }
    Deno.removeSync(this.#temporary);
  }

  /** Removes the temporary file. After a commit this does nothing. */
  [Symbol.dispose](): void {
    if (this.#open) this.#close();
    try {
      Deno.removeSync(this.#temporary);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  #close(): void {
    this.#open = false;
    closeSync(this.#descriptor);
  }
}

function writeError(path: string, cause: unknown): QueueLogError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const { code } = cause as { code?: unknown };
  if (code === "ENOSPC" || code === "EDQUOT" || /os error 28\b/.test(why)) {
    return new QueueLogError("no space left for the file", {
      cause,
      subject: path,
      remedy: "free space there, or name another place",
    });
  }
  return new QueueLogError("cannot write the file", {
    cause,
    subject: `${path} (${why})`,
    remedy: code === "ENOENT"
      ? "make the folder first"
      : "check the permissions of the folder",
  });
}

/**
 * Removes what killed processes have left under the temporary names of a file. If
 * a process still writes the file, its commit fails; so nobody else may write it.
 */
export function removeUnfinished(path: string): void {
  const folder = dirname(path), name = `.${basename(path)}.`;
  try {
    for (const entry of [...Deno.readDirSync(folder)]) {
      if (!entry.isFile || !entry.name.startsWith(name)) continue;
      if (!/^[0-9a-f]{8}\.tmp$/.test(entry.name.slice(name.length))) continue;
      Deno.removeSync(join(folder, entry.name));
    }
  } catch {
    // They only take room. Who writes the file will see what is wrong there.
  }
}

/** Writes the names in a folder to the disk (fsync). */
export function syncFolder(path: string): void {
  const folder = Deno.openSync(path === "" ? "." : path, { read: true });
  try {
    folder.syncSync();
  } finally {
    folder.close();
  }
}

/**
 * Writes a small text file completely, in UTF-8. It replaces an existing file.
 * Throws {@linkcode QueueLogError}.
 */
export function writeTextDurably(
  path: string,
  text: string,
  options: DurableFileOptions,
): void {
  using file = new DurableFile(path, options);
  file.writeSync(new TextEncoder().encode(text));
  file.commit({ replace: true });
}
