import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  LumberjackError,
  OutputDirectoryError,
} from "../../../lib/lumberjack/error.ts";
import { exportJobs } from "../../../lib/lumberjack/export/export.ts";
import { FileJobQueue } from "../../../lib/lumberjack/queue/file/job_queue.ts";
import { FolderLock } from "../../../lib/lumberjack/export_dir/folder_lock.ts";
import { importJobs } from "../../../lib/lumberjack/import/import.ts";
import {
  readManifest,
  updateManifest,
} from "../../../lib/lumberjack/export_dir/manifest.ts";
import { recover } from "../../../lib/lumberjack/export/recover.ts";
import { Selection } from "../../../lib/lumberjack/job/selection.ts";
import { unexportJobs } from "../../../lib/lumberjack/export/unexport.ts";
import { adsOf, Folder, markPlanned, queueLog } from "../queue_fixture.ts";

/**
 * Makes an interrupted export of three jobs, which are locked in after.log.
 * With `restored`, the export was not interrupted: somebody has restored its
 * folder from a backup that is older than the exported log.
 */
async function interrupted(
  folder: Folder,
  { restored = false } = {},
): Promise<string> {
  folder.write(
    "queue.log",
    queueLog([{ cluster: 1, procs: [{}, {}, {}] }]),
  );
  const out = folder.mkdir("out");
  const queue = FileJobQueue.open(folder.join("queue.log"), {
    queueOut: folder.join("after.log"),
  });
  const { exports: [{ exportId }] } = await exportJobs(queue, {
    selection: new Selection({ constraint: "true" }),
    out,
    remoteSpool: "/spool",
  });
  await queue.close();
  Deno.removeSync(`${out}/job_queue.log`);
  updateManifest(out, exportId, { state: "planned", sha256: null });
  if (!restored) markPlanned(folder.join("after.log"), "1.0", exportId);
  return exportId;
}

function open(folder: Folder): FileJobQueue {
  return FileJobQueue.open(folder.join("after.log"), {
    queueOut: folder.join("recovered.log"),
    replace: true,
  });
}

Deno.test("recover, unexport and export do not touch an export that another Lumberjack is working on", async () => {
  using folder = new Folder();
  const exportId = await interrupted(folder);
  const queue = open(folder);
  {
    using _lock = FolderLock.take(folder.join("out"));
    for (const undo of [false, true]) {
      const [{ action }] = await recover(queue, { undo });
      assertEquals(action, "busy");
    }
    await assertRejects(
      () => unexportJobs(queue, { exportId }),
      Error,
      "another lumberjack is working",
    );
    await assertRejects(
      () =>
        exportJobs(FileJobQueue.open(folder.join("queue.log")), {
          selection: new Selection({ constraint: "true" }),
          out: folder.join("out"),
          remoteSpool: "/spool",
        }),
      OutputDirectoryError,
      "another lumberjack is working",
    );
    assertEquals(readManifest(folder.join("out"))?.state, "planned");
    assertThrows(() => Deno.statSync(folder.join("recovered.log")));
  }
  const [{ action }] = await recover(queue);
  assertEquals(action, "written");
  await queue.close();
});

/** Leaves the folder's path in one job only, as on a running schedd. */
function nameOnce(folder: Folder): void {
  const log = Deno.readTextFileSync(folder.join("after.log"));
  folder.write(
    "after.log",
    log.replace(/^103 1\.[12] LumberjackExportDir .*\n/gm, ""),
  );
}

Deno.test("unexport refuses a job while another Lumberjack works on its export, even if the job does not name the folder", async () => {
  using folder = new Folder();
  await interrupted(folder);
  nameOnce(folder);
  const queue = open(folder);
  using _lock = FolderLock.take(folder.join("out"));
  await assertRejects(
    () => unexportJobs(queue, { selection: new Selection({ ids: ["1.1"] }) }),
    Error,
    "another lumberjack is working",
  );
  await queue.close();
});

Deno.test("unexport refuses an export while the schedd's own import merges its results", async () => {
  using folder = new Folder();
  const exportId = await interrupted(folder);
  const [queue, other] = [open(folder), open(folder)];
  const returned = folder.write(
    "returned.log",
    Deno.readTextFileSync(folder.join("after.log")),
  );
  let refused: unknown;
  await importJobs(queue, {
    in: returned,
    merger: {
      check: () => Promise.resolve(),
      merge: async (changes) => {
        refused = await unexportJobs(other, { exportId }).catch((e) => e);
        return changes;
      },
    },
  });
  assertEquals(
    refused instanceof LumberjackError && refused.message,
    "another lumberjack is working on the export",
  );
  await queue.close();
  await other.close();
});

