import { inFolder } from "./entered_folder.ts";
import { changedMeanwhile } from "./read_errors.ts";

/**
 * Lists a folder. Throws if the disk fails in the middle.
 *
 * `Deno.readDirSync` and the functions of node:fs leave out what they cannot
 * read, without an error. `Deno.readDir` throws (tried with strace on 2.9.6; the
 * older 2.5.7, which only test builds use, throws nowhere).
 */
export async function listFolder(path: string): Promise<Deno.DirEntry[]> {
  return await Array.fromAsync(Deno.readDir(path));
}

/** How often a folder that changes is listed again. */
const mostTries = 10;

/**
 * The same for a folder whose path must not have a symbolic link in it, also none
 * that is put there now. Sorted by name. Throws {@linkcode TreeError} if there is
 * a link, or if the folder does not stop changing.
 */
export async function listRealFolder(path: string): Promise<Deno.DirEntry[]> {
  for (let tries = 0; tries < mostTries; tries++) {
    // The names come from the folder that was entered. By its path the folder is
    // only counted: that tells whether the disk kept some of them back.
    const names = inFolder(path, () => [...Deno.readDirSync(".")]);
    if ((await listFolder(path)).length === names.length) {
      return names.sort((a, b) => a.name < b.name ? -1 : 1);
    }
  }
  throw changedMeanwhile(path);
}
