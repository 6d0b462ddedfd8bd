import { assert, assertEquals } from "@std/assert";
import { FileJobQueue } from "../../../../lib/lumberjack/queue/file/job_queue.ts";
import { adsOf, Folder, queueLog } from "../../queue_fixture.ts";

/** Returns a log of 18 MB. */
function largeLog() {
  const long = `"${"x".repeat(60_000)}"`;
  const procs = Array.from({ length: 300 }, () => ({ Args: long }));
  return queueLog([{ cluster: 1, procs }]);
}

Deno.test("a large queue is copied, and its changes follow, while the disk writes the copy", async () => {
  using folder = new Folder();
  const log = largeLog();
  assert(log.length > 16 * 1024 * 1024);
  const queue = FileJobQueue.open(folder.write("queue.log", log), {
    queueOut: folder.join("out.log"),
  });
  for (const value of ["1", "2"]) {
    await queue.change([{
      ...{ cluster: 1, proc: 7, exportId: undefined },
      set: [{ name: "NumJobStarts", value }],
      remove: [],
    }]);
    await queue.sync();
    const out = Deno.readFileSync(folder.join("out.log"));
    assertEquals(out.subarray(0, log.length), log);
    assertEquals(adsOf(folder.join("out.log"))["1.7"].NumJobStarts, value);
    assertEquals(folder.list(), ["out.log", "queue.log"]);
  }
  await queue.close();
});

Deno.test("if the changes fail after a large copy was begun, no file stays", async () => {
  using folder = new Folder();
  const path = folder.write("queue.log", largeLog());
  const queueOut = folder.join("out.log");
  const queue = FileJobQueue.open(path, { queueOut });
  await queue.change([{
    ...{ cluster: 1, proc: 7, exportId: undefined },
    set: [{ name: "NumJobStarts", value: "1" }],
    remove: [],
  }]);
  await queue.close();
  assertEquals(folder.list(), ["queue.log"]);
});

Deno.test("if nothing has changed since the last sync, the updated queue is not written once more", async () => {
  using folder = new Folder();
  const path = folder.write(
    "queue.log",
    queueLog([{ cluster: 1, procs: [{}] }]),
  );
  const queueOut = folder.join("out.log");
  const queue = FileJobQueue.open(path, { queueOut });
  await queue.sync();
  const { ino } = Deno.statSync(queueOut);
  await queue.sync();
  assertEquals(Deno.statSync(queueOut).ino, ino);
  await queue.change([{
    ...{ cluster: 1, proc: 0, exportId: undefined },
    set: [{ name: "NumJobStarts", value: "1" }],
    remove: [],
  }]);
  await queue.sync();
  assertEquals(adsOf(queueOut)["1.0"].NumJobStarts, "1");
  await queue.close();
});
