import * as tar from "tar-stream";
import { type Compression, compressionOf, decompress } from "./compression.ts";
import { DamagedTreeError, type TreeEntry, TreeError } from "./entry.ts";
import { treePathProblem } from "./path.ts";

/** How much is read from the file at once, in bytes. */
const pieceSize = 256 * 1024;
/**
 * The most bytes between two entries. The headers of even a long name are small,
 * and the headers of a hostile bundle would all be kept in memory.
 */
const longestHeaders = 1024 * 1024;

/**
 * Reads the entries of a bundle in their order. The body of a file has to be read
 * before the next entry is asked for. A body that was not read is skipped.
 *
 * Throws {@linkcode TreeError} for anything that is not a plain file or a folder,
 * for a path that leaves the tree, and if the archive is damaged or was cut
 * within an entry. If it was cut between two entries, this function cannot tell:
 * verifyTree finds that by the checksums.
 */
export async function* readBundle(path: string): AsyncGenerator<TreeEntry> {
  const kind = compressionOf(path);
  const extract = tar.extract();
  const watch = new HeaderWatch();
  const fed = feed(path, kind, extract, watch);
  try {
    for await (const entry of extract) {
      watch.entry(entry.header.size ?? 0);
      yield treeEntry(path, entry);
      // Nobody may have read the body: then it is read and dropped here.
      entry.resume();
      watch.next();
    }
    await fed;
  } catch (error) {
    throw damaged(path, error);
  } finally {
    extract.destroy();
    await fed.catch(() => {});
  }
}

/** Counts the bytes that belong to no file. */
class HeaderWatch {
  #fed = 0;
  #allowed = longestHeaders;

  /** A file of this size began. */
  entry(size: number): void {
    this.#allowed = this.#fed + size + longestHeaders;
  }

  /** The file was read. */
  next(): void {
    this.#allowed = Math.max(this.#allowed, this.#fed + longestHeaders);
  }

  /** Bytes were handed on. Throws when no entry comes of them. */
  feed(count: number): void {
    this.#fed += count;
    if (this.#fed > this.#allowed + 4 * pieceSize) {
      throw new TreeError("the headers of the bundle are too long", {
        remedy:
          "have it sent again; if it is so again, do not trust its sender",
      });
    }
  }
}

async function feed(
  path: string,
  kind: Compression,
  extract: tar.Extract,
  watch: HeaderWatch,
): Promise<void> {
  try {
    for await (const piece of decompress(readPieces(path), kind)) {
      watch.feed(piece.length);
      if (extract.destroyed) return;
      if (!extract.write(piece)) await drained(extract);
    }
    extract.end();
  } catch (error) {
    extract.destroy(error as Error);
    throw error;
  }
}

function drained(extract: tar.Extract): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      extract.off("drain", done);
      extract.off("close", done);
      resolve();
    };
    extract.on("drain", done);
    extract.on("close", done);
  });
}

/** A body that is cut says so with the bundle's name. */
async function* bodyOf(
  bundle: string,
  entry: tar.Entry,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of entry) yield piece;
  } catch (error) {
    throw damaged(bundle, error);
  }
}

async function* readPieces(path: string): AsyncGenerator<Uint8Array> {
  using file = openBundle(path);
  for (;;) {
    const piece = new Uint8Array(pieceSize);
    const length = await file.read(piece);
    if (length === null) return;
    yield piece.subarray(0, length);
  }
}

function openBundle(path: string): Deno.FsFile {
  let file: Deno.FsFile;
  try {
    // Looked at before: opening a pipe would wait for its writer.
    if (!Deno.statSync(path).isFile) {
      throw new TreeError("the bundle is not a plain file", { subject: path });
    }
    file = Deno.openSync(path, { read: true });
  } catch (cause) {
    if (cause instanceof TreeError) throw cause;
    throw new TreeError("cannot read the bundle", {
      cause,
      subject: path,
      remedy: "check its name and its permissions",
    });
  }
  return file;
}

function treeEntry(bundle: string, entry: tar.Entry): TreeEntry {
  const { name, type, size, mode, mtime } = entry.header;
  const path = name.replace(/^\.\//, "").replace(/\/$/, "");
  const problem = treePathProblem(path);
  if (problem !== undefined) {
    throw new TreeError(`the bundle has a path that must not be: ${problem}`, {
      subject: `${JSON.stringify(name.slice(0, 200))} in ${bundle}`,
      remedy: "do not trust its sender",
    });
  }
  const head = {
    path,
    mode: (mode ?? 0o644) & 0o777,
    mtime: mtime ? Math.floor(mtime.getTime() / 1000) : 0,
  };
  if (type === "directory") {
    entry.resume();
    return { kind: "folder", ...head };
  }
  if (type !== "file" && type !== "contiguous-file") {
    throw new TreeError("the bundle has something that is not a file", {
      subject: `${path} (${type ?? "unknown"}) in ${bundle}`,
      remedy: "do not trust its sender: links and devices never travel",
    });
  }
  return {
    kind: "file",
    ...head,
    size: size ?? 0,
    body: bodyOf(bundle, entry),
  };
}

function damaged(path: string, cause: unknown): TreeError {
  if (cause instanceof TreeError) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new DamagedTreeError("the bundle is damaged or was cut", {
    cause,
    subject: `${path} (${why})`,
  });
}
