import { LumberjackError } from "../error.ts";

/**
 * A lock on an export's folder. It tells every other Lumberjack on this host that
 * one is working there: an export that looks interrupted may still be under way.
 * The kernel removes the lock when the process ends, also if it is killed.
 */
export class FolderLock implements Disposable {
  readonly #folder: Deno.FsFile;

  private constructor(folder: Deno.FsFile) {
    this.#folder = folder;
  }

  /**
   * Locks the folder. Returns undefined if another process has the lock, or if
   * this process has it already. A file system without locks grants every lock.
   */
  static take(path: string): FolderLock | undefined {
    const folder = Deno.openSync(path, { read: true });
    let free = true;
    try {
      free = tryLock(folder);
    } catch {
      // Some network file systems know no locks.
    }
    if (free) return new FolderLock(folder);
    folder.close();
    return undefined;
  }

  /** Unlocks the folder. */
  [Symbol.dispose](): void {
    waitedFor.delete(keyOf(this.#folder));
    this.#folder.close();
  }
}

/** The folders that this process has locked, if the runtime cannot try. */
const waitedFor = new Set<string>();

/** An older runtime, which scripts/build uses, has no `tryLockSync`. */
type Lockable = Deno.FsFile & {
  tryLockSync?: (exclusive?: boolean) => boolean;
};

/**
 * Locks the folder and returns true, or returns false if it is locked. An older
 * runtime waits for the lock instead. That is as safe, because the caller looks
 * at the folder after it has waited.
 */
function tryLock(folder: Lockable): boolean {
  if (folder.tryLockSync !== undefined) return folder.tryLockSync(true);
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
 * Locks an export's folder. Returns undefined if `directory` is undefined, or if
 * the folder cannot be opened. Throws {@linkcode LumberjackError} if another
 * Lumberjack is working there.
 */
export function lockExport(
  exportId: string,
  directory: string | undefined,
): FolderLock | undefined {
  let lock: FolderLock | undefined;
  try {
    if (directory !== undefined) lock = FolderLock.take(directory);
  } catch {
    // The folder was moved to where the jobs run, or we may not read it.
    return undefined;
  }
  if (lock || directory === undefined) return lock;
  throw new LumberjackError("another lumberjack is working on the export", {
    subject: `${exportId} in ${directory}`,
    remedy: "wait until it has ended",
  });
}
