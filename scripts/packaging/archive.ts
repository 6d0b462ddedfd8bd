import { join } from "@std/path";
import type { PackageRequest } from "./deb.ts";
import { runTool } from "./tools.ts";
import { writeTree } from "./tree.ts";

/**
 * Makes a .tar.gz in `work` that is unpacked into a home directory, and returns
 * the name of the file. Its folder has bin and share.
 */
export async function makeArchive(request: PackageRequest): Promise<string> {
  const { checkout, release, files, work, level } = request;
  const folder = `lumberjack-${release.version}`;
  const tree = join(work, "tar");
  Deno.mkdirSync(tree);
  writeTree(
    tree,
    files.map((file) => ({
      ...file,
      path: file.path.replace(/^usr\//, `${folder}/`),
    })),
    release,
  );
  const name = `${folder}-linux-${release.machine}.tar.gz`;
  const order = "--sort=name --owner=0 --group=0 --numeric-owner";
  await runTool(checkout, work, [
    "sh",
    "-euc",
    `tar -C tar ${order} --mtime="@$2" -cf "$1.tar" "$3"
     gzip -n "-$4" <"$1.tar" >"$1"
     rm "$1.tar"`,
    "sh",
    ...[name, String(release.epoch), folder, String(Math.max(1, level))],
  ]);
  return name;
}
