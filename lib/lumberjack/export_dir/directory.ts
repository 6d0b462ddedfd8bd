import { join, resolve } from "@std/path";
import { syncFolder } from "../../queue_log/mod.ts";
import { OutputDirectoryError } from "../error.ts";
import { FolderLock } from "./folder_lock.ts";
import {
  type Manifest,
  manifestName,
  queueLogName,
  readManifest,
} from "./manifest.ts";
import { findUser, type UserIds } from "../../condor/user_database.ts";

/** Where one owner's export goes. */
export interface ExportDirectory {
  /** The folder, absolute. */
  readonly path: string;
  /**
   * The user who gets the files in the folder; undefined if they stay with the
   * user who exports.
   */
  readonly owner: UserIds | undefined;
  /** The manifest of an export that was planned here and was interrupted. */
  readonly abandoned: Manifest | undefined;
}

/**
 * Checks that `out` can take exports for these owners. With one owner the
 * export goes into `out` itself; with several owners each gets a folder in it.
 *
 * Unless `make` is false, the folders are made, and all are locked until
 * `locks` is disposed of. Folders that were made and are still empty are then
 * removed.
 *
 * Throws {@linkcode OutputDirectoryError} if `out` is missing, is no directory,
 * cannot be written to, or holds an export already.
 */
export function prepareExportDirectories(
  out: string,
  owners: readonly string[],
  options: { readonly make: boolean; readonly locks: DisposableStack },
): Map<string, ExportDirectory> {
  const root = resolve(out);
  requireDirectory(root);
  if (options.make) options.locks.use(lockFolder(root));
  const abandoned = requireNoExport(root);
  const directories = new Map<string, ExportDirectory>();
  if (owners.length === 1) {
    const owner = ownership(owners[0]);
    directories.set(owners[0], { path: root, owner, abandoned });
    requireWritable(root);
    return directories;
  }
  for (const name of owners) {
    const path = join(root, name);
    const owner = ownership(name);
    if (options.make) {
      const isNew = makeFolder(path, owner);
      options.locks.use(lockFolder(path));
      if (isNew) options.locks.defer(() => removeIfEmpty(path));
    }
    directories.set(name, { path, owner, abandoned: requireNoExport(path) });
    requireWritable(options.make ? path : root);
  }
  if (options.make) syncFolder(root);
  return directories;
}

/** Two exports must not write into one folder at the same time. */
function lockFolder(path: string): FolderLock {
  let lock: FolderLock | undefined;
  try {
    lock = FolderLock.take(path);
  } catch (error) {
    throw new OutputDirectoryError("cannot open the output directory", {
      cause: error,
      subject: path,
      remedy: "check its permissions",
    });
  }
  if (lock) return lock;
  throw new OutputDirectoryError(
    "another lumberjack is working on the output directory",
    { subject: path, remedy: "wait for it, or name another with --out" },
  );
}

/**
 * Returns why the jobs' owner cannot read an export, and what to do about it;
 * undefined if the owner can. The export's log has mode 0600. If root exports
 * and the host knows the owner, the log belongs to the owner. Otherwise it
 * belongs to the exporting user.
 */
export function readingProblem(
  owner: string,
  path: string,
): string | undefined {
  const user = findUser(owner);
  if (user?.uid === Deno.uid()) return undefined;
  if (Deno.uid() !== 0) {
    return `${owner} cannot read ${path}, because only root can give files ` +
      `away: run as root: chown -R ${owner} ${path}`;
  }
  if (user) return undefined;
  return `this host knows no user ${owner}, so only root can read ${path}: ` +
    `give it to the user who takes it away: chown -R USER ${path}`;
}

/** Root gives an export to its owner; nobody else can. */
function ownership(name: string): UserIds | undefined {
  return Deno.uid() === 0 ? findUser(name) : undefined;
}

function requireDirectory(path: string): void {
  let info: Deno.FileInfo;
  try {
    info = Deno.statSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      throw new OutputDirectoryError("cannot look at the output directory", {
        cause: error,
        subject: path,
        remedy: "check the permissions of the folders above it",
      });
    }
    throw new OutputDirectoryError("output directory does not exist", {
      cause: error,
      subject: path,
      remedy: `mkdir -p ${path}`,
    });
  }
  if (!info.isDirectory) {
    throw new OutputDirectoryError("output directory is not a directory", {
      subject: path,
      remedy: "name a folder with --out",
    });
  }
}

/**
 * Returns the manifest of an export that was planned here and was interrupted.
 * It may be replaced after the queue has shown that no job is locked for it.
 */
function requireNoExport(directory: string): Manifest | undefined {
  const log = join(directory, queueLogName);
  if (exists(log)) throw taken(directory, queueLogName);
  if (!exists(join(directory, manifestName))) return undefined;
  const manifest = readManifest(directory);
  if (manifest && manifest.state !== "planned") {
    throw taken(directory, manifestName);
  }
  return manifest;
}

function taken(directory: string, name: string): OutputDirectoryError {
  return new OutputDirectoryError(
    `output directory already holds an export (${name})`,
    { subject: directory, remedy: "name an empty folder with --out" },
  );
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw new OutputDirectoryError("cannot look into the output directory", {
      cause: error,
      subject: path,
      remedy: "check its permissions",
    });
  }
}

/** Returns whether the folder is new. */
function makeFolder(path: string, owner: UserIds | undefined): boolean {
  try {
    Deno.mkdirSync(path, { mode: 0o700 });
    if (owner) Deno.chownSync(path, owner.uid, owner.gid);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) {
      requireDirectory(path);
      return false;
    }
    throw new OutputDirectoryError("cannot make the owner's folder", {
      cause: error,
      subject: path,
      remedy: "check permissions and free space of the output directory",
    });
  }
}

/** Removes the folder of an export that failed or has no jobs. */
function removeIfEmpty(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // It holds the export.
  }
}

/** Tries to write, because mode bits do not show a read-only file system. */
function requireWritable(path: string): void {
  // If we are killed here, the manifest's writer removes it.
  const nonce = crypto.randomUUID().slice(0, 8);
  const trial = join(path, `.${manifestName}.${nonce}.tmp`);
  try {
    Deno.openSync(trial, { write: true, createNew: true, mode: 0o600 }).close();
    Deno.removeSync(trial);
  } catch (error) {
    throw new OutputDirectoryError("cannot write to the output directory", {
      cause: error,
      subject: path,
      remedy: "check its permissions and the free space",
    });
  }
}
