/**
 * A whole tree as one file: how it is made, unpacked and checked. Everything that
 * is read is checked against SHA256SUMS. If a tree is not complete, everything
 * that was written of it is removed.
 *
 * @module
 */
import { resolve } from "@std/path";
import { BundleWriter } from "./tree/bundle_writer.ts";
import { readBundle } from "./tree/bundle_reader.ts";
import { checkedTree, type TreeTotals } from "./tree/checked_tree.ts";
import { compressionOf, isBundleName } from "./tree/compression.ts";
import { type TreeEntry, TreeError, type TreeWriter } from "./tree/entry.ts";
import { readFolder } from "./tree/folder_reader.ts";
import { FolderWriter } from "./tree/folder_writer.ts";
import { NewFolder } from "./tree/new_folder.ts";
import { Scratch } from "./tree/scratch.ts";
import { sumLine, sumsName } from "./tree/sums.ts";

/** Called from time to time with what has been done so far. */
export type TreeProgress = (totals: TreeTotals) => void;

/**
 * Makes the bundle `file` of the tree in `folder`, with a new SHA256SUMS as its
 * last entry. Throws {@linkcode TreeError} if the file exists, if the folder
 * contains anything but plain files and folders, or if a file changes meanwhile.
 *
 * @example
 * ```ts
 * import { createBundle } from "../../../mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = Deno.makeTempDirSync();
 * Deno.mkdirSync(`${folder}/tree`);
 * Deno.writeTextFileSync(`${folder}/tree/result`, "42\n");
 * const { files } = await createBundle(`${folder}/tree`, `${folder}/tree.tar.gz`);
 * // The file, and SHA256SUMS.
 * assertEquals(files, 2);
 * ```
 */
export async function createBundle(
  folder: string,
  file: string,
  progress: TreeProgress = () => {},
): Promise<TreeTotals> {
  requireFolder(folder);
  const entries = readFolder(resolve(folder), (path) => path !== sumsName);
  return await bundleEntries(entries, file, progress);
}

/**
 * Makes the bundle `file` of entries that come from anywhere. SHA256SUMS is made
 * of them and comes last. Throws {@linkcode TreeError} if the file exists.
 */
export async function bundleEntries(
  entries: AsyncIterable<TreeEntry>,
  file: string,
  progress: TreeProgress = () => {},
): Promise<TreeTotals> {
  const writer = new BundleWriter(resolve(file));
  return await written(writer, summedTree(entries), progress);
}

/**
 * Unpacks the bundle `file` into `folder`. The folder is made; if it exists, it
 * has to be empty. It gets its name when it is complete and on the disk. Throws
 * {@linkcode TreeError} if the bundle is damaged, cut or hostile; then everything
 * that was written is removed.
 *
 * @example
 * ```ts
 * import { createBundle, extractBundle } from "../../../mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = Deno.makeTempDirSync();
 * Deno.mkdirSync(`${folder}/tree`);
 * Deno.writeTextFileSync(`${folder}/tree/result`, "42\n");
 * await createBundle(`${folder}/tree`, `${folder}/tree.tar.gz`);
 * await extractBundle(`${folder}/tree.tar.gz`, `${folder}/copy`);
 * assertEquals(Deno.readTextFileSync(`${folder}/copy/result`), "42\n");
 * ```
 */
export async function extractBundle(
  file: string,
  folder: string,
  progress: TreeProgress = () => {},
): Promise<TreeTotals> {
  using place = NewFolder.begin(folder);
  let totals: TreeTotals = { files: 0, bytes: 0 };
  const entries = checkedTree(readBundle(file), (all) => totals = all);
  await written(new FolderWriter(place.path), entries, progress);
  place.finish();
  return totals;
}

/**
 * Checks a bundle, or a tree in a folder, from its beginning to its end. Throws
 * {@linkcode TreeError} that says what is wrong.
 *
 * @example
 * ```ts
 * import { createBundle, verifyTree } from "../../../mod.ts";
 * import { assertRejects } from "@std/assert";
 *
 * const folder = Deno.makeTempDirSync();
 * Deno.mkdirSync(`${folder}/tree`);
 * Deno.writeTextFileSync(`${folder}/tree/result`, "42\n");
 * await createBundle(`${folder}/tree`, `${folder}/tree.tar.gz`);
 * await verifyTree(`${folder}/tree.tar.gz`);
 * Deno.truncateSync(`${folder}/tree.tar.gz`, 100);
 * await assertRejects(() => verifyTree(`${folder}/tree.tar.gz`));
 * ```
 */
export async function verifyTree(
  path: string,
  progress: TreeProgress = () => {},
): Promise<TreeTotals> {
  const isFolder = !isBundleName(path) && isDirectory(path);
  if (!isFolder) compressionOf(path);
  const entries = isFolder ? sumsLast(resolve(path)) : readBundle(path);
  let totals: TreeTotals = { files: 0, bytes: 0 };
  const checked = checkedTree(entries, (all) => totals = all);
  let files = 0, bytes = 0;
  for await (const entry of checked) {
    if (entry.kind === "folder") continue;
    for await (const piece of entry.body) bytes += piece.length;
    progress({ files: ++files, bytes });
  }
  return totals;
}

/** Reads a folder with SHA256SUMS as the last entry. */
async function* sumsLast(top: string): AsyncGenerator<TreeEntry> {
  yield* readFolder(top, (path) => path !== sumsName);
  yield* readFolder(top, (path) => path === sumsName);
}

/** Adds SHA256SUMS after the other entries. */
async function* summedTree(
  entries: AsyncIterable<TreeEntry>,
): AsyncGenerator<TreeEntry & { readonly sum?: (sha256: string) => void }> {
  using sums = new Scratch();
  for await (const entry of entries) {
    if (entry.kind === "folder") {
      yield entry;
      continue;
    }
    const sum = (sha256: string) =>
      sums.write(new TextEncoder().encode(sumLine(sha256, entry.path)));
    yield { ...entry, sum };
  }
  const mtime = Math.floor(Date.now() / 1000);
  const body = (async function* () {
    yield* sums.read();
  })();
  yield {
    ...{ kind: "file", path: sumsName, mode: 0o644, mtime, size: sums.size },
    body,
  };
}

/** Writes all entries. If one fails, everything that was written is removed. */
async function written(
  writer: TreeWriter,
  entries: AsyncIterable<
    TreeEntry & { readonly sum?: (sha256: string) => void }
  >,
  progress: TreeProgress,
): Promise<TreeTotals> {
  let files = 0, bytes = 0;
  try {
    for await (const entry of entries) {
      if (entry.kind === "folder") {
        await writer.addFolder(entry);
        continue;
      }
      const sha256 = await writer.addFile(entry);
      entry.sum?.(sha256);
      files++;
      bytes += entry.size;
      progress({ files, bytes });
    }
    await writer.finish();
  } catch (error) {
    await writer.abandon();
    throw error;
  }
  return { files, bytes };
}

function isDirectory(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

function requireFolder(path: string): void {
  if (isDirectory(path)) return;
  throw new TreeError("not a folder", {
    subject: path,
    remedy: "name the folder that holds the tree",
  });
}
