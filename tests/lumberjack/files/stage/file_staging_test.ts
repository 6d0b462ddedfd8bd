import { assert, assertEquals, assertRejects } from "@std/assert";
import { LumberjackError } from "../../../../lib/lumberjack/error.ts";
import { recover } from "../../../../lib/lumberjack/export/recover.ts";
import {
  readManifest,
  updateManifest,
} from "../../../../lib/lumberjack/export_dir/manifest.ts";
import { FileJobQueue } from "../../../../lib/lumberjack/queue/file/job_queue.ts";
import { FileStaging } from "../../../../lib/lumberjack/files/stage/file_staging.ts";
import { optionsOf } from "../../../../lib/lumberjack/files/stage/stage_options.ts";
import {
  extractBundle,
  verifyTree,
} from "../../../../lib/lumberjack/files/bundle.ts";
import { adsOf, markPlanned } from "../../queue_fixture.ts";
import { remoteSpool, StagedHome } from "./staged_export.ts";

/** Returns the paths of all files below the export's own folder. */
function stagedFiles(home: StagedHome, exportId: string): string[] {
  const top = `out/lumberjack/${exportId}/`;
  return home.folder.list("out")
    .filter((path) => path.startsWith(top) && !path.endsWith("/"))
    .map((path) => path.slice(top.length));
}

function lockedIn(path: string): string[] {
  return Object.entries(adsOf(path))
    .filter(([, ad]) => ad.Managed !== undefined).map(([key]) => key);
}

Deno.test("each distinct input is copied once, and all jobs that need it refer to that copy", async () => {
  using home = new StagedHome();
  home.write("run", "#!/bin/sh\n", 0o755);
  for (const name of ["a.txt", "in.0", "in.1", "d/x", "d/e/y"]) {
    home.write(name);
  }
  home.queue({
    attributes: {
      TransferInput: '"a.txt,d,d/"',
      Out: '"o"',
      StreamOut: "false",
    },
    procs: [{ In: '"in.0"' }, { In: '"in.1"' }],
  }, {
    attributes: { TransferInput: `"./a.txt,${home.home}/d/../a.txt"` },
  });
  const { exports: [{ exportId, jobs, files, bytes }], skipped } = await home
    .export();
  assertEquals([jobs, skipped.length, files], [3, 0, 6]);
  const inputs = stagedFiles(home, exportId);
  assertEquals(inputs, [
    "inputs/1/a.txt",
    "inputs/2/d/e/y",
    "inputs/2/d/x",
    "inputs/3/in.0",
    "inputs/4/run",
    "inputs/5/in.1",
  ]);
  const sizes = inputs.map((path) =>
    Deno.statSync(home.folder.join("out/lumberjack", exportId, path)).size
  );
  assertEquals(bytes, sizes.reduce((sum, size) => sum + size, 0));
  const there = `${remoteSpool}/lumberjack/${exportId}/inputs`;
  const ads = adsOf(home.folder.join("out/job_queue.log"));
  // Paths that all jobs of a cluster share are only in its cluster ad.
  assertEquals(ads["01.-1"].Cmd, `"${there}/4/run"`);
  assertEquals(
    ads["01.-1"].TransferInput,
    `"${there}/1/a.txt,${there}/2/d,${there}/2/d/"`,
  );
  assertEquals(ads["01.-1"].Out, '"_condor_stdout"');
  assertEquals(ads["1.0"].TransferInput, undefined);
  assertEquals(ads["1.0"].In, `"${there}/3/in.0"`);
  assertEquals(ads["1.1"].In, `"${there}/5/in.1"`);
  assertEquals(
    ads["02.-1"].TransferInput,
    `"${there}/1/a.txt,${there}/1/a.txt"`,
  );
  assert(home.folder.list("out").includes("out/1/0/cluster1.proc0.subproc0/"));
  assertEquals((await verifyTree(home.out)).files, 9);
});

