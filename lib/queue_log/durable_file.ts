import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "@std/path";
import { QueueLogError } from "./errors.ts";

/** How a {@linkcode DurableFile} is made. */
export interface DurableFileOptions {
  /** Permission bits, whatever the umask. */
  readonly mode: number;
  /** To whom the file is given; only root may. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

/**
 * A file that takes its name only when it is whole and on the disk. Mode and
 * owner are set through the open file, never by its name: the folder may belong
 * to someone who would put another file in its place.
 */
export class DurableFile {
  readonly #path: string;
  readonly #temporary: string;
  readonly #descriptor: number;
  #open = true;

  /**
   * Starts a file that will be called `path`. Until {@linkcode commit} its name
   * begins with a dot and ends in `.tmp`, in the same folder. This and all that
   * follows throws {@linkcode QueueLogError} that names `path`.
   */
  constructor(path: string, options: DurableFileOptions) {
    this.#path = path;
    const nonce = crypto.randomUUID().slice(0, 8);
    this.#temporary = join(dirname(path), `.${basename(path)}.${nonce}.tmp`);
    this.#descriptor = this.#naming(() =>
      openSync(this.#temporary, "wx", options.mode)
    );
    this.#naming(() => {
      fchmodSync(this.#descriptor, options.mode);
      if (!options.owner) return;
      fchownSync(this.#descriptor, options.owner.uid, options.owner.gid);
    });
  }

  /** Writes all of the bytes; throws when the disk is full. */
  writeSync(bytes: Uint8Array): number {
    return this.#naming(() => {
      let written = 0;
      while (written < bytes.length) {
        written += writeSync(this.#descriptor, bytes.subarray(written));
      }
      return written;
    });
  }

  /** Makes the bytes durable, gives the file its name, makes that durable. */
  commit(options: { readonly replace: boolean }): void {
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

  /** Does a step; the system's error says what, ours says with which file. */
  #naming<T>(step: () => T): T {
    try {
      return step();
    } catch (cause) {
      throw writeError(this.#path, cause);
    }
  }

  /** A link, unlike a rename, never takes another file's place. */
  #takeFreeName(): void {
    try {
      Deno.linkSync(this.#temporary, this.#path);
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) throw error;
      // A file system without hard links.
      Deno.renameSync(this.#temporary, this.#path);
      return;
    }
    Deno.removeSync(this.#temporary);
  }

  /** Takes the temporary file away; does nothing after a commit. */
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

/** Makes the names in a folder durable. */
export function syncFolder(path: string): void {
  const folder = Deno.openSync(path === "" ? "." : path, { read: true });
  try {
    folder.syncSync();
  } finally {
    folder.close();
  }
}

/** Writes a small text file whole, replacing what had its name. */
export function writeTextDurably(
  path: string,
  text: string,
  options: DurableFileOptions,
): void {
  using file = new DurableFile(path, options);
  file.writeSync(new TextEncoder().encode(text));
  file.commit({ replace: true });
}
