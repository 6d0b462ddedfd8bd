import { createHash, randomUUID } from "node:crypto";
import { closeSync, fchownSync, fsyncSync, openSync, writeSync } from "node:fs";
import { basename, dirname, join } from "@std/path";
import * as tar from "tar-stream";
import { syncFolder } from "../../../queue_log/mod.ts";
import type { UserIds } from "../../../condor/user_database.ts";
import { compress, compressionOf } from "./compression.ts";
import {
  TreeError,
  type TreeFile,
  type TreeFolder,
  type TreeWriter,
} from "./entry.ts";

/**
 * Writes a tree as one bundle file: a tar archive, compressed as its name says.
 * Only one piece of a file is in memory at a time. The bundle gets its name when
 * it is complete and on the disk. An existing file is never replaced.
 */
export class BundleWriter implements TreeWriter {
  readonly #path: string;
  readonly #temporary: string;
  readonly #pack = tar.pack();
  readonly #written: Promise<void>;
  /** Why the bundle cannot be written, once that is known. */
  #failure: unknown;

  /**
   * Starts the bundle `path`. It will be readable by `owner` only. Throws
   * {@linkcode TreeError} if the file exists, if its folder cannot be written to,
   * or if its name is not the name of a bundle.
   */
  constructor(path: string, options: { readonly owner?: UserIds } = {}) {
    const compression = compressionOf(path);
    this.#path = path;
    if (exists(path)) {
      throw new TreeError("the bundle exists already", {
        subject: path,
        remedy: "name another file, or remove it",
      });
    }
    const nonce = randomUUID().slice(0, 8);
    this.#temporary = join(dirname(path), `.${basename(path)}.${nonce}.tmp`);
    const file = createNew(this.#temporary, path);
    // By the open file: its folder may be another user's.
    if (options.owner) fchownSync(file, options.owner.uid, options.owner.gid);
    this.#written = writeAll(compress(this.#pack, compression), file, path);
    // Without a listener, the error would end the process.
    this.#pack.on("error", () => {});
    // Who adds entries sees the failure there; finish() throws it again.
    this.#written.catch((error) => {
      this.#failure = error;
      this.#pack.destroy(error);
    });
  }

  /** Adds a folder. */
  async addFolder(folder: Omit<TreeFolder, "kind">): Promise<void> {
    const { path, mode, mtime } = folder;
    this.#throwFailure();
    const entry = this.#pack.entry({
      name: `${path}/`,
      type: "directory",
      mode: mode & 0o777,
      mtime: new Date(mtime * 1000),
    });
    entry.end();
    await this.#closed(entry);
  }

  /** Adds a file; see {@linkcode TreeWriter.addFile}. */
  async addFile(file: Omit<TreeFile, "kind">): Promise<string> {
    const { path, mode, mtime, size, body } = file;
    this.#throwFailure();
    const hash = createHash("sha256");
    const entry = this.#pack.entry({
      name: path,
      size,
      mode: mode & 0o777,
      mtime: new Date(mtime * 1000),
    });
    let left = size;
    let problem: unknown;
    try {
      for await (const piece of body) {
        if (piece.length > left) throw notAsLong(path);
        left -= piece.length;
        hash.update(piece);
        await this.#write(entry, piece);
      }
      if (left > 0) throw notAsLong(path);
    } catch (error) {
      problem = error;
    }
    // If a file cannot be read to its end, zeros fill the rest of its place in the
    // archive, so that the next entry is found. No job names such a file.
    while (left > 0) {
      const piece = new Uint8Array(Math.min(left, 65536));
      left -= piece.length;
      hash.update(piece);
      await this.#write(entry, piece);
    }
    entry.end();
    await this.#closed(entry);
    if (problem !== undefined) {
      throw new FilledFile(hash.digest("hex"), { cause: problem });
    }
    return hash.digest("hex");
  }

  /** Ends the archive, makes it durable and gives it its name. */
  async finish(): Promise<void> {
    this.#throwFailure();
    this.#pack.finalize();
    await this.#written;
    Deno.linkSync(this.#temporary, this.#path);
    Deno.removeSync(this.#temporary);
    syncFolder(dirname(this.#path));
  }

  /** Removes the unfinished bundle. */
  async abandon(): Promise<void> {
    this.#pack.destroy(new Error("abandoned"));
    await this.#written.catch(() => {});
    try {
      Deno.removeSync(this.#temporary);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  async #write(entry: tar.Sink, piece: Uint8Array): Promise<void> {
    if (!entry.write(piece)) await settled(entry, "drain");
    this.#throwFailure();
  }

  async #closed(entry: tar.Sink): Promise<void> {
    if (!entry.destroyed) await settled(entry, "close");
    this.#throwFailure();
  }

  /** Throws the failure, if there is one: the disk may be full. */
  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}

/** A file could not be read to its end; the archive has zeros in its place. */
export class FilledFile extends TreeError {
  /** The SHA-256 of what stands in the archive now. */
  readonly sha256: string;

  /** `cause` says why the file could not be read. */
  constructor(sha256: string, options: { readonly cause: unknown }) {
    super("a file could not be read to its end", options);
    this.name = "FilledFile";
    this.sha256 = sha256;
  }
}

function notAsLong(path: string): TreeError {
  return new TreeError("a file changed while it was read", {
    subject: path,
    remedy: "export again when nothing writes to it",
  });
}

/** Waits for an event of an entry, or for its end when the archive fails. */
function settled(entry: tar.Sink, event: "drain" | "close"): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      entry.off(event, done);
      entry.off("close", done);
      resolve();
    };
    entry.on(event, done);
    if (event !== "close") entry.on("close", done);
  });
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function createNew(temporary: string, path: string): number {
  try {
    return openSync(temporary, "wx", 0o600);
  } catch (cause) {
    throw new TreeError("cannot write the bundle", {
      cause,
      subject: path,
      remedy: "check that its folder exists and that you may write to it",
    });
  }
}

async function writeAll(
  bytes: AsyncIterable<Uint8Array>,
  file: number,
  path: string,
): Promise<void> {
  try {
    for await (const piece of bytes) {
      let written = 0;
      while (written < piece.length) {
        written += writeSync(file, piece.subarray(written));
      }
    }
    fsyncSync(file);
  } catch (cause) {
    if (cause instanceof TreeError) throw cause;
    throw new TreeError("cannot write the bundle", {
      cause,
      subject: `${path} (${cause instanceof Error ? cause.message : cause})`,
      remedy: "check the free space there",
    });
  } finally {
    closeSync(file);
  }
}