Deno.test("copies of inputs keep their modes and times, but not set-uid bits", async () => {
  using home = new StagedHome();
  const run = home.write("run", "#!/bin/sh\n");
  Deno.chmodSync(run, 0o4751);
  home.write("d/x");
  Deno.chmodSync(`${home.home}/d`, 0o500);
  for (const path of [run, `${home.home}/d/x`, `${home.home}/d`]) {
    Deno.utimeSync(path, 1_600_000_000, 1_600_000_000);
  }
  home.queue({ attributes: { TransferInput: '"d"' } });
  const { exports: [{ exportId }] } = await home.export();
  const seen = ["2/run", "1/d", "1/d/x"].map((path) => {
    const info = Deno.statSync(
      home.folder.join("out/lumberjack", exportId, "inputs", path),
    );
    return [info.mode! & 0o7777, info.mtime!.getTime() / 1000];
  });
  assertEquals(seen, [
    [0o751, 1_600_000_000],
    [0o500, 1_600_000_000],
    [0o644, 1_600_000_000],
  ]);
  Deno.chmodSync(
    home.folder.join("out/lumberjack", exportId, "inputs/1/d"),
    0o700,
  );
  Deno.chmodSync(`${home.home}/d`, 0o700);
});

Deno.test("with PreserveRelativePaths each input gets a folder of its own, in which it keeps its relative path", async () => {
  using home = new StagedHome();
  for (const name of ["run", "d/x", "d/e/y"]) home.write(name);
  home.queue({
    attributes: {
      PreserveRelativePaths: "true",
      TransferInput: '"d/x,d/e/,run"',
    },
  });
  const { exports: [{ exportId }] } = await home.export();
  assertEquals(stagedFiles(home, exportId), [
    "inputs/1/d/x",
    "inputs/2/d/e/y",
    "inputs/3/run",
  ]);
  const there = `${remoteSpool}/lumberjack/${exportId}/inputs`;
  const ads = adsOf(home.folder.join("out/job_queue.log"));
  assertEquals(
    ads["01.-1"].TransferInput,
    `"${there}/1/,${there}/2/,${there}/3/run"`,
  );
  assertEquals(ads["01.-1"].PreserveRelativePaths, "true");
});

Deno.test("at the remote side a job's logs and outputs stay in the folders of the job and the export", async () => {
  using home = new StagedHome();
  home.write("run");
  home.queue({
    attributes: {
      UserLog: '"job.log"',
      DAGManNodesLog: '"/home/dag/nodes.log"',
      DAGManNodesMask: '"0,1"',
      TransferOutputRemaps: '"a=/data/a"',
      Out: '"logs/out"',
      StreamOut: "true",
      Err: '"logs/err"',
    },
  }, {
    attributes: {
      TransferOutputRemaps: '"a=b;b=https://host/b"',
      Out: '"both"',
      Err: '"both"',
      StreamOut: "false",
      StreamErr: "false",
    },
  });
  const { exports: [{ exportId }] } = await home.export();
  const ads = adsOf(home.folder.join("out/job_queue.log"));
  const { UserLog, DAGManNodesLog, DAGManNodesMask, TransferOutputRemaps } = {
    ...ads["01.-1"],
    ...ads["1.0"],
  };
  const logs = `${remoteSpool}/lumberjack/${exportId}/logs`;
  assertEquals(UserLog, `"${logs}/1.0.log"`);
  assertEquals(
    [DAGManNodesLog, DAGManNodesMask, TransferOutputRemaps],
    [undefined, undefined, undefined],
  );
  assertEquals(ads["01.-1"].Out, '"_condor_stdout"');
  // Without StreamErr the file in Err is an output like other files.
  assertEquals(ads["01.-1"].Err, '"logs/err"');
  const folder = "out/1/0/cluster1.proc0.subproc0/";
  assertEquals(
    home.folder.list("out").filter((path) => path.startsWith(folder)),
    [folder],
  );
  assertEquals(ads["02.-1"].Out, '"_condor_stdout"');
  assertEquals(ads["02.-1"].Err, '"_condor_stdout"');
  // The execute side needs these rules to upload to the URL.
  assertEquals(ads["02.-1"].TransferOutputRemaps, '"a=b;b=https://host/b"');
  assertEquals(ads["2.0"].UserLog, undefined);
});

