import { join } from "@std/path";
import { inFolder } from "./entered_folder.ts";
import { type TreeEntry, TreeError, type TreeFolder } from "./entry.ts";
import { FileInFolder, notPlain } from "./file_in_folder.ts";
import { listRealFolder } from "./list_folder.ts";
import { treePathProblem } from "./path.ts";

/** A file up to this size is read at once, in bytes. */
const smallFile = 256 * 1024;
/** How much is read in one visit to a folder, in bytes. */
const mostRead = 1024 * 1024;

/**
 * Reads the entries of a tree in a folder, sorted by name. A folder comes before
 * its contents. No symbolic link below `top` is followed, also none that is put
 * there while the tree is read: root may read a tree that belongs to a user.
 *
 * Throws {@linkcode TreeError} for anything that is not a plain file or a folder,
 * and if a file changes while it is read. `only` is called with each path; if it
 * returns false, the entry is left out, and a folder with all its contents.
 */
export async function* readFolder(
  top: string,
  only: (path: string) => boolean = () => true,
): AsyncGenerator<TreeEntry> {
  const real = reading(top, () => Deno.realPathSync(top));
  yield* walkAll(real, only);
}

/**
 * The same for a folder whose path has no symbolic link: if one of its names is a
 * link by now, this throws {@linkcode TreeError}.
 */
export function readRealFolder(path: string): AsyncGenerator<TreeEntry> {
  return walkAll(path, () => true);
}

/**
 * Takes the contents of small files. Memory that was never used costs more than
 * reading a file, so walks that come one after the other use the same memory.
 */
const rooms: Uint8Array[] = [];

async function* walkAll(
  top: string,
  only: (path: string) => boolean,
): AsyncGenerator<TreeEntry> {
  const room = rooms.pop() ?? new Uint8Array(mostRead + smallFile);
  try {
    yield* walk(top, "", only, room);
  } finally {
    rooms.push(room);
  }
}

/** What one visit to a folder finds. */
interface Visit {
  readonly entries: TreeEntry[];
  /** The folder, or the large file, that comes after these entries. */
  readonly folder?: TreeFolder;
  readonly file?: FileInFolder;
}

async function* walk(
  top: string,
  folder: string,
  only: (path: string) => boolean,
  room: Uint8Array,
): AsyncGenerator<TreeEntry> {
  const here = join(top, folder);
  const pathOf = (name: string) => folder === "" ? name : `${folder}/${name}`;
  const names = (await namesIn(here)).filter(({ name }) => only(pathOf(name)));
  for (let at = 0; at < names.length;) {
    const { entries, folder: below, file } = inFolder(
      here,
      () => visit(here, names.slice(at, at + mostNames), pathOf, room),
    );
    at += entries.length;
    yield* entries;
    if (below !== undefined) {
      at++;
      yield below;
      yield* walk(top, below.path, only, room);
    } else if (file !== undefined) {
      using _ = file;
      const path = pathOf(names[at++].name);
      const { size, mode, mtime } = file;
      yield { kind: "file", path, mode, mtime, size, body: file.pieces() };
    }
  }
}

/** How many names are looked at in one visit. */
const mostNames = 256;

/** Reads small files of the current directory, until something else comes. */
function visit(
  here: string,
  names: readonly Deno.DirEntry[],
  pathOf: (name: string) => string,
  room: Uint8Array,
): Visit {
  const entries: TreeEntry[] = [];
  let bytes = 0;
  for (const { name, isDirectory, isSymlink, isFile } of names) {
    const path = pathOf(name), full = join(here, name);
    requireGoodPath(path, full);
    if (isDirectory) return { entries, folder: folderOf(path, name, full) };
    if (!isFile) {
      throw notPlain(full, isSymlink ? "a symbolic link" : "special");
    }
    const file = new FileInFolder(name, full);
    if (file.size > smallFile) return { entries, file };
    const contents = file.readWhole(room.subarray(bytes));
    entries.push({
      ...{ kind: "file", path, mode: file.mode, mtime: file.mtime },
      ...{ size: file.size, body: inOnePiece(contents), bytes: contents },
    });
    bytes += file.size;
    if (bytes >= mostRead) break;
  }
  return { entries };
}

function inOnePiece(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  return {
    async *[Symbol.asyncIterator]() {
      if (bytes.length > 0) yield bytes;
    },
  };
}

function folderOf(path: string, name: string, full: string): TreeFolder {
  const info = reading(full, () => Deno.lstatSync(name));
  // Whether it still is a folder shows when it is entered.
  return {
    ...{ kind: "folder", path, mode: (info.mode ?? 0o755) & 0o777 },
    mtime: Math.floor((info.mtime?.getTime() ?? 0) / 1000),
  };
}

function requireGoodPath(path: string, full: string): void {
  const problem = treePathProblem(path);
  if (problem === undefined) return;
  throw new TreeError(`a file has a name that cannot travel: ${problem}`, {
    subject: full,
    remedy: "rename or remove it",
  });
}

async function namesIn(folder: string): Promise<Deno.DirEntry[]> {
  try {
    return await listRealFolder(folder);
  } catch (error) {
    throw cannotReadFolder(folder, error);
  }
}

function reading<T>(folder: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw cannotReadFolder(folder, error);
  }
}

function cannotReadFolder(folder: string, cause: unknown): TreeError {
  if (cause instanceof TreeError) return cause;
  return new TreeError("cannot read the folder", {
    cause,
    subject: folder,
    remedy: "check its name and its permissions",
  });
}
