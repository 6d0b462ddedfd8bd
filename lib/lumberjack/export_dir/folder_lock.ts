import { LumberjackError } from "../error.ts";

/**
 * Says to every other Lumberjack on this host that an export's folder is being
 * worked on: what looks as if it had been interrupted may be under way still.
 * The kernel takes the lock off when its process ends, however it ends.
 */
export class FolderLock implements Disposable {
  readonly #folder: Deno.FsFile;

  private constructor(folder: Deno.FsFile) {
    this.#folder = folder;
  }

  /**
   * Takes the lock of the folder; undefined when another process has it, or
   * this one already. A file system without locks never says so.
   */
  static take(path: string): FolderLock | undefined {
    const folder = Deno.openSync(path, { read: true });
    let free = true;
    try {
      free = tryLock(folder);
    } catch {
      // Not known here, as on some network file systems.
    }
    if (free) return new FolderLock(folder);
    folder.close();
    return undefined;
  }

  /** Lets go. */
  [Symbol.dispose](): void {
    waitedFor.delete(keyOf(this.#folder));
    this.#folder.close();
  }
}

/** What this process has locked, where it could only wait for itself. */
const waitedFor = new Set<string>();

/**
 * The runtime that scripts/build finds on npm can only wait for a lock. That is
 * as safe: whoever has waited looks at the folder afterwards.
 */
function tryLock(folder: Deno.FsFile): boolean {
  if (typeof folder.tryLockSync === "function") return folder.tryLockSync(true);
  const key = keyOf(folder);
  if (waitedFor.has(key)) return false;
  folder.lockSync(true);
  waitedFor.add(key);
  return true;
}

function keyOf(folder: Deno.FsFile): string {
  const { dev, ino } = folder.statSync();
  return `${dev}:${ino}`;
}

/**
 * Locks an export's folder; undefined when it is not known or not to be had.
 * Throws {@linkcode LumberjackError} when another is working there.
 */
export function lockExport(
  exportId: string,
  directory: string | undefined,
): FolderLock | undefined {
  let lock: FolderLock | undefined;
  try {
    if (directory !== undefined) lock = FolderLock.take(directory);
  } catch {
    // Moved to where the jobs are to run, or not ours to read.
    return undefined;
  }
  if (lock || directory === undefined) return lock;
  throw new LumberjackError("another lumberjack is working on the export", {
    subject: `${exportId} in ${directory}`,
    remedy: "wait until it has ended",
  });
}
