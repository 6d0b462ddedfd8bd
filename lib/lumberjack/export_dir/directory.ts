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
  /** Absolute. */
  readonly path: string;
  /** To whom what is written there is given; undefined: to whoever runs this. */
  readonly owner: UserIds | undefined;
  /** Of an export that was planned here and got no further. */
  readonly abandoned: Manifest | undefined;
}

/**
 * Checks that `out` can take exports for these owners: with one owner it is the
 * directory itself, with several there is a folder each, made unless `make` is
 * false. Each is locked until `locks` is disposed of, unless `make` is false;
 * what was made and is still empty then goes.
 * Throws {@linkcode OutputDirectoryError} when it is missing, no directory, not
 * writable, or holds an export already.
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

/** Two exports into one folder would take it from each other. */
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
 * Answers with the manifest of an export that was planned here and got no further.
 * Its manifest may be written over once it is known that no job carries it.
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

/** Answers whether it was not there before. */
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

/** Of an export that failed, or that no job of this owner left with. */
function removeIfEmpty(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // It holds the export, as a rule.
  }
}

/** Asked of the file system itself: mode bits do not know of read-only mounts. */
function requireWritable(path: string): void {
  try {
    Deno.removeSync(
      Deno.makeTempFileSync({ dir: path, prefix: ".lumberjack-" }),
    );
  } catch (error) {
    throw new OutputDirectoryError("cannot write to the output directory", {
      cause: error,
      subject: path,
      remedy: "check its permissions and the free space",
    });
  }
}
