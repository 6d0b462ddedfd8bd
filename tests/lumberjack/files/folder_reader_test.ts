import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { TreeError } from "../../../lib/lumberjack/files/tree/entry.ts";
import {
  readFolder,
  readRealFolder,
} from "../../../lib/lumberjack/files/tree/folder_reader.ts";

/** A tree with the folders `a` and `b`, and a secret beside it. */
function tree(): { readonly top: string; readonly secret: string } {
  const folder = Deno.realPathSync(Deno.makeTempDirSync());
  const top = join(folder, "top"), secret = join(folder, "secret");
  for (const path of [top, join(top, "a"), join(top, "b"), secret]) {
    Deno.mkdirSync(path);
    Deno.writeTextFileSync(join(path, "file"), path);
  }
  return { top, secret };
}

Deno.test("a folder that is replaced by a link while the tree is read is not followed", async () => {
  const { top, secret } = tree();
  const entries = readFolder(top);
  const seen: string[] = [];
  const error = await assertRejects(
    async () => {
      for await (const { path } of entries) {
        seen.push(path);
        if (path !== "b") continue;
        // The folder was looked at and has not been entered.
        Deno.renameSync(join(top, "b"), join(top, "c"));
        Deno.symlinkSync(secret, join(top, "b"));
      }
    },
    TreeError,
    "there is a symbolic link in the path",
  );
  assertEquals(error.subject, `${join(top, "b")} is ${secret}`);
  assertEquals(seen, ["a", "a/file", "b"]);
});

Deno.test("a folder above that is replaced by a link is not followed", async () => {
  const { top, secret } = tree();
  Deno.removeSync(join(top, "a"), { recursive: true });
  Deno.symlinkSync(secret, join(top, "a"));
  await assertRejects(
    () => readRealFolder(join(top, "a")).next(),
    TreeError,
    "there is a symbolic link in the path",
  );
});

Deno.test("a large file is read to its end, and one that shrinks meanwhile is noticed", async () => {
  const { top } = tree();
  const large = join(top, "large");
  Deno.writeFileSync(large, new Uint8Array(1_000_000));
  const read = async (meanwhile: () => void) => {
    let bytes = 0;
    for await (const entry of readFolder(top)) {
      if (entry.path !== "large" || entry.kind !== "file") continue;
      for await (const piece of entry.body) {
        bytes += piece.length;
        meanwhile();
      }
    }
    return bytes;
  };
  assertEquals(await read(() => {}), 1_000_000);
  await assertRejects(
    () => read(() => Deno.truncateSync(large, 300_000)),
    TreeError,
    "a file changed while it was read",
  );
});
