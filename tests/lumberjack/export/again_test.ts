import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { LumberjackError } from "../../../lib/lumberjack/error.ts";
import {
  type AgainRequest,
  exportAgain,
} from "../../../lib/lumberjack/export/again.ts";
import { clearOtherFolder } from "../../../lib/lumberjack/export/other_folder.ts";
import { recover } from "../../../lib/lumberjack/export/recover.ts";
import {
  readManifest,
  updateManifest,
  writeManifest,
} from "../../../lib/lumberjack/export_dir/manifest.ts";
import { verifyTree } from "../../../lib/lumberjack/files/bundle.ts";
import { FileStaging } from "../../../lib/lumberjack/files/stage/file_staging.ts";
import { optionsOf } from "../../../lib/lumberjack/files/stage/stage_options.ts";
import {
  lockAttributes,
  plannedAttribute,
} from "../../../lib/lumberjack/job/lock.ts";
import { FileJobQueue } from "../../../lib/lumberjack/queue/file/job_queue.ts";
import { StagedHome } from "../files/stage/staged_export.ts";
import { adsOf } from "../queue_fixture.ts";

/** Makes a home folder, and an export of two jobs with their files. */
async function exported(): Promise<{ home: StagedHome; exportId: string }> {
  const home = new StagedHome();
  home.write("run");
  home.write("a");
  home.queue({ attributes: { TransferInput: '"a"' }, procs: [{}, {}] });
  const { exports: [{ exportId }] } = await home.export({
    set: [{ name: "Rank", value: "7" }],
  });
  return { home, exportId };
}

async function again(
  home: StagedHome,
  exportId: string,
  request: Partial<AgainRequest> = {},
) {
  await using stagings = new AsyncDisposableStack();
  const queue = FileJobQueue.open(home.folder.join("after.log"), {
    queueOut: home.folder.join("again.log"),
  });
  try {
    return await exportAgain(queue, {
      exportId,
      out: home.out,
      remoteSpool: "/other/spool",
      stagingOf: ({ files }) =>
        files && stagings.use(new FileStaging(optionsOf(files))),
      ...request,
    });
  } finally {
    await queue.close();
  }
}

Deno.test("export --again writes the export into another folder and empties the old folder", async () => {
  const { home, exportId } = await exported();
  using _home = home;
  const out = home.folder.mkdir("out2");
  const { exports: [done], skipped } = await again(home, exportId, { out });
  assertEquals(
    [done.exportId, done.out, done.jobs, done.files, skipped.length],
    [exportId, out, 2, 2, 0],
  );
  assertEquals(home.folder.list("out"), []);
  assertEquals((await verifyTree(out)).files, 5);
  const away = adsOf(`${out}/job_queue.log`);
  assertEquals(away["01.-1"].Rank, "7");
  assertEquals(
    away["1.1"].Iwd,
    '"/other/spool/1/1/cluster1.proc1.subproc0"',
  );
  assertEquals(readManifest(out)?.state, "written");
  assertEquals(readManifest(out)?.remoteSpool, "/other/spool");
  const queue = adsOf(home.folder.join("again.log"));
  assertEquals(queue["1.0"].LumberjackExportDir, `"${out}"`);
  assertEquals(queue["1.0"].LumberjackExportPlanned, undefined);
});

Deno.test("export --again can write the export into the same folder, for another remote spool", async () => {
  const { home, exportId } = await exported();
  using _home = home;
  const { exports: [done] } = await again(home, exportId);
  assertEquals([done.out, done.jobs], [home.out, 2]);
  assertEquals((await verifyTree(home.out)).files, 5);
  const { Cmd } = adsOf(`${home.out}/job_queue.log`)["01.-1"];
  assert(Cmd.startsWith(`"/other/spool/lumberjack/${exportId}/`), Cmd);
});

Deno.test("export --again can use other file options than the first export", async () => {
  const { home, exportId } = await exported();
  using _home = home;
  await using staging = new FileStaging({
    mode: "stage",
    presentThere: [home.home],
  });
  const { exports: [done] } = await again(home, exportId, { staging });
  assertEquals(done.files, 0);
  const away = adsOf(`${home.out}/job_queue.log`);
  assertEquals(away["01.-1"].Cmd, `"${home.home}/run"`);
  assertEquals(away["01.-1"].Rank, undefined);
});

Deno.test("export --again refuses an export that has left", async () => {
  const { home, exportId } = await exported();
  using _home = home;
  const log = `${home.out}/job_queue.log`;
  Deno.renameSync(log, `${log}.away`);
  await assertRejects(
    () => again(home, exportId),
    LumberjackError,
    "has left",
  );
  Deno.renameSync(`${log}.away`, log);
  updateManifest(home.out, exportId, { state: "importing" });
  await assertRejects(() => again(home, exportId), LumberjackError, "has left");
  await assertRejects(
    () => again(home, "20200101T000000Z-00000000"),
    LumberjackError,
    "no job is locked",
  );
});

