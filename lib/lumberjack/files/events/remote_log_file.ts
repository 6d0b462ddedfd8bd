/**
 * Reads the remote log of a job from the disk. The folder came from outside.
 *
 * @module
 */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { join } from "@std/path";
import type { JobId } from "../../job/id.ts";
import { remoteLogPath } from "./append_events.ts";
import { largestRemoteLog } from "./remote_events.ts";

/**
 * Returns the log that a remote schedd wrote for a job of an export, from a
 * returned folder. Returns undefined if there is none, if it is larger than
 * {@linkcode largestRemoteLog}, or if it is not a plain file. Symbolic links are
 * not followed.
 */
export function remoteLogIn(
  folder: string,
  exportId: string,
  job: JobId,
): Uint8Array | undefined {
  const path = remoteLogPath(exportId, job);
  let parent = folder;
  for (const name of path.split("/").slice(0, -1)) {
    parent = join(parent, name);
    if (!isFolder(parent)) return undefined;
  }
  return readRemoteLog(join(folder, path));
}

function isFolder(path: string): boolean {
  try {
    return Deno.lstatSync(path).isDirectory;
  } catch {
    return false;
  }
}

/** Reads one such file, with the same limits. */
export function readRemoteLog(path: string): Uint8Array | undefined {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  let descriptor: number;
  try {
    descriptor = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile() || stat.size > largestRemoteLog) return undefined;
    const bytes = new Uint8Array(stat.size);
    let at = 0;
    while (at < bytes.length) {
      const count = readSync(descriptor, bytes, { offset: at });
      if (count === 0) break;
      at += count;
    }
    return bytes.subarray(0, at);
  } catch {
    // A disk error: the end of the job is made from its ad.
    return undefined;
  } finally {
    closeSync(descriptor);
  }
}