Deno.test("a job with a file that cannot travel is left out, and the reason names the file", async () => {
  using home = new StagedHome();
  home.write("run");
  home.write("d/x");
  home.write("f");
  Deno.symlinkSync("d", `${home.home}/link`);
  Deno.mkdirSync(`${home.home}/e`);
  Deno.symlinkSync("../d", `${home.home}/e/link`);
  Deno.symlinkSync("nowhere", `${home.home}/broken`);
  await new Deno.Command("mkfifo", { args: [`${home.home}/pipe`] }).output();
  const lists = ["absent", "pipe", "e", "broken", "f/", "f/x", "run"];
  home.queue({ procs: lists.map((list) => ({ TransferInput: `"${list}"` })) });
  const { exports: [{ jobs }], skipped } = await home.export();
  assertEquals(jobs, 1);
  assertEquals(
    skipped.map(({ id, reason }) => `${id} ${reason.replace(home.home, "~")}`),
    [
      "1.0 ~/absent: no such file or folder",
      "1.1 ~/pipe: not a plain file or folder",
      "1.2 ~/e/link: a link to a folder, which HTCondor refuses",
      "1.3 ~/broken: no such file or folder",
      "1.4 ~/f/: no such file or folder",
      "1.5 ~/f/x: no such file or folder",
    ],
  );
  assertEquals(lockedIn(home.folder.join("after.log")), ["1.6"]);
});

Deno.test("pipes in an input folder are left out, and links to files are followed", async () => {
  using home = new StagedHome();
  home.write("run");
  home.write("d/x");
  Deno.symlinkSync("x", `${home.home}/d/link`);
  await new Deno.Command("mkfifo", { args: [`${home.home}/d/pipe`] }).output();
  home.queue({ attributes: { TransferInput: '"d"' } });
  const { exports: [{ exportId }] } = await home.export();
  assertEquals(stagedFiles(home, exportId), [
    "inputs/1/d/link",
    "inputs/1/d/x",
    "inputs/2/run",
  ]);
  const link = `out/lumberjack/${exportId}/inputs/1/d/link`;
  assert(Deno.lstatSync(home.folder.join(link)).isFile);
});

Deno.test("a job whose file vanishes after the lock is unlocked and left out", async () => {
  using home = new StagedHome();
  home.write("run");
  home.write("a");
  home.write("d/x");
  home.write("d/y");
  home.queue({
    procs: [{}, { TransferInput: '"a"' }, { TransferInput: '"a"' }, {
      TransferInput: '"d"',
    }],
  });
  const { exports: [{ exportId, jobs }], skipped } = await home.export({}, {
    progress: (text) => {
      if (!text.startsWith("locking")) return;
      Deno.removeSync(`${home.home}/a`);
      Deno.removeSync(`${home.home}/d/y`);
      Deno.symlinkSync("..", `${home.home}/d/y`);
    },
  });
  assertEquals([jobs, skipped.length], [1, 3]);
  assertEquals(skipped.map(({ id }) => id), ["1.1", "1.2", "1.3"]);
  assert(skipped[0].reason.startsWith(`${home.home}/a: `), skipped[0].reason);
  assertEquals(lockedIn(home.folder.join("after.log")), ["1.0"]);
  // The files of the folder that were already copied are gone.
  assertEquals(stagedFiles(home, exportId), ["inputs/1/run"]);
  // So are the folders of the jobs that were to go with them.
  const folders = [...Deno.readDirSync(`${home.out}/1`)];
  assertEquals(folders.map(({ name }) => name), ["0"]);
  assertEquals((await verifyTree(home.out)).files, 4);
});

Deno.test("--set and --delete change the ads in the exported log, but not the ads at home", async () => {
  using home = new StagedHome();
  home.write("run");
  home.queue({
    attributes: { Requirements: 'Machine == "home"', Rank: "1" },
    procs: [{ Rank: "2" }, {}],
  });
  const { exports: [{ exportId }] } = await home.export({
    set: [{ name: "Requirements", value: "true" }, {
      name: "cmd",
      value: '"/there/run"',
    }],
    deleted: ["Rank"],
  });
  // The user names an executable at the remote side, so ours does not travel.
  assertEquals(stagedFiles(home, exportId), []);
  const away = adsOf(home.folder.join("out/job_queue.log"));
  assertEquals(away["01.-1"].Requirements, "true");
  assertEquals(away["01.-1"].cmd, '"/there/run"');
  assertEquals(away["01.-1"].Rank, undefined);
  assertEquals(away["1.0"].Rank, undefined);
  const after = adsOf(home.folder.join("after.log"));
  assertEquals(after["01.-1"].Requirements, 'Machine == "home"');
  const files = readManifest(home.out)?.files;
  assertEquals(files?.set.map(({ name }) => name), ["Requirements", "cmd"]);
  assertEquals(files?.deleted, ["Rank"]);
});