Deno.test("when the job that names the folder is taken back, another job gets the folder's path", async () => {
  using folder = new Folder();
  await interrupted(folder);
  nameOnce(folder);
  const queue = open(folder);
  await unexportJobs(queue, { selection: new Selection({ ids: ["1.0"] }) });
  await queue.close();
  const ads = adsOf(folder.join("recovered.log"));
  const named = ["1.0", "1.1", "1.2"].map((id) => ads[id].LumberjackExportDir);
  assertEquals(named, [undefined, `"${folder.join("out")}"`, undefined]);
  assertEquals(readManifest(folder.join("out"))?.state, "planned");
});

Deno.test("a user's changes to his own jobs cannot make recover take back another user's export", async () => {
  using folder = new Folder();
  const exportId = await interrupted(folder);
  updateManifest(folder.join("out"), exportId, { state: "written" });
  const text = Deno.readTextFileSync(folder.join("out", "manifest.json"));
  Deno.writeTextFileSync(
    `${folder.mkdir("hers")}/manifest.json`,
    text.replace('"written"', '"unexported"'),
  );
  // 1.0, the first job in the queue, is mallory's from now on.
  const log = folder.join("after.log");
  Deno.writeTextFileSync(
    log,
    `103 1.0 Owner "mallory"\n` +
      `103 1.0 LumberjackExportDir "${folder.join("hers")}"\n`,
    { append: true },
  );
  const queue = open(folder);
  const found = await recover(queue);
  await queue.close();
  assertEquals(found.map(({ jobs, action }) => [jobs, action]), [
    [1, "unlocked"],
    [2, "away"],
  ]);
});

Deno.test("recover unlocks the remaining jobs of an interrupted unexport", async () => {
  using folder = new Folder();
  const exportId = await interrupted(folder);
  updateManifest(folder.join("out"), exportId, { state: "unexported" });
  const queue = open(folder);
  const [{ action, jobs }] = await recover(queue);
  await queue.close();
  assertEquals([action, jobs], ["unlocked", 3]);
  const ads = adsOf(folder.join("recovered.log"));
  for (const id of ["1.0", "1.1", "1.2"]) {
    assertEquals(ads[id].LumberjackExportId, undefined);
    assertEquals(ads[id].Managed, undefined);
  }
});

Deno.test("if an export of several owners fails and cannot unlock its jobs, recover takes it back", async () => {
  using folder = new Folder();
  folder.write(
    "queue.log",
    queueLog([
      { cluster: 1, procs: [{}] },
      { cluster: 2, attributes: { Owner: '"bob"' }, procs: [{}] },
    ]),
  );
  const queue = FileJobQueue.open(folder.join("queue.log"), {
    queueOut: folder.join("after.log"),
  });
  const readLocked = queue.readLocked.bind(queue);
  let owners = 0;
  queue.readLocked = (id) => {
    if (++owners === 2) throw new Error("no more space");
    return readLocked(id);
  };
  queue.undoLocks = () => Promise.reject(new Error("the schedd is gone"));
  const out = folder.mkdir("out");
  await assertRejects(
    () =>
      exportJobs(queue, {
        selection: new Selection({ constraint: "true" }),
        out,
        remoteSpool: "/spool",
      }),
    Error,
    "undoing it failed too",
  );
  await queue.close();
  assertThrows(() => Deno.statSync(`${out}/alice/job_queue.log`));

  const later = open(folder);
  const done = await recover(later);
  await later.close();
  assertEquals(done.map(({ action }) => action), ["unlocked", "unlocked"]);
  for (const owner of ["alice", "bob"]) {
    assertThrows(() => Deno.statSync(`${out}/${owner}/job_queue.log`));
    assertEquals(readManifest(`${out}/${owner}`)?.state, "unexported");
  }
  const jobs = adsOf(folder.join("recovered.log"));
  assertEquals([jobs["1.0"].Managed, jobs["2.0"].Managed], [
    undefined,
    undefined,
  ]);
});

Deno.test("export refuses the folder of an interrupted export of another schedd", async () => {
  using folder = new Folder();
  const exportId = await interrupted(folder);
  const other = new TextDecoder().decode(
    queueLog([{ cluster: 1, procs: [{}] }]),
  ).replaceAll('"test#', '"other#');
  const queue = FileJobQueue.open(folder.write("other.log", other), {
    queueOut: folder.join("other_after.log"),
  });
  await assertRejects(
    () =>
      exportJobs(queue, {
        selection: new Selection({ constraint: "true" }),
        out: folder.join("out"),
        remoteSpool: "/spool",
      }),
    OutputDirectoryError,
    `holds export ${exportId} of test, which was interrupted`,
  );
  await queue.close();
  assertEquals(readManifest(folder.join("out"))?.exportId, exportId);
});

