import { basename, dirname, join, resolve } from "@std/path";
import { syncFolder } from "../../../queue_log/mod.ts";
import { FolderLock } from "../../export_dir/folder_lock.ts";
import { TreeError } from "./entry.ts";

/** How a folder is called until it is complete: `.NAME` and this. */
const suffix = ".lumberjack-partial";

/**
 * A folder that gets its name when it is complete. Until then it is beside its
 * place, under a hidden name. If its writer was killed, the next one finds that
 * folder and removes it. If nothing can be made beside the place, because the
 * folder above is not ours or the place is a mount point, the folder is filled
 * where it is.
 *
 * Dispose of it after the work. If it was not finished, it is removed.
 */
export class NewFolder implements Disposable {
  readonly #top: string;
  readonly #isNew: boolean;
  #partial: string | undefined;
  #lock: FolderLock | undefined;
  #isFinished = false;

  private constructor(top: string, isNew: boolean) {
    this.#top = top;
    this.#isNew = isNew;
  }

  /**
   * Begins the folder `path`, which must be empty if it exists. Throws {@linkcode
   * TreeError} if it holds something, or if it cannot be made.
   */
  static begin(path: string): NewFolder {
    const there = existing(resolve(path));
    if (there !== undefined) requireEmpty(there);
    const folder = new NewFolder(
      there ?? resolve(path),
      there === undefined,
    );
    folder.#begin();
    return folder;
  }

  /** The folder to fill. */
  get path(): string {
    return this.#partial ?? this.#top;
  }

  #begin(): void {
    const partial = join(
      dirname(this.#top),
      `.${basename(this.#top)}${suffix}`,
    );
    if (!this.#isNew && isMountPoint(this.#top)) return;
    try {
      makeOurs(partial);
    } catch (cause) {
      if (!this.#isNew) return;
      throw cannotMake(this.#top, cause);
    }
    this.#lock = FolderLock.take(partial);
    if (this.#lock === undefined) {
      throw new TreeError("another lumberjack is filling the folder", {
        subject: this.#top,
        remedy: "wait for it, or name a new folder",
      });
    }
    this.#partial = partial;
    for (const { name } of [...Deno.readDirSync(partial)]) {
      removeAll(join(partial, name));
    }
  }

  /** Gives the complete folder its name, durably. What is in it is durable. */
  finish(): void {
    if (this.#partial !== undefined) {
      if (!this.#isNew) keepAccess(this.#top, this.#partial);
      try {
        // An empty folder is replaced, and nothing else is.
        Deno.renameSync(this.#partial, this.#top);
      } catch (cause) {
        removeAll(this.#partial);
        throw cannotMake(this.#top, cause);
      }
    }
    this.#isFinished = true;
    try {
      syncFolder(dirname(this.#top));
    } catch (cause) {
      // A command that fails leaves nothing. Repeated, it finds the name free.
      if (this.#partial !== undefined) removeAll(this.#top);
      throw cannotMake(this.#top, cause);
    }
  }

  /** Removes the folder, unless it is complete. */
  [Symbol.dispose](): void {
    this.#lock?.[Symbol.dispose]();
    if (this.#isFinished || this.#partial === undefined) return;
    try {
      Deno.removeSync(this.#partial);
    } catch {
      // The next one who fills the folder tries it again.
    }
  }
}

function cannotMake(path: string, cause: unknown): TreeError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new TreeError("cannot make the folder", {
    cause,
    subject: `${path} (${why})`,
    remedy: "make the folders above it, and check their permissions",
  });
}

/** Returns the real path of a folder; undefined if there is nothing. */
function existing(path: string): string | undefined {
  try {
    const real = Deno.realPathSync(path);
    if (Deno.statSync(real).isDirectory) return real;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new TreeError("cannot look into the folder", {
      cause: error,
      subject: path,
      remedy: "check the permissions of the folders above it",
    });
  }
  throw new TreeError("not a folder", {
    subject: path,
    remedy: "name a new folder",
  });
}

function requireEmpty(path: string): void {
  for (const { name } of Deno.readDirSync(path)) {
    throw new TreeError("the folder is not empty", {
      subject: join(path, name),
      remedy: "name a new folder",
    });
  }
}

function isMountPoint(path: string): boolean {
  return Deno.statSync(path).dev !== Deno.statSync(dirname(path)).dev;
}

/** Makes a folder, or takes that of a killed process of the same user. */
function makeOurs(path: string): void {
  try {
    Deno.mkdirSync(path, { mode: 0o700 });
    return;
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
  const { isDirectory, uid } = Deno.lstatSync(path);
  if (isDirectory && uid === Deno.uid()) return;
  throw new Error("it belongs to another user");
}

/** The folder that takes the place of an empty one is as open as that one. */
function keepAccess(from: string, to: string): void {
  const { mode, uid, gid } = Deno.statSync(from);
  if (mode !== null) Deno.chmodSync(to, mode & 0o7777);
  if (Deno.uid() === 0) Deno.chownSync(to, uid, gid);
}

/** Removes a file or a folder. Folders of a tree may be read-only. */
function removeAll(path: string): void {
  const { isDirectory } = Deno.lstatSync(path);
  if (!isDirectory) return Deno.removeSync(path);
  Deno.chmodSync(path, 0o700);
  for (const { name } of [...Deno.readDirSync(path)]) {
    removeAll(join(path, name));
  }
  Deno.removeSync(path);
}