Deno.test("--set refuses attributes that identify a job, and values that are not expressions", () => {
  for (
    const options of [
      { set: [{ name: "Owner", value: '"bob"' }] },
      { set: [{ name: "Rank", value: "1 +" }] },
      { set: [{ name: "Rank", value: "1\n105" }] },
      { set: [{ name: "a b", value: "1" }] },
      { deleted: ["ClusterId"] },
      { presentThere: ["cvmfs"] },
      { presentThere: ["/cvmfs/../home"] },
    ]
  ) {
    let problem: unknown;
    try {
      new FileStaging({ mode: "stage", ...options });
    } catch (error) {
      problem = error;
    }
    assert(problem instanceof LumberjackError, JSON.stringify(options));
  }
});

Deno.test("paths below --present-there stay as they are", async () => {
  using home = new StagedHome();
  home.write("run");
  home.write("soft/tool");
  home.queue({
    attributes: { Cmd: '"soft/tool"', TransferInput: '"soft/data,run"' },
  }, {
    attributes: {
      Iwd: `"${home.home}/soft/here"`,
      ShouldTransferFiles: '"NO"',
      Out: '"out"',
      StreamOut: "false",
    },
  }, { attributes: { ShouldTransferFiles: '"NO"' } });
  const { exports: [{ exportId }], skipped } = await home.export({
    presentThere: [`${home.home}/soft/`],
  });
  assertEquals(stagedFiles(home, exportId), ["inputs/1/run"]);
  const ads = adsOf(home.folder.join("out/job_queue.log"));
  assertEquals(ads["01.-1"].Cmd, `"${home.home}/soft/tool"`);
  assertEquals(
    ads["01.-1"].TransferInput,
    `"${home.home}/soft/data,${remoteSpool}/lumberjack/${exportId}/inputs/1/run"`,
  );
  // The Iwd of this job is below --present-there, so no file moves.
  assertEquals(ads["2.0"].Iwd, `"${home.home}/soft/here"`);
  assertEquals(ads["02.-1"].Out, '"out"');
  assertEquals(skipped.map(({ id }) => id), ["3.0"]);
});

Deno.test("--shared-fs leaves Iwd and all paths as they are", async () => {
  using home = new StagedHome();
  home.queue({
    attributes: {
      TransferInput: '"absent"',
      UserLog: '"log"',
      ShouldTransferFiles: '"NO"',
    },
  });
  await home.export({
    mode: "shared-fs",
    set: [{ name: "Rank", value: "3" }],
  });
  assertEquals(home.folder.list("out"), [
    "out/job_queue.log",
    "out/manifest.json",
  ]);
  const ads = adsOf(home.folder.join("out/job_queue.log"));
  assertEquals(ads["1.0"].Iwd, `"${home.home}"`);
  assertEquals(ads["01.-1"].TransferInput, '"absent"');
  assertEquals(ads["01.-1"].UserLog, '"log"');
  assertEquals(ads["01.-1"].Rank, "3");
  assertEquals(readManifest(home.out)?.files?.mode, "shared-fs");
});

Deno.test("jobs are left out if their inputs exceed the limit for a job or for the export", async () => {
  using home = new StagedHome();
  home.write("run", "x".repeat(10));
  home.write("small", "x".repeat(20));
  home.write("other", "x".repeat(30));
  home.write("large", "x".repeat(91));
  const lists = ["small", "large", "small", "other"];
  home.queue({ procs: lists.map((list) => ({ TransferInput: `"${list}"` })) });
  const { exports: [{ jobs, bytes }], skipped } = await home.export({
    mostJobBytes: 100,
    mostExportBytes: 59,
  });
  assertEquals([jobs, bytes], [2, 30]);
  assertEquals(skipped, [
    {
      id: "1.1",
      reason: "its inputs have 101 bytes, more than 100 (--max-bytes)",
    },
    {
      id: "1.3",
      reason: "the export would have more than 59 bytes (--max-export-bytes)",
    },
  ]);
});

