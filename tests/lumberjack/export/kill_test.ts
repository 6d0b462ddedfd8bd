import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { FileJobQueue } from "../../../lib/lumberjack/queue/file/job_queue.ts";
import { readManifest } from "../../../lib/lumberjack/export_dir/manifest.ts";
import { recover } from "../../../lib/lumberjack/export/recover.ts";
import { adsOf, Folder, queueLog } from "../queue_fixture.ts";

const cli = fromFileUrl(new URL("../../../cli.ts", import.meta.url));
const jobs = 3000;
/** How many exports are killed, at evenly spread moments of their run. */
const kills = 10;

/**
 * Exports a queue of 3000 jobs in `folder`, and kills the export with SIGKILL
 * after so many milliseconds.
 */
async function killedExport(folder: Folder, after: number): Promise<void> {
  folder.write(
    "queue.log",
    queueLog([{ cluster: 1, procs: Array(jobs).fill({}) }]),
  );
  folder.mkdir("out");
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "-A", cli, "export", "--constraint", "true"],
      ...["--out", folder.join("out"), "--remote-spool", "/spool"],
      ...["--queue", folder.join("queue.log")],
      ...["--queue-out", folder.join("after.log")],
    ],
    stdout: "null",
    stderr: "null",
  }).spawn();
  const timer = setTimeout(() => {
    try {
      process.kill("SIGKILL");
    } catch {
      // The export has already ended.
    }
  }, after);
  await process.status.finally(() => clearTimeout(timer));
}

/** Returns how many milliseconds an export takes that is not killed. */
async function timeOfExport(): Promise<number> {
  using folder = new Folder();
  const start = performance.now();
  await killedExport(folder, 2 ** 30);
  assert(folder.list().includes("out/job_queue.log"));
  return performance.now() - start;
}

Deno.test("if export is killed at any time, there is no log without locks, and recover finishes the export", async () => {
  const seen = new Set<string>();
  const whole = await timeOfExport();
  for (let part = 1; part <= kills; part++) {
    using folder = new Folder();
    const after = whole * part / kills;
    await killedExport(folder, after);

    const names = folder.list().filter((name) => !name.endsWith(".tmp"));
    const locked = names.includes("after.log");
    const written = names.includes("out/job_queue.log");
    // The log must not have its final name before the locks are on the disk.
    assert(locked || !written, `log without locks after ${after} ms`);
    const state = readManifest(folder.join("out"))?.state;
    seen.add(`${state} ${locked} ${written}`);
    if (!locked) continue;

    const queue = FileJobQueue.open(folder.join("after.log"));
    const [{ action }] = await recover(queue);
    await queue.close();
    assertEquals(
      action,
      state === "written" ? "away" : written ? "completed" : "written",
    );
    const exported = adsOf(folder.join("out/job_queue.log"));
    const home = adsOf(folder.join("after.log"));
    for (let proc = 0; proc < jobs; proc++) {
      const id = home[`1.${proc}`].LumberjackExportId;
      assert(id !== undefined);
      assertEquals(exported[`1.${proc}`]?.LumberjackExportId, id);
    }
    assertEquals(readManifest(folder.join("out"))?.state, "written");
  }
  // Some exports were killed before their locks, and some after them.
  assert(seen.size > 1, [...seen].join("; "));
});
