import { createHash } from "node:crypto";
import { dirname, join } from "@std/path";
import type { UserIds } from "../../../condor/user_database.ts";
import {
  TreeError,
  type TreeFile,
  type TreeFolder,
  type TreeWriter,
} from "./entry.ts";

/**
 * Writes a tree into a folder. Existing files are never overwritten. In folders
 * that this writer has made, no symbolic link is followed.
 *
 * If there is an owner, each file is given to that user at once. Folders are
 * given away at the end, the innermost first: as long as a folder is root's, the
 * user cannot put a link in the place of the next file that root writes.
 */
export class FolderWriter implements TreeWriter {
  readonly #top: string;
  readonly #owner: UserIds | undefined;
  /** Folders made here, each before what is in it. */
  readonly #folders: { path: string; mode: number; mtime: number }[] = [];
  readonly #files: string[] = [];

  /** `top` is the folder that takes the tree; it has to exist. */
  constructor(top: string, options: { readonly owner?: UserIds } = {}) {
    this.#top = top;
    this.#owner = options.owner;
  }

  /** Makes a folder; see {@linkcode TreeWriter.addFolder}. */
  addFolder(folder: Omit<TreeFolder, "kind">): Promise<void> {
    const path = join(this.#top, folder.path);
    this.#makeFolders(dirname(path));
    try {
      Deno.mkdirSync(path, { mode: 0o700 });
    } catch (cause) {
      if (cause instanceof Deno.errors.AlreadyExists) {
        if (Deno.lstatSync(path).isDirectory) return Promise.resolve();
      }
      throw cannotWrite(path, cause);
    }
    const { mode, mtime } = folder;
    this.#folders.push({ path, mode: mode & 0o777, mtime });
    return Promise.resolve();
  }

  /** Writes a file; see {@linkcode TreeWriter.addFile}. */
  async addFile(entry: Omit<TreeFile, "kind">): Promise<string> {
    const path = join(this.#top, entry.path);
    this.#makeFolders(dirname(path));
    const hash = createHash("sha256");
    let file: Deno.FsFile;
    try {
      file = Deno.openSync(path, {
        write: true,
        createNew: true,
        mode: 0o600,
      });
    } catch (cause) {
      throw cannotWrite(path, cause);
    }
    this.#files.push(path);
    try {
      let count = 0;
      for await (const piece of entry.body) {
        hash.update(piece);
        writeWhole(file, piece, path);
        count += piece.length;
      }
      if (count !== entry.size) {
        throw new TreeError("a file is not as long as was said", {
          subject: `${path} (${count} bytes of ${entry.size})`,
        });
      }
      file.utimeSync(entry.mtime, entry.mtime);
    } catch (error) {
      Deno.removeSync(path);
      this.#files.pop();
      throw error;
    } finally {
      file.close();
    }
    Deno.chmodSync(path, entry.mode & 0o777);
    if (this.#owner) Deno.chownSync(path, this.#owner.uid, this.#owner.gid);
    return hash.digest("hex");
  }

  /** Gives the folders their modes, times and owner, and syncs the file system. */
  async finish(): Promise<void> {
    for (const { path, mode, mtime } of this.#folders.toReversed()) {
      Deno.chmodSync(path, mode);
      Deno.utimeSync(path, mtime, mtime);
      if (this.#owner) Deno.chownSync(path, this.#owner.uid, this.#owner.gid);
    }
    await syncFileSystem(this.#top);
  }

  /** Removes what was written. */
  abandon(): Promise<void> {
    for (const path of this.#files.toReversed()) removeIfThere(path);
    for (const { path } of this.#folders.toReversed()) removeIfThere(path);
    return Promise.resolve();
  }

  /** Makes the folders that an entry needs and that no other entry named. */
  #makeFolders(path: string): void {
    if (path === this.#top || path.length < this.#top.length) return;
    try {
      if (Deno.lstatSync(path).isDirectory) return;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      this.#makeFolders(dirname(path));
      Deno.mkdirSync(path, { mode: 0o700 });
      const mtime = Math.floor(Date.now() / 1000);
      this.#folders.push({ path, mode: 0o755, mtime });
      return;
    }
    throw cannotWrite(path, new Error("it is not a folder"));
  }
}

/**
 * Writes everything of a file system to the disk. For many files, one call costs
 * far less than one fsync for each.
 */
export async function syncFileSystem(path: string): Promise<void> {
  try {
    const { success } = await new Deno.Command("sync", {
      args: ["-f", path],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    if (success) return;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  throw new TreeError("cannot make the files durable", {
    subject: path,
    remedy: "check the disk; the program sync of coreutils has to be there",
  });
}

/** Writes all of the bytes. Throws {@linkcode TreeError} when the disk is full. */
export function writeWhole(
  file: Deno.FsFile,
  bytes: Uint8Array,
  path: string,
): void {
  try {
    let written = 0;
    while (written < bytes.length) {
      written += file.writeSync(bytes.subarray(written));
    }
  } catch (cause) {
    throw cannotWrite(path, cause);
  }
}

function cannotWrite(path: string, cause: unknown): TreeError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new TreeError("cannot write the file", {
    cause,
    subject: `${path} (${why})`,
    remedy: /No space|quota/i.test(why)
      ? "free space there, or name another place"
      : "name an empty folder that you may write to",
  });
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    // A folder that holds something else stays.
    if (error instanceof Deno.errors.NotFound) return;
    if (/not empty/i.test(String(error))) return;
    throw error;
  }
}