Deno.test("a job is left out if its proxy has expired or if it needs credentials", async () => {
  using home = new StagedHome();
  home.write("run");
  home.write("proxy");
  home.queue({
    procs: [
      { x509userproxy: '"proxy"', x509UserProxyExpiration: "1600000000" },
      { x509userproxy: '"proxy"', x509UserProxyExpiration: "16000000000" },
      { OAuthServicesNeeded: '"box"' },
    ],
  });
  const { skipped } = await home.export();
  assertEquals(skipped.map(({ id }) => id), ["1.0", "1.2"]);
  const ads = adsOf(home.folder.join("out/job_queue.log"));
  const { x509userproxy } = { ...ads["01.-1"], ...ads["1.1"] };
  assert(x509userproxy?.endsWith('/proxy"'), x509userproxy);
});

Deno.test("an export that fails removes its own files, and no others", async () => {
  using home = new StagedHome();
  home.write("run");
  home.queue({});
  Deno.mkdirSync(`${home.out}/1`);
  Deno.writeTextFileSync(`${home.out}/1/mine`, "");
  await assertRejects(
    () =>
      home.export({}, {
        progress: (text) => {
          if (!text.startsWith("writing")) return;
          // A file is now where the folder of the inputs has to go.
          Deno.writeTextFileSync(`${home.out}/lumberjack`, "");
        },
      }),
    LumberjackError,
  );
  assertEquals(
    home.folder.list("out").filter((path) => path !== "out/lumberjack"),
    ["out/1/", "out/1/mine"],
  );
  // The locks were never written.
  assertEquals(home.folder.list().includes("after.log"), false);
});

Deno.test("recover finishes a staged export with the same files", async () => {
  using home = new StagedHome();
  home.write("run");
  home.write("a");
  home.queue({
    attributes: { TransferInput: '"a"' },
    procs: [{}, {}],
  });
  const { exports: [{ exportId }] } = await home.export({
    set: [{ name: "Rank", value: "7" }],
  });
  const whole = stagedFiles(home, exportId);
  const sums = Deno.readTextFileSync(`${home.out}/SHA256SUMS`).split("\n");
  // The export was killed while it copied the files.
  Deno.removeSync(`${home.out}/job_queue.log`);
  Deno.removeSync(`${home.out}/SHA256SUMS`);
  Deno.writeTextFileSync(
    `${home.out}/lumberjack/${exportId}/inputs/1/a`,
    "half",
  );
  updateManifest(home.out, exportId, { state: "planned", sha256: null });
  markPlanned(home.folder.join("after.log"), "1.0", exportId);
  const queue = FileJobQueue.open(home.folder.join("after.log"), {
    queueOut: home.folder.join("recovered.log"),
  });
  const [{ action }] = await recover(queue, {
    staging: ({ files }) => new FileStaging(optionsOf(files!)),
  });
  await queue.close();
  assertEquals(action, "written");
  assertEquals(stagedFiles(home, exportId), whole);
  assertEquals(
    Deno.readTextFileSync(`${home.out}/SHA256SUMS`).split("\n").slice(0, 2),
    sums.slice(0, 2),
  );
  assertEquals((await verifyTree(home.out)).files, 5);
  assertEquals(adsOf(`${home.out}/job_queue.log`)["01.-1"].Rank, "7");
});

Deno.test("when the manifest changes, its checksum in SHA256SUMS changes too", async () => {
  using home = new StagedHome();
  home.write("run");
  home.queue({});
  const { exports: [{ exportId }] } = await home.export();
  updateManifest(home.out, exportId, { state: "importing" });
  assertEquals((await verifyTree(home.out)).files, 4);
  assertEquals(readManifest(home.out)?.state, "importing");
});

/** Exports into a bundle next to the jobs' home folder. */
async function exportBundle(home: StagedHome, name: string) {
  const bundle = home.folder.join(name);
  const out = home.folder.mkdir(`${name}.export`);
  return { bundle, out, ...await home.export({ bundle }, { out }) };
}

