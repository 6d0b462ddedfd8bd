import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { join } from "@std/path";
import { DurableFile, removeUnfinished } from "../../queue_log/mod.ts";

/** The file that has the checksum of every other file of an export. */
const sumsName = "SHA256SUMS";

/** The longest line: a digest, and the longest path with all of it escaped. */
const longestLine = 64 + 3 + 2 * 4096;

/**
 * Gives a file of an export its new checksum in the export's SHA256SUMS, if
 * there is such a file and it has a line for `name`. A SHA256SUMS that is no
 * plain file, or that has a line which is not in the form of `sha256sum`, is
 * left alone: the folder may belong to a user who has put another file there.
 *
 * The file is read and written in pieces, so memory does not grow with it.
 */
export function renewSum(
  directory: string,
  name: string,
  sha256: string,
  owner?: { readonly uid: number; readonly gid: number },
  { add = false } = {},
): void {
  const path = join(directory, sumsName);
  const descriptor = openPlain(path);
  if (descriptor === undefined) return;
  try {
    const renewed = new TextEncoder().encode(`${sha256}  ${name}\n`);
    let found = false;
    removeUnfinished(path);
    using file = new DurableFile(path, { mode: 0o644, owner });
    for (const line of linesOf(descriptor)) {
      const pathOfLine = pathIn(line);
      if (pathOfLine === undefined) return;
      const isIt = pathOfLine === name;
      found ||= isIt;
      file.writeSync(isIt ? renewed : line);
    }
    if (!found && add) file.writeSync(renewed);
    if (found || add) file.commit({ replace: true });
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Opens a plain file; undefined if there is none. Follows no symbolic link. Throws
 * if the disk does not answer: a checksum that stays would be wrong.
 */
function openPlain(path: string): number | undefined {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  let descriptor: number;
  try {
    descriptor = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if ((error as { code?: unknown }).code === "EIO") throw error;
    return undefined;
  }
  if (fstatSync(descriptor).isFile()) return descriptor;
  closeSync(descriptor);
  return undefined;
}

function pathIn(line: Uint8Array): string | undefined {
  const text = new TextDecoder().decode(line);
  return /^\\?[0-9a-f]{64} [ *](.+)\n$/.exec(text)?.[1];
}

/** The lines of a file, each with its line feed; the last one may lack it. */
function* linesOf(descriptor: number): Generator<Uint8Array> {
  const buffer = new Uint8Array(64 * 1024);
  let rest = new Uint8Array();
  for (;;) {
    const count = readSync(descriptor, buffer, 0, buffer.length, null);
    if (count === 0) break;
    const bytes = new Uint8Array(rest.length + count);
    bytes.set(rest);
    bytes.set(buffer.subarray(0, count), rest.length);
    let start = 0;
    for (;;) {
      const end = bytes.indexOf(0x0a, start);
      if (end < 0) break;
      yield bytes.subarray(start, end + 1);
      start = end + 1;
    }
    rest = bytes.slice(start);
    // Not a file of ours: the caller leaves it alone.
    if (rest.length > longestLine) break;
  }
  if (rest.length > 0) yield rest;
}
