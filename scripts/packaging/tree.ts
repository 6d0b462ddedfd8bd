import { dirname, join } from "@std/path";
import type { PackagedFile } from "./files.ts";
import type { Release } from "./version.ts";

/**
 * Writes files below a folder that is empty. Everything gets the time of the
 * release, folders too: archives keep it.
 */
export function writeTree(
  folder: string,
  files: readonly PackagedFile[],
  { epoch }: Release,
): void {
  const folders = new Set<string>([folder]);
  for (const { path, mode, content } of files) {
    const target = join(folder, path);
    for (let at = dirname(target); !folders.has(at); at = dirname(at)) {
      folders.add(at);
    }
    Deno.mkdirSync(dirname(target), { recursive: true });
    if (content instanceof Uint8Array) Deno.writeFileSync(target, content);
    else Deno.copyFileSync(content.from, target);
    Deno.chmodSync(target, mode);
    Deno.utimeSync(target, epoch, epoch);
  }
  for (const path of folders) {
    Deno.chmodSync(path, 0o755);
    Deno.utimeSync(path, epoch, epoch);
  }
}
