import { createHash, randomUUID } from "node:crypto";
import { closeSync, fchownSync, openSync } from "node:fs";
import { basename, dirname, join } from "@std/path";
import { removeUnfinished, syncFolder } from "../../../queue_log/mod.ts";
import type { UserIds } from "../../../condor/user_database.ts";
import { type BundleOutput, bundleOutput } from "./bundle_output.ts";
import { type Compression, compressionOf } from "./compression.ts";
import {
  TreeError,
  type TreeFile,
  type TreeFolder,
  type TreeWriter,
} from "./entry.ts";
import { isThere } from "./is_there.ts";
import { endOfArchive, paddingOf, tarHeader } from "./tar_header.ts";

/** How much goes to the file at once, in bytes. */
const pieceSize = 256 * 1024;

/**
 * Writes a tree as one bundle file: a tar archive, compressed as its name says.
 * Only one piece of a file is in memory at a time. The bundle gets its name when
 * it is complete and on the disk. An existing file is never replaced.
 */
export class BundleWriter implements TreeWriter {
  readonly #path: string;
  readonly #temporary: string;
  readonly #compression: Compression;
  readonly #file: number;
  #output: BundleOutput | undefined;
  #isOpen = true;
  /** Bytes that have not gone to the file yet. */
  readonly #piece = new Uint8Array(pieceSize);
  #filled = 0;

  /**
   * Starts the bundle `path`. It will be readable by `owner` only. Throws
   * {@linkcode TreeError} if the file exists, if its folder cannot be written to,
   * or if its name is not the name of a bundle.
   */
  constructor(path: string, options: { readonly owner?: UserIds } = {}) {
    this.#compression = compressionOf(path);
    this.#path = path;
    removeUnfinished(path);
    if (isThere(path)) {
      throw new TreeError("the bundle exists already", {
        subject: path,
        remedy: "name another file, or remove it",
      });
    }
    const nonce = randomUUID().slice(0, 8);
    this.#temporary = join(dirname(path), `.${basename(path)}.${nonce}.tmp`);
    this.#file = createNew(this.#temporary, path);
    // By the open file: its folder may be another user's.
    const { owner } = options;
    if (owner) fchownSync(this.#file, owner.uid, owner.gid);
  }

  /** Adds a folder. */
  async addFolder(folder: Omit<TreeFolder, "kind">): Promise<void> {
    await this.#add(tarHeader({ ...folder, isFolder: true, size: 0 }));
  }

  /** Adds a file; see {@linkcode TreeWriter.addFile}. */
  async addFile(file: Omit<TreeFile, "kind">): Promise<string> {
    // Where another process reads the file, that one computes the checksum, too.
    const { digest } = file;
    const hash = digest ? undefined : createHash("sha256");
    const take = (bytes: Uint8Array) => {
      hash?.update(bytes);
      return this.#add(bytes);
    };
    await this.#add(tarHeader({ ...file, isFolder: false }));
    let left = file.size;
    let problem: unknown;
    const pieces = file.body[Symbol.asyncIterator]();
    for (;;) {
      let piece: Uint8Array | undefined;
      try {
        piece = await nextPiece(pieces, file.path, left);
      } catch (error) {
        problem = error;
      }
      if (piece === undefined) break;
      left -= piece.length;
      await take(piece);
    }
    // That process sends zeros for what it cannot read. So if bytes are missing, it
    // has ended.
    if (digest && problem !== undefined && left > 0) throw problem;
    // If a file cannot be read to its end, zeros fill the rest of its place in the
    // archive, so that the next entry is found. No job names such a file.
    for (; left > 0; left -= Math.min(left, zeros.length)) {
      await take(zeros.subarray(0, Math.min(left, zeros.length)));
    }
    await this.#add(zeros.subarray(0, paddingOf(file.size)));
    const sha256 = hash ? hash.digest("hex") : digest!();
    if (sha256 === undefined) throw problem ?? notAsLong(file.path);
    if (problem !== undefined) throw new FilledFile(sha256, { cause: problem });
    return sha256;
  }

  /** Ends the archive, makes it durable and gives it its name. */
  async finish(): Promise<void> {
    await this.#add(endOfArchive);
    await this.#flush();
    await (await this.#open()).end();
    this.#close();
    let isNamed = false;
    try {
      Deno.linkSync(this.#temporary, this.#path);
      isNamed = true;
      Deno.removeSync(this.#temporary);
      syncFolder(dirname(this.#path));
    } catch (cause) {
      // A command that fails leaves nothing. Repeated, it finds the name free.
      if (isNamed) removeQuietly(this.#path);
      throw new TreeError("cannot write the bundle", {
        cause,
        subject: `${this.#path} (${
          cause instanceof Error ? cause.message : cause
        })`,
        remedy: "check that its folder exists and that you may write to it",
      });
    }
  }

  /** Removes the unfinished bundle. */
  async abandon(): Promise<void> {
    await this.#output?.abandon();
    this.#close();
    try {
      Deno.removeSync(this.#temporary);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  async #open(): Promise<BundleOutput> {
    this.#output ??= await bundleOutput(
      this.#file,
      this.#path,
      this.#compression,
    );
    return this.#output;
  }

  #close(): void {
    if (this.#isOpen) closeSync(this.#file);
    this.#isOpen = false;
  }

  /** Adds bytes, which may be changed when the promise is fulfilled. */
  #add(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#filled + bytes.length > pieceSize) return this.#addLarge(bytes);
    this.#piece.set(bytes, this.#filled);
    this.#filled += bytes.length;
    return undefined;
  }

  async #addLarge(bytes: Uint8Array): Promise<void> {
    await this.#flush();
    if (bytes.length < pieceSize) {
      this.#piece.set(bytes);
      this.#filled = bytes.length;
    } else {
      await (await this.#open()).write(bytes);
    }
  }

  async #flush(): Promise<void> {
    if (this.#filled === 0) return;
    const bytes = this.#piece.subarray(0, this.#filled);
    this.#filled = 0;
    await (await this.#open()).write(bytes);
  }
}

const zeros = new Uint8Array(64 * 1024);

/** Returns the next piece of a body, which must have `left` bytes more. */
async function nextPiece(
  pieces: AsyncIterator<Uint8Array>,
  path: string,
  left: number,
): Promise<Uint8Array | undefined> {
  const { done, value } = await pieces.next();
  if (done && left > 0) throw notAsLong(path);
  if (done) return undefined;
  if (value.length <= left) return value;
  await pieces.return?.();
  throw notAsLong(path);
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

function removeQuietly(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // The error that led here says more.
  }
}