for (const ending of [".tar", ".tar.gz", ".tar.zst"]) {
  Deno.test(`export --bundle writes the whole export into one ${ending} file`, async () => {
    using home = new StagedHome();
    home.write("run", "#!/bin/sh\n", 0o755);
    home.write("d/x");
    home.write("d/e/y");
    home.queue({ attributes: { TransferInput: '"d"' }, procs: [{}, {}] });
    const { bundle, out, exports: [done] } = await exportBundle(
      home,
      `jobs${ending}`,
    );
    assertEquals([done.files, done.bundle, done.out], [3, bundle, out]);
    // The manifest and the log stay at home, but no copy of the inputs.
    const kept = [...Deno.readDirSync(out)].map(({ name }) => name).sort();
    assertEquals(kept, ["job_queue.log", "manifest.json"]);
    const there = home.folder.join("there");
    await extractBundle(bundle, there);
    assertEquals((await verifyTree(there)).files, 6);
    const inputs = `there/lumberjack/${done.exportId}/inputs`;
    assertEquals(
      home.folder.list("there").filter((path) => path.startsWith(inputs)),
      ["", "1/", "1/d/", "1/d/e/", "1/d/e/y", "1/d/x", "2/", "2/run"]
        .map((path) => `${inputs}/${path}`),
    );
    assert(
      home.folder.list("there").includes(
        "there/1/1/cluster1.proc1.subproc0/",
      ),
    );
    const info = Deno.statSync(home.folder.join(inputs, "2/run"));
    assertEquals(info.mode! & 0o777, 0o755);
    for (const name of ["job_queue.log", "manifest.json"]) {
      assertEquals(
        Deno.readTextFileSync(`${there}/${name}`),
        Deno.readTextFileSync(`${out}/${name}`),
      );
    }
  });
}

Deno.test("if inputs vanish while a bundle is written, the bundle is still valid and has the other jobs", async () => {
  using home = new StagedHome();
  for (const name of ["run", "a", "d/x", "d/y"]) home.write(name);
  home.queue({
    procs: [{}, { TransferInput: '"a"' }, { TransferInput: '"d"' }],
  });
  const bundle = home.folder.join("jobs.tar");
  const { exports: [{ jobs }], skipped } = await home.export({ bundle }, {
    out: home.folder.mkdir("jobs.tar.export"),
    progress: (text) => {
      if (!text.startsWith("locking")) return;
      Deno.removeSync(`${home.home}/a`);
      Deno.removeSync(`${home.home}/d/y`);
      Deno.symlinkSync("..", `${home.home}/d/y`);
    },
  });
  assertEquals([jobs, skipped.map(({ id }) => id)], [1, ["1.1", "1.2"]]);
  await verifyTree(bundle);
  const { stdout } = await new Deno.Command("tar", { args: ["-tf", bundle] })
    .output();
  const names = new TextDecoder().decode(stdout).split("\n");
  assertEquals(names.filter((name) => name.startsWith("1/")), [
    "1/0/cluster1.proc0.subproc0/",
  ]);
});

Deno.test("if the bundle already exists, the export fails, leaves no files, and keeps that bundle", async () => {
  using home = new StagedHome();
  home.write("run");
  home.queue({});
  Deno.writeTextFileSync(home.folder.join("jobs.tar"), "mine");
  await assertRejects(
    () => exportBundle(home, "jobs.tar"),
    LumberjackError,
    "exists already",
  );
  assertEquals(Deno.readTextFileSync(home.folder.join("jobs.tar")), "mine");
  assertEquals(home.folder.list("jobs.tar.export"), []);
  assertEquals(
    home.folder.list().filter((path) => path.includes("tmp")),
    [],
  );
});

Deno.test("recover writes the bundle of an interrupted export, whether the bundle was complete or not", async () => {
  for (const isComplete of [false, true]) {
    using home = new StagedHome();
    home.write("run");
    home.queue({ procs: [{}, {}] });
    const { bundle, out, exports: [{ exportId }] } = await exportBundle(
      home,
      "jobs.tar.gz",
    );
    if (!isComplete) {
      Deno.renameSync(bundle, home.folder.join(".jobs.tar.gz.0123abcd.tmp"));
    }
    Deno.removeSync(`${out}/job_queue.log`);
    updateManifest(out, exportId, { state: "planned", sha256: null });
    markPlanned(home.folder.join("after.log"), "1.0", exportId);
    const queue = FileJobQueue.open(home.folder.join("after.log"), {
      queueOut: home.folder.join("recovered.log"),
    });
    const [{ action }] = await recover(queue, {
      staging: ({ files }) => new FileStaging(optionsOf(files!)),
    });
    await queue.close();
    assertEquals(action, "written");
    assertEquals((await verifyTree(bundle)).files, 4);
    assertEquals(
      home.folder.list().filter((path) => path.endsWith("tmp")),
      [],
    );
  }
});
