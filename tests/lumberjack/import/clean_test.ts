import { assertEquals } from "@std/assert";
import {
  readManifest,
  updateManifest,
} from "../../../lib/lumberjack/export_dir/manifest.ts";
import { journalName } from "../../../lib/lumberjack/files/events/journal.ts";
import { InProcessCaller } from "../../../lib/lumberjack/files/owner/in_process.ts";
import { ownerServices } from "../../../lib/lumberjack/files/owner/services.ts";
import { cleanExports } from "../../../lib/lumberjack/import/clean.ts";
import { FileJobQueue } from "../../../lib/lumberjack/queue/file/job_queue.ts";
import { Away, completed } from "./files_home.ts";

const owner = new InProcessCaller(ownerServices);

async function clean(
  away: Away,
  queueLog: string,
  olderThan = 60,
  { folder = "", scheddName }: { folder?: string; scheddName?: string } = {},
) {
  const queue = FileJobQueue.open(away.folder.join(queueLog));
  // The queue of a running schedd knows its name.
  const named = new Proxy(queue, {
    get(target, name) {
      if (name === "scheddName") return scheddName;
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const cleaned = await cleanExports(named, {
    folders: [away.folder.join(folder)],
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
  for (const name of ["mine", ".job_queue.log.0123abcd.tmp", journalName]) {
    Deno.writeTextFileSync(`${out}/${name}`, name);
  }
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

Deno.test("at the other end, clean removes inputs and logs of jobs that are home, and keeps what the jobs wrote", async () => {
  using away = await Away.with({});
  const { returned, exportId } = away;
  away.left(0, "_condor_stdout", "");
  const ours = `${returned}/lumberjack/${exportId}`;
  for (const folder of ["inputs/1", "logs"]) {
    Deno.mkdirSync(`${ours}/${folder}`, { recursive: true });
    Deno.writeTextFileSync(`${ours}/${folder}/a`, "a");
  }
  away.log({ "1.0": completed });
  away.manifest({ files: readManifest(away.folder.join("out"))!.files });
  const { schedd } = readManifest(returned)!;
  const there = { folder: "returned", scheddName: schedd };
  const before = away.folder.list("returned");
  assertEquals(await clean(away, "away.log", 0, there), [
    "a job in the queue is away with it",
  ]);
  await away.import();
  const other = { ...there, scheddName: "other" };
  assertEquals(await clean(away, "home.log", 0, other), [
    `its jobs are those of ${schedd}`,
  ]);
  assertEquals(await clean(away, "home.log", 60, there), [
    "it has not been home for so long",
  ]);
  assertEquals(away.folder.list("returned"), before);
  assertEquals(await clean(away, "home.log", 0, there), [null]);
  assertEquals(
    away.folder.list("returned"),
    before.filter((path) => !path.includes("/lumberjack")),
  );
});

Deno.test("at the other end alone, without the queue that the jobs left, clean removes nothing and says why", async () => {
  using away = await Away.with({});
  const { returned, exportId } = away;
  away.left(0, "_condor_stdout", "");
  const inputs = `${returned}/lumberjack/${exportId}/inputs/1`;
  Deno.mkdirSync(inputs, { recursive: true });
  Deno.writeTextFileSync(`${inputs}/a`, "a");
  away.log({ "1.0": completed });
  away.manifest({ files: readManifest(away.folder.join("out"))!.files });
  await away.import();
  const { schedd } = readManifest(returned)!;
  const before = away.folder.list("returned");
  // The queue there is the returned log, whose jobs have all ended.
  const there = "returned/job_queue.log";
  for (const scheddName of [undefined, "remote@hpc"]) {
    assertEquals(
      await clean(away, there, 0, { folder: "returned", scheddName }),
      [`its jobs are those of ${schedd}`],
    );
  }
  assertEquals(away.folder.list("returned"), before);
});