Deno.test("a job whose input cannot be read when its export is written again is unlocked, without any trace of the export", async () => {
  for (const missing of [["a"], ["a", "b"]]) {
    using home = new StagedHome();
    for (const name of ["run", "a", "b"]) home.write(name);
    home.queue({
      attributes: {},
      procs: [{ TransferInput: '"a"' }, { TransferInput: '"b"' }],
    });
    const { exports: [{ exportId }] } = await home.export({});
    for (const name of missing) Deno.removeSync(`${home.home}/${name}`);
    const out = home.folder.mkdir("out2");
    const { exports, skipped } = await again(home, exportId, { out });
    assertEquals(skipped.length, missing.length);
    assertEquals(exports.length, 2 - missing.length);
    const queue = adsOf(home.folder.join("again.log"));
    const traces = (id: string) =>
      Object.keys(queue[id]).filter((name) =>
        [...lockAttributes, plannedAttribute].includes(name)
      ).sort();
    assertEquals(traces("1.0"), []);
    assertEquals(
      traces("1.1"),
      missing.length === 2 ? [] : [...lockAttributes].sort(),
    );
    assertEquals(home.folder.list("out"), []);
    // Another export can go to the folder of an export that no job left with.
    if (missing.length === 2) assertEquals(home.folder.list("out2"), []);
  }
});

Deno.test("a dry run of --again changes nothing", async () => {
  const { home, exportId } = await exported();
  using _home = home;
  const out = home.folder.mkdir("out2");
  const before = home.folder.list();
  const { exports: [done] } = await again(home, exportId, {
    out,
    dryRun: true,
  });
  assertEquals(done.jobs, 2);
  assertEquals(home.folder.list(), before);
});

Deno.test("if export --again is interrupted, recover or the same command finishes the export", async () => {
  for (const by of ["recover", "again"]) {
    const { home, exportId } = await exported();
    using _home = home;
    const out = home.folder.mkdir("out2");
    // A file is where the folder `lumberjack` has to go. So the command fails
    // after it has withdrawn the export from its old folder.
    Deno.writeTextFileSync(`${out}/lumberjack`, "");
    await assertRejects(() => again(home, exportId, { out }), LumberjackError);
    assertEquals(
      home.folder.list("out").includes("out/job_queue.log"),
      false,
    );
    Deno.removeSync(`${out}/lumberjack`);
    Deno.renameSync(
      home.folder.join("again.log"),
      home.folder.join("after.log"),
    );
    if (by === "again") {
      const { exports: [done] } = await again(home, exportId, { out });
      assertEquals(done.jobs, 2);
    } else {
      const queue = FileJobQueue.open(home.folder.join("after.log"), {
        queueOut: home.folder.join("again.log"),
      });
      const [{ action, out: where }] = await recover(queue, {
        staging: ({ files }) => new FileStaging(optionsOf(files!)),
      });
      await queue.close();
      assertEquals([action, where], ["written", out]);
    }
    assertEquals((await verifyTree(out)).files, 5);
  }
});

/** A queue that calls `then` after its `number`-th sync, counted from 1. */
function afterSync(
  queue: FileJobQueue,
  number: number,
  then: () => void,
): FileJobQueue {
  let calls = 0;
  return new Proxy(queue, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      if (name !== "sync") return value.bind(target);
      return async () => {
        await target.sync();
        if (++calls === number) then();
      };
    },
  });
}

/**
 * Runs `export --again` into `out` and damages a manifest after a sync of the
 * queue. Returns the error. Then mends the manifest and runs `recover`.
 */
async function againDamaged(
  home: StagedHome,
  { exportId, out, damaged, sync }: {
    readonly exportId: string;
    readonly out: string;
    readonly damaged: string;
    readonly sync: number;
  },
): Promise<LumberjackError> {
  const path = `${damaged}/manifest.json`;
  let text = "";
  await using stagings = new AsyncDisposableStack();
  const queue = FileJobQueue.open(home.folder.join("after.log"), {
    queueOut: home.folder.join("again.log"),
  });
  const damaging = afterSync(queue, sync, () => {
    text = Deno.readTextFileSync(path);
    Deno.writeTextFileSync(path, "{");
  });
  const error = await assertRejects(() =>
    exportAgain(damaging, {
      ...{ exportId, out, remoteSpool: "/other/spool" },
      stagingOf: ({ files }) =>
        files && stagings.use(new FileStaging(optionsOf(files))),
    }), LumberjackError);
  await queue.close();
  Deno.writeTextFileSync(path, text);
  Deno.renameSync(
    home.folder.join("again.log"),
    home.folder.join("after.log"),
  );
  await recovered(home);
  return error;
}

