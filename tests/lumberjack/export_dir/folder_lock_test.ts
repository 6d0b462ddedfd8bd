import { assert, assertEquals, assertRejects } from "@std/assert";
import { FolderLock } from "../../../lib/lumberjack/export_dir/folder_lock.ts";

function lockTwice(folder: string): void {
  {
    using first = FolderLock.take(folder);
    assert(first, "a folder that nobody has is free");
    assertEquals(FolderLock.take(folder), undefined);
  }
  using next = FolderLock.take(folder);
  assert(next, "a folder that was let go is free");
}

Deno.test("a folder is locked by one at a time", async () => {
  const folder = await Deno.makeTempDir();
  try {
    lockTwice(folder);
  } finally {
    await Deno.remove(folder);
  }
});

/** As in the release whose runtime npm has. */
const withoutTryLock = "delete Deno.FsFile.prototype.tryLockSync;";

Deno.test("a folder is locked where the runtime can only wait for a lock", async () => {
  const folder = await Deno.makeTempDir();
  const original = Deno.FsFile.prototype.tryLockSync;
  Reflect.deleteProperty(Deno.FsFile.prototype, "tryLockSync");
  try {
    lockTwice(folder);
  } finally {
    Deno.FsFile.prototype.tryLockSync = original;
    await Deno.remove(folder);
  }
});

Deno.test("… and another process waits for it", async () => {
  const folder = await Deno.makeTempDir();
  const module = import.meta.resolve(
    "../../../lib/lumberjack/export_dir/folder_lock.ts",
  );
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-check", "--quiet"].concat(
      `${withoutTryLock}
      const { FolderLock } = await import(${JSON.stringify(module)});
      console.log("asks");
      FolderLock.take(${JSON.stringify(folder)});
      Deno.removeSync(${JSON.stringify(folder)});`,
    ),
    stdout: "piped",
  });
  try {
    let ended = false;
    const lock = FolderLock.take(folder);
    const process = child.spawn();
    process.status.then(() => ended = true);
    const reader = process.stdout.getReader();
    await reader.read();
    // Whoever does not wait removes the folder at once.
    for (let i = 0; i < 20 && !ended; i++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert(!ended, "it went on while the folder was locked");
    await Deno.stat(folder);
    lock?.[Symbol.dispose]();
    assertEquals((await process.status).code, 0);
    await reader.cancel();
    await assertRejects(() => Deno.stat(folder), Deno.errors.NotFound);
  } finally {
    await Deno.remove(folder).catch(() => {});
  }
});
