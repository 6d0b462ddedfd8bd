/**
 * Opens what came back: a folder, a queue log alone, or a bundle.
 *
 * @module
 */
import { dirname, join } from "@std/path";
import {
  largestManifest,
  type Manifest,
  manifestName,
  parseManifest,
  queueLogName,
  readManifest,
} from "../../export_dir/manifest.ts";
import {
  openReturnedLog,
  type ReturnedLog,
} from "../../export_dir/returned_log.ts";
import { readBundle } from "../tree/bundle_reader.ts";
import { checkedTree } from "../tree/checked_tree.ts";
import { isBundleName } from "../tree/compression.ts";
import { DamagedTreeError, TreeError, type TreeFile } from "../tree/entry.ts";
import { writeWhole } from "../tree/folder_writer.ts";
import { isRemoteLog, RemoteLogs } from "./remote_logs.ts";
import { readFolderSums } from "./folder_sums.ts";
import { ReturnedFolder } from "./returned_folder.ts";
import {
  FolderOrder,
  type ReturnedTree,
  treeInBundle,
  treeInFolder,
} from "./returned_jobs.ts";

/** What came back. Dispose of it after use. */
export interface Returned extends Disposable {
  /** The queue log. */
  readonly log: ReturnedLog;
  /** The files of the jobs: in the folder of the log, or in the bundle. */
  readonly tree: ReturnedTree;
  /** The user logs that the remote schedd wrote. */
  readonly logs: RemoteLogs;
  /**
   * The manifest that came back. It has travelled: it may name the export, and
   * it decides nothing about jobs.
   */
  readonly manifest: Manifest | undefined;
  /** The returned folder; undefined for a bundle. */
  readonly folder: string | undefined;
}

/**
 * Opens what came back, and checks it. A bundle is read to its end before this
 * returns. Throws {@linkcode ReturnedLogError} or {@linkcode TreeError} if it is
 * damaged, was cut, or cannot be read.
 */
export async function openReturned(
  path: string,
  progress: (text: string) => void = () => {},
): Promise<Returned> {
  if (isBundleName(path) && isFile(path)) {
    return await openBundle(path, progress);
  }
  progress("reading the returned log");
  const log = openReturnedLog(
    path,
    (path, name) => new ReturnedFolder(path).openLog(name),
  );
  try {
    const folder = new ReturnedFolder(log.directory);
    return {
      log,
      tree: treeInFolder(folder.path, readFolderSums(folder, log)),
      logs: new RemoteLogs(folder.path),
      manifest: manifestIn(folder),
      folder: log.directory,
      [Symbol.dispose]: () => log.table.close(),
    };
  } catch (error) {
    log.table.close();
    throw error;
  }
}

function manifestIn(folder: ReturnedFolder): Manifest | undefined {
  const text = folder.read(manifestName, largestManifest);
  if (text === undefined) return undefined;
  return parseManifest(text, join(folder.path, manifestName));
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

async function openBundle(
  path: string,
  progress: (text: string) => void,
): Promise<Returned> {
  const tree = treeInBundle(path);
  const scratch = Deno.makeTempDirSync({ prefix: "lumberjack-import-" });
  const remove = () => Deno.removeSync(scratch, { recursive: true });
  try {
    await verifyBundle(path, scratch, progress);
    const log = openReturnedLog(scratch);
    const dispose = () => {
      log.table.close();
      remove();
    };
    return {
      // Messages name the bundle, not the temporary file.
      log: { ...log, path: `${path}, ${queueLogName}` },
      tree,
      logs: new RemoteLogs(scratch),
      manifest: readManifest(scratch),
      folder: undefined,
      [Symbol.dispose]: dispose,
    };
  } catch (error) {
    remove();
    throw error;
  }
}

/**
 * Reads the whole bundle. Keeps its queue log, its manifest and its user logs in a
 * folder.
 */
async function verifyBundle(
  path: string,
  scratch: string,
  progress: (text: string) => void,
): Promise<void> {
  const order = new FolderOrder();
  let files = 0, hasLog = false;
  for await (const entry of checkedTree(readBundle(path))) {
    order.add(entry.path);
    if (entry.kind === "folder") continue;
    if (++files % 100 === 0) progress(`checking ${path}: ${files} files`);
    if (entry.path === queueLogName) hasLog = true;
    const isKept = entry.path === queueLogName || entry.path === manifestName ||
      isRemoteLog(entry.path, entry.size);
    if (isKept) {
      await keep(entry, join(scratch, entry.path));
    } else {
      for await (const _ of entry.body);
    }
  }
  if (hasLog) return;
  throw new DamagedTreeError(`the bundle has no ${queueLogName}`, {
    subject: path,
    remedy: "name the bundle that came back from the remote site",
  });
}

async function keep(entry: TreeFile, path: string): Promise<void> {
  Deno.mkdirSync(dirname(path), { recursive: true });
  using file = openNew(path, entry.path);
  for await (const piece of entry.body) writeWhole(file, piece, path);
}

function openNew(path: string, name: string): Deno.FsFile {
  try {
    return Deno.openSync(path, { write: true, createNew: true, mode: 0o600 });
  } catch (cause) {
    if (!(cause instanceof Deno.errors.AlreadyExists)) throw cause;
    throw new TreeError("a file stands in the bundle twice", {
      cause,
      subject: name,
      remedy: "have it made again with lumberjack bundle create",
    });
  }
}