Deno.test("if export --again cannot withdraw the export, it says that recover keeps the export as it was", async () => {
  const { home, exportId } = await exported();
  using _home = home;
  const out = home.folder.mkdir("out2");
  const error = await againDamaged(home, {
    ...{ exportId, out, damaged: home.out, sync: 1 },
  });
  assertEquals(error.message, "cannot write the export again");
  assertStringIncludes(error.remedy!, "lumberjack recover");
  const job = adsOf(home.folder.join("again.log"))["1.0"];
  assertEquals(job.LumberjackExportPlanned, undefined);
  assertEquals(job.LumberjackExportDir, `"${home.out}"`);
  assertEquals((await verifyTree(home.out)).files, 5);
});

Deno.test("if export --again cannot clear the folder where the export was, it says that recover does it", async () => {
  const { home, exportId } = await exported();
  using _home = home;
  const out = home.folder.mkdir("out2");
  const error = await againDamaged(home, {
    ...{ exportId, out, damaged: out, sync: 3 },
  });
  assertEquals(error.message, "cannot clear the export's other folder");
  assertStringIncludes(error.remedy!, "lumberjack recover");
  assertEquals(home.folder.list("out"), []);
  assertEquals(readManifest(out)?.otherFolder, undefined);
  assertEquals((await verifyTree(out)).files, 5);
});

Deno.test("an export's other folder is not forgotten in silence if the manifest cannot say so", async () => {
  const { home, exportId } = await exported();
  using _home = home;
  const other = home.folder.mkdir("out2");
  const manifest = readManifest(home.out)!;
  writeManifest(other, { ...manifest, state: "planned", sha256: null });
  updateManifest(home.out, exportId, { otherFolder: other });
  const damage = () => {
    Deno.writeTextFileSync(`${home.out}/manifest.json`, "{");
    return Promise.resolve();
  };
  await assertRejects(
    () => clearOtherFolder(home.out, manifest, damage),
    LumberjackError,
    "cannot finish the export",
  );
});

/** Thrown where the command would be killed. */
class Killed extends Error {}

/**
 * A queue that lets its user end before or after its call number `kill`. The
 * command catches nothing, so nothing is undone.
 */
function killing(queue: FileJobQueue, kill: number): FileJobQueue {
  let calls = 0;
  return new Proxy(queue, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      if (!["change", "sync", "markWritten"].includes(String(name))) {
        return value.bind(target);
      }
      return async (...args: unknown[]) => {
        if (calls++ === kill) throw new Killed();
        const result = await value.apply(target, args);
        if (calls++ === kill) throw new Killed();
        return result;
      };
    },
  });
}

Deno.test("wherever export --again is killed, recover or the same command leaves one folder with the export, and nothing in the other one", async () => {
  for (const by of ["recover", "again"] as const) {
    let wasKilled = true;
    let kill = 0;
    for (; wasKilled; kill++) {
      const { home, exportId } = await exported();
      using _home = home;
      const out = home.folder.mkdir("out2");
      wasKilled = await againKilled(home, { exportId, out }, kill);
      if (!wasKilled) break;
      const { folder } = home;
      const again1 = folder.join("again.log");
      if (folder.list().includes("again.log")) {
        Deno.renameSync(again1, folder.join("after.log"));
      }
      if (by === "again") await again(home, exportId, { out });
      else await recovered(home);
      if (!folder.list().includes("again.log")) {
        Deno.renameSync(folder.join("after.log"), again1);
      }
      const job = adsOf(again1)["1.0"];
      const named = JSON.parse(job.LumberjackExportDir);
      const [mine, other] = named === out ? ["out2", "out"] : ["out", "out2"];
      const when = `killed at ${kill}, ${by}`;
      assertEquals(job.LumberjackExportPlanned, undefined, when);
      assertEquals(folder.list(other), [], when);
      assertEquals((await verifyTree(folder.join(mine))).files, 5, when);
      const { state, otherFolder } = readManifest(folder.join(mine))!;
      assertEquals([state, otherFolder], ["written", undefined], when);
      if (by === "again") assertEquals(mine, "out2", when);
    }
    assert(kill > 8, `${kill} kills`);
  }
});

/** Returns whether the command was killed: it may need fewer calls. */
async function againKilled(
  home: StagedHome,
  request: { readonly exportId: string; readonly out: string },
  kill: number,
): Promise<boolean> {
  await using stagings = new AsyncDisposableStack();
  const queue = FileJobQueue.open(home.folder.join("after.log"), {
    queueOut: home.folder.join("again.log"),
  });
  try {
    await exportAgain(killing(queue, kill), {
      ...request,
      remoteSpool: "/other/spool",
      stagingOf: ({ files }) =>
        files && stagings.use(new FileStaging(optionsOf(files))),
    });
    return false;
  } catch (error) {
    if (error instanceof Killed) return true;
    if ((error as Error).cause instanceof Killed) return true;
    throw error;
  } finally {
    await queue.close();
  }
}

async function recovered(home: StagedHome): Promise<void> {
  const queue = FileJobQueue.open(home.folder.join("after.log"), {
    queueOut: home.folder.join("again.log"),
  });
  await recover(queue, {
    staging: ({ files }) => new FileStaging(optionsOf(files!)),
  });
  await queue.close();
}
