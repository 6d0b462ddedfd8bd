import { assertEquals, assertStringIncludes } from "@std/assert";
import { unexportJobs } from "../../../lib/lumberjack/export/unexport.ts";
import { Selection } from "../../../lib/lumberjack/job/selection.ts";
import { FileJobQueue } from "../../../lib/lumberjack/queue/file/job_queue.ts";
import { Away } from "../import/files_home.ts";

Deno.test("if the manifest cannot say that the jobs are back, unexport says so, and that the folder has to go", async () => {
  using away = await Away.with({});
  const { folder } = away;
  Deno.writeTextFileSync(folder.join("out/manifest.json"), "{");
  const queue = FileJobQueue.open(folder.join("away.log"), {
    queueOut: folder.join("home.log"),
  });
  const selection = new Selection({ constraint: "true" });
  const { unlocked, notes } = await unexportJobs(queue, { selection });
  await queue.close();
  assertEquals(unlocked, ["1.0"]);
  assertStringIncludes(notes[0], "the manifest was not brought up to date");
  assertStringIncludes(notes[0], "remove the folder");
  assertEquals(away.job(0).Managed, undefined);
});
