import { assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { DurableFile } from "../../lib/queue_log/mod.ts";

Deno.test("a DurableFile waits for a flush that was begun before it gets its name", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const path = join(folder, "log");
    using file = new DurableFile(path, { mode: 0o600 });
    file.writeSync(new TextEncoder().encode("first "));
    file.beginFlush();
    file.writeSync(new TextEncoder().encode("second"));
    assertThrows(() => file.commit({ replace: true }), Error, "flushed()");
    await file.flushed();
    file.commit({ replace: true });
    assertEquals(Deno.readTextFileSync(path), "first second");
    assertEquals([...Deno.readDirSync(folder)].length, 1);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
