import { assertEquals, assertRejects } from "@std/assert";
import { createHash } from "node:crypto";
import { ServiceError } from "../../../../lib/lumberjack/files/owner/failure.ts";
import { InProcessCaller } from "../../../../lib/lumberjack/files/owner/in_process.ts";
import { readInputAs } from "../../../../lib/lumberjack/files/owner/read_input.ts";
import { ownerServices } from "../../../../lib/lumberjack/files/owner/services.ts";
import { Folder } from "../../queue_fixture.ts";

const size = 1_000_000;

/** Reads a file, and calls `meanwhile` after the first piece. */
async function read(meanwhile: (path: string) => void) {
  using folder = new Folder();
  const path = folder.write("a", "a".repeat(size));
  await using owner = new InProcessCaller(ownerServices);
  const hash = createHash("sha256");
  let length = 0;
  for await (const entry of readInputAs(owner, path)) {
    assertEquals(entry.digest(), undefined);
    let failure: unknown;
    try {
      for await (const piece of entry.body) {
        if (length === 0) meanwhile(path);
        hash.update(piece);
        length += piece.length;
      }
    } catch (error) {
      failure = error;
    }
    const isRight = entry.digest() === hash.copy().digest("hex");
    return { length, isRight, failure };
  }
}

Deno.test("the checksum of an input comes with it", async () => {
  assertEquals(await read(() => {}), {
    length: size,
    isRight: true,
    failure: undefined,
  });
});

Deno.test("if an input changes while it is read, it keeps its length, and its checksum is that of what came", async () => {
  for (
    const change of [
      (path: string) => Deno.truncateSync(path, 300_000),
      (path: string) => Deno.writeTextFileSync(path, "more", { append: true }),
      (path: string) => Deno.utimeSync(path, 1, 1),
    ]
  ) {
    const { length, isRight, failure } = (await read(change))!;
    assertEquals([length, isRight], [size, true]);
    await assertRejects(
      () => Promise.reject(failure),
      ServiceError,
      "a file changed while it was read",
    );
  }
});
