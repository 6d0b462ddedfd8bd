import { assert, assertEquals, assertRejects } from "@std/assert";
import { FolderLock } from "../../../lib/lumberjack/export_dir/folder_lock.ts";

function lockTwice(folder: string): void {
  {
    using first = FolderLock.take(folder);
    assert(first, "nobody has locked the folder");
    assertEquals(FolderLock.take(folder), undefined);
  }
  using next = FolderLock.take(folder);
  assert(next, "the first lock has ended");
}

Deno.test("only one lock at a time is given for a folder", async () => {
  const folder = await Deno.makeTempDir();
  try {
    lockTwice(folder);
  } finally {
    await Deno.remove(folder);
  }
});

/** Makes the runtime like the older one that npm has. */
const withoutTryLock = "delete Deno.FsFile.prototype.tryLockSync;";

Deno.test("a folder can be locked on an older runtime, whose only call for a lock waits", async () => {
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

Deno.test("on an older runtime another process waits until the folder's lock ends", async () => {
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
    // If the child did not wait, it would remove the folder at once.
    for (let i = 0; i < 20 && !ended; i++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert(!ended, "the child went on while the folder was locked");
    await Deno.stat(folder);
    lock?.[Symbol.dispose]();
    assertEquals((await process.status).code, 0);
    await reader.cancel();
    await assertRejects(() => Deno.stat(folder), Deno.errors.NotFound);
  } finally {
    await Deno.remove(folder).catch(() => {});
  }
});