Deno.test("the job that names the folder is unlocked last", async () => {
  for (const undo of [true, false]) {
    using folder = new Folder();
    const exportId = await interrupted(folder);
    nameOnce(folder);
    const queue = open(folder);
    const order: string[] = [];
    const change = queue.change.bind(queue);
    queue.change = (changes) => {
      const all = [...changes];
      order.push(...all.map(({ cluster, proc }) => `${cluster}.${proc}`));
      return change(all);
    };
    if (undo) await recover(queue, { undo });
    else await unexportJobs(queue, { exportId });
    await queue.close();
    assertEquals(order, ["1.1", "1.2", "1.0"]);
  }
});

Deno.test("if recover fails for one export, it still recovers the other exports", async () => {
  using folder = new Folder();
  folder.write(
    "queue.log",
    queueLog([
      { cluster: 1, attributes: { Owner: '"alice"' }, procs: [{}] },
      { cluster: 2, attributes: { Owner: '"bob"' }, procs: [{}] },
    ]),
  );
  const out = folder.mkdir("out");
  const first = FileJobQueue.open(folder.join("queue.log"), {
    queueOut: folder.join("after.log"),
  });
  const { exports } = await exportJobs(first, {
    selection: new Selection({ constraint: "true" }),
    out,
    remoteSpool: "/spool",
  });
  await first.close();
  Deno.writeTextFileSync(`${out}/alice/manifest.json`, "{");
  const bobs = exports.find(({ owner }) => owner === "bob")!;
  Deno.removeSync(`${out}/bob/job_queue.log`);
  updateManifest(bobs.out, bobs.exportId, { state: "planned", sha256: null });
  markPlanned(folder.join("after.log"), "2.0", bobs.exportId);

  const queue = open(folder);
  const recoveries = await recover(queue);
  await queue.close();
  assertEquals(recoveries.map(({ action }) => action), ["failed", "written"]);
  assertEquals(recoveries[0].problem?.message, "damaged manifest (not JSON)");
  assertEquals(readManifest(bobs.out)?.state, "written");

  const failing = open(folder);
  await assertRejects(
    () => recover(failing, { exportId: recoveries[0].exportId }),
    LumberjackError,
    "damaged manifest",
  );
  await failing.close();
});

/**
 * Returns LumberjackExportPlanned once for each ad of a queue log that has it.
 */
function marksIn(path: string): string[] {
  return Object.values(adsOf(path)).flatMap((ad) =>
    Object.keys(ad).filter((name) => name === "LumberjackExportPlanned")
  );
}

Deno.test("one job says that the export is not written yet, until the export is written", async () => {
  using folder = new Folder();
  await interrupted(folder, { restored: true });
  assertEquals(marksIn(folder.join("after.log")), []);

  const queue = FileJobQueue.open(folder.join("queue.log"), {
    queueOut: folder.join("again.log"),
  });
  let marked: string[] = [];
  const readLocked = queue.readLocked.bind(queue);
  queue.readLocked = (id) => {
    marked = marksIn(folder.join("again.log"));
    return readLocked(id);
  };
  await exportJobs(queue, {
    selection: new Selection({ constraint: "true" }),
    out: folder.mkdir("again"),
    remoteSpool: "/spool",
  });
  await queue.close();
  assertEquals(marked, ["LumberjackExportPlanned"]);
  assertEquals(marksIn(folder.join("again.log")), []);
  assertEquals(marksIn(folder.join("again/job_queue.log")), []);
});

Deno.test("recover does not write an export again whose folder came from a backup, until somebody decides", async () => {
  for (const decision of ["write again", "take back"]) {
    using folder = new Folder();
    const exportId = await interrupted(folder, { restored: true });
    const queue = open(folder);
    for (const request of [{}, { undo: true }, { exportId }]) {
      const [{ action }] = await recover(queue, request);
      assertEquals(action, "undecided");
    }
    assertEquals(readManifest(folder.join("out"))?.state, "planned");
    assertThrows(() => Deno.statSync(folder.join("out/job_queue.log")));
    if (decision === "write again") {
      const [{ action }] = await recover(queue, { exportId, writeAgain: true });
      assertEquals(action, "written");
      assertEquals(readManifest(folder.join("out"))?.state, "written");
    } else {
      const { unlocked } = await unexportJobs(queue, { exportId });
      assertEquals(unlocked, ["1.0", "1.1", "1.2"]);
      assertEquals(readManifest(folder.join("out"))?.state, "unexported");
    }
    await queue.close();
  }
});

Deno.test("recover does not write an export again that recover itself has written", async () => {
  using folder = new Folder();
  const exportId = await interrupted(folder);
  const queue = open(folder);
  assertEquals((await recover(queue))[0].action, "written");
  await queue.close();
  assertEquals(marksIn(folder.join("recovered.log")), []);

  // The folder comes from a backup that was made before recover ran.
  const out = folder.join("out");
  Deno.removeSync(`${out}/job_queue.log`);
  updateManifest(out, exportId, { state: "planned", sha256: null });
  const later = FileJobQueue.open(folder.join("recovered.log"));
  assertEquals((await recover(later))[0].action, "undecided");
  await later.close();
});
