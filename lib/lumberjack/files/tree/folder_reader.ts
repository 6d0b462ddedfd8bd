import { join } from "@std/path";
import { type TreeEntry, TreeError } from "./entry.ts";
import { readSteadily } from "./steady_file.ts";
import { treePathProblem } from "./path.ts";

/**
 * Reads the entries of a tree in a folder, sorted by name. A folder comes before
 * its contents. No symbolic link is followed.
 *
 * Throws {@linkcode TreeError} for anything that is not a plain file or a folder,
 * and if a file changes while it is read. `only` is called with each path; if it
 * returns false, the entry is left out, and a folder with all its contents.
 */
export async function* readFolder(
  top: string,
  only: (path: string) => boolean = () => true,
): AsyncGenerator<TreeEntry> {
  yield* walk(top, "", only);
}

async function* walk(
  top: string,
  folder: string,
  only: (path: string) => boolean,
): AsyncGenerator<TreeEntry> {
  for (const { name } of namesIn(join(top, folder))) {
    const path = folder === "" ? name : `${folder}/${name}`;
    if (!only(path)) continue;
    const problem = treePathProblem(path);
    if (problem !== undefined) {
      throw new TreeError(`a file has a name that cannot travel: ${problem}`, {
        subject: join(top, path),
        remedy: "rename or remove it",
      });
    }
    const full = join(top, path);
    const info = Deno.lstatSync(full);
    const head = {
      path,
      mode: (info.mode ?? 0o644) & 0o777,
      mtime: Math.floor((info.mtime?.getTime() ?? 0) / 1000),
    };
    if (info.isDirectory) {
      yield { kind: "folder", ...head };
      yield* walk(top, path, only);
    } else if (info.isFile) {
      using file = readSteadily(full, { follow: false });
      yield { kind: "file", ...head, size: file.size, body: file.pieces() };
    } else {
      throw new TreeError("only plain files and folders travel", {
        subject: `${full} (${info.isSymlink ? "a symbolic link" : "special"})`,
        remedy: "remove it, or put a plain file in its place",
      });
    }
  }
}

function namesIn(folder: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(folder)].sort((a, b) =>
      a.name < b.name ? -1 : a.name > b.name ? 1 : 0
    );
  } catch (cause) {
    throw new TreeError("cannot read the folder", {
      cause,
      subject: folder,
      remedy: "check its name and its permissions",
    });
  }
}
