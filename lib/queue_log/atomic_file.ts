import { basename, dirname, join } from "@std/path";
import { QueueLogError } from "./errors.ts";

/**
 * Writes a new file whole or not at all: under another name in the same
 * folder, made durable, then given its name, and the folder made durable. A
 * file that is there already is not replaced.
 *
 * Throws {@linkcode QueueLogError}, and what `write` throws.
 */
export function writeNewFile(
  path: string,
  write: (file: Deno.FsFile) => void,
): void {
  const folder = dirname(path);
  const temporary = join(
    folder,
    `.${basename(path)}.${crypto.randomUUID().slice(0, 8)}.tmp`,
  );
  refuseExisting(path);
  try {
    const file = Deno.openSync(temporary, {
      write: true,
      createNew: true,
      mode: 0o600,
    });
    try {
      write(file);
      file.syncSync();
    } finally {
      file.close();
    }
    giveName(temporary, path);
    syncFolder(folder);
  } catch (cause) {
    removeIfThere(temporary);
    if (cause instanceof QueueLogError) throw cause;
    throw new QueueLogError("cannot write queue log", {
      subject: path,
      remedy: cause instanceof Deno.errors.NotFound
        ? "make the folder first"
        : undefined,
      cause,
    });
  }
}

/** A rename would replace a file that has come up meanwhile; a link does not. */
function giveName(temporary: string, path: string): void {
  try {
    Deno.linkSync(temporary, path);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) throw existsError(path);
    // Some file systems have no links.
    refuseExisting(path);
    Deno.renameSync(temporary, path);
    return;
  }
  Deno.removeSync(temporary);
}

function refuseExisting(path: string): void {
  try {
    Deno.lstatSync(path);
  } catch {
    return;
  }
  throw existsError(path);
}

function existsError(path: string): QueueLogError {
  return new QueueLogError("file exists already", {
    subject: path,
    remedy: "name another; nothing is overwritten",
  });
}

function syncFolder(folder: string): void {
  const directory = Deno.openSync(folder, { read: true });
  try {
    directory.syncSync();
  } finally {
    directory.close();
  }
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // It was never made, or has its name already.
  }
}
