import { assertEquals } from "@std/assert";
import { updateManifest } from "../../../lib/lumberjack/export_dir/manifest.ts";
import { InProcessCaller } from "../../../lib/lumberjack/files/owner/in_process.ts";
import { ownerServices } from "../../../lib/lumberjack/files/owner/services.ts";
import { cleanExports } from "../../../lib/lumberjack/import/clean.ts";
import { FileJobQueue } from "../../../lib/lumberjack/queue/file/job_queue.ts";
import { Away, completed } from "./files_home.ts";

const owner = new InProcessCaller(ownerServices);

async function clean(away: Away, queueLog: string, olderThan = 60) {
  const queue = FileJobQueue.open(away.folder.join(queueLog));
  const cleaned = await cleanExports(queue, {
    folders: [away.folder.path],
    olderThan,
    owner,
  });
  await queue.close();
  return cleaned.map(({ reason }) => reason);
}

Deno.test("when the jobs are home, clean removes the files that staging made, and no others", async () => {
  using away = await Away.with({});
  const out = away.folder.join("out");
  const inputs = `${out}/lumberjack/${away.exportId}/inputs/1`;
  Deno.mkdirSync(inputs, { recursive: true });
  Deno.writeTextFileSync(`${inputs}/a`, "a");
  Deno.mkdirSync(`${out}/1/0/cluster1.proc0.subproc0`, { recursive: true });
  Deno.mkdirSync(`${out}/lumberjack/other`);
  Deno.writeTextFileSync(`${out}/mine`, "mine");
  away.left(0, "_condor_stdout", "");
  away.log({ "1.0": completed });
  const before = away.folder.list("out");
  assertEquals(await clean(away, "away.log"), ["its state is written"]);
  await away.import();
  assertEquals(await clean(away, "home.log"), [
    "it has not been home for so long",
  ]);
  assertEquals(await clean(away, "away.log", 0), [
    "a job in the queue is away with it",
  ]);
  assertEquals(away.folder.list("out"), before);
  assertEquals(await clean(away, "home.log", 0), [null]);
  assertEquals(away.folder.list("out").map((path) => path.slice(4)), [
    "job_queue.log",
    "lumberjack/",
    "lumberjack/other/",
    "manifest.json",
    "mine",
  ]);
  updateManifest(out, away.exportId, { files: undefined });
  assertEquals(await clean(away, "home.log", 0), ["it moved ads only"]);
});
