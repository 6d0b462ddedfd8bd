import { assert, assertEquals, assertRejects } from "@std/assert";
import { createBundle } from "../../../lib/lumberjack/files/bundle.ts";
import { TreeError } from "../../../lib/lumberjack/files/tree/entry.ts";
import { Away, completed } from "./files_home.ts";

Deno.test("import puts outputs where HTCondor would put them", async () => {
  using away = await Away.with({
    TransferOutput: '"a,d,sub/b"',
    TransferOutputRemaps: `"a=results/A;b=${await Deno.makeTempDir()}/b"`,
  });
  away.left(0, "_condor_stdout", "hello\n");
  away.left(0, "a", "A");
  away.left(0, "b", "B");
  away.left(0, "d/e/f", "F", 0o751);
  Deno.mkdirSync(`${away.home}/results`);
  away.log({ "1.0": completed });
  const result = await away.import();
  assertEquals([result.merged, result.refused], [1, []]);
  assertEquals([result.files, result.bytes], [4, 9]);
  assertEquals(away.list(), [
    "d/",
    "d/e/",
    "d/e/f",
    "out",
    "results/",
    "results/A",
  ]);
  assertEquals([away.text("out"), away.text("results/A")], ["hello\n", "A"]);
  const remaps = away.job(0, "away.log").TransferOutputRemaps;
  const elsewhere = /b=(.*)"$/.exec(remaps)![1];
  assertEquals(Deno.readTextFileSync(elsewhere), "B");
  assertEquals(Deno.statSync(`${away.home}/d/e/f`).mode! & 0o7777, 0o751);
  assertEquals(away.job(0).Managed, undefined);
});

Deno.test("without transfer_output_files only new files at the top of the sandbox come home", async () => {
  using away = await Away.with({ Cmd: `"/opt/run"` });
  for (const name of ["_condor_stdout", "new", "run", "d/x"]) {
    away.left(0, name, name);
  }
  away.log({ "1.0": completed });
  assertEquals((await away.import()).merged, 1);
  assertEquals(away.list(), ["new", "out"]);
});

Deno.test("set-uid bits do not come home", async () => {
  using away = await Away.with({ TransferOutput: '"a"' });
  away.left(0, "_condor_stdout", "");
  away.left(0, "a", "", 0o6755);
  away.log({ "1.0": completed });
  await away.import();
  assertEquals(Deno.statSync(`${away.home}/a`).mode! & 0o7777, 0o755);
});

Deno.test("a completed job stays away until its files have come back", async () => {
  using away = await Away.with(
    { TransferOutput: '"a"' },
    { TransferOutput: '"a"' },
    { TransferOutput: '"a"' },
  );
  away.left(0, "_condor_stdout", "0");
  away.left(0, "a", "0");
  away.left(1, "_condor_stdout", "1");
  away.log({ "1.0": completed, "1.1": completed, "1.2": completed });
  const first = await away.import();
  assertEquals(first.merged, 1);
  assertEquals(first.refused.map(({ id, reason }) => [id, reason]), [
    ["1.1", "its output a did not come back"],
    ["1.2", "its files did not come back"],
  ]);
  assertEquals(away.list(), ["a", "out"]);
  assertEquals([away.text("a"), away.job(1).Managed], ["0", '"External"']);

  away.left(1, "a", "1");
  away.settle();
  const second = await away.import();
  assertEquals([second.merged, second.home, away.text("a")], [1, 1, "1"]);
  assertEquals(second.refused.map(({ id }) => id), ["1.2"]);
});

Deno.test("a job whose outputs are larger than --max-bytes stays away, and nothing of it is written", async () => {
  using away = await Away.with({ TransferOutput: '"a,b"' }, { Out: '"out.1"' });
  for (const proc of [0, 1]) away.left(proc, "_condor_stdout", "0");
  away.left(0, "a", "0");
  // A hole costs its sender nothing.
  Deno.truncateSync(away.left(0, "b", "0"), 2 ** 40);
  away.log({ "1.0": completed, "1.1": completed });
  const limited = await away.import({ files: { mostBytes: 1000 } });
  assertEquals(limited.refused.map(({ id, reason }) => [id, reason]), [
    ["1.0", "its outputs have more than 1000 bytes (--max-bytes)"],
  ]);
  assertEquals([limited.merged, away.list()], [1, ["out.1"]]);
  // Without the flag there is a limit, too.
  const reasons = (await away.import()).refused.map(({ reason }) => reason);
  assertEquals(reasons, [
    `its outputs have more than ${2 ** 40} bytes (--max-bytes)`,
  ]);
});

Deno.test("import --ads-only merges results without the files", async () => {
  using away = await Away.with({ TransferOutput: '"a"' });
  away.log({ "1.0": completed });
  const { importJobs } = await import(
    "../../../lib/lumberjack/import/import.ts"
  );
  const { FileJobQueue } = await import(
    "../../../lib/lumberjack/queue/file/job_queue.ts"
  );
  const queue = FileJobQueue.open(away.folder.join("away.log"), {
    queueOut: away.folder.join("home.log"),
  });
  const { merged } = await importJobs(queue, { in: away.returned });
  await queue.close();
  assertEquals([merged, away.list()], [1, []]);
});

Deno.test("changes that the export itself made in the ads are not reported", async () => {
  using away = await Away.with({});
  away.left(0, "_condor_stdout", "");
  away.log({
    "01.-1": { Cmd: '"/hpc/spool/lumberjack/x/inputs/1/run"', Iwd: '"/x"' },
    "1.0": { ...completed, Out: '"_condor_stdout"', Requirements: "true" },
  });
  assertEquals((await away.import()).refused, []);
  assertEquals(away.job(0).Out, undefined);
  using other = await Away.with({});
  other.left(0, "_condor_stdout", "");
  other.log({ "1.0": { ...completed, Environment: '"X=1"' } });
  assertEquals((await other.import()).refused.map((r) => r.attribute), [
    "Environment",
  ]);
});

Deno.test("if a file of the same name exists, --on-conflict decides: replace it, keep it, or use another name", async () => {
  for (
    const [onConflict, names, text] of [
      ["replace", ["a", "out"], "new"],
      ["keep", ["a", "out"], "old"],
      ["rename", ["a", "a.1", "out"], "old"],
    ] as const
  ) {
    using away = await Away.with({ TransferOutput: '"a"' });
    away.left(0, "_condor_stdout", "");
    away.left(0, "a", "new");
    away.log({ "1.0": completed });
    Deno.writeTextFileSync(`${away.home}/a`, "old");
    const { kept, files } = await away.import({ files: { onConflict } });
    assertEquals([away.list(), away.text("a")], [[...names], text]);
    assertEquals([kept, files], onConflict === "keep" ? [1, 1] : [0, 2]);
    // Import again, as after a crash between the files and the merge.
    await away.import({ files: { onConflict } });
    assertEquals([away.list(), away.text("a")], [[...names], text]);
  }
});

Deno.test("--failed-outputs decides which outputs of failed jobs come home", async () => {
  for (
    const [failedOutputs, names] of [
      ["all", ["a", "out"]],
      ["logs", ["out"]],
      ["none", []],
    ] as const
  ) {
    using away = await Away.with({ TransferOutput: '"a"' });
    away.left(0, "_condor_stdout", "");
    away.left(0, "a", "a");
    away.log({ "1.0": { ...completed, ExitCode: "1" } });
    const { merged } = await away.import({ files: { failedOutputs } });
    assertEquals([merged, away.list()], [1, [...names]]);
  }
});

Deno.test("no output is written through a symbolic link, and after the link is removed all jobs come home", async () => {
  using away = await Away.with(
    { TransferOutput: '"d"' },
    { TransferOutput: '"d"', Out: '"out.1"' },
  );
  const outside = away.folder.mkdir("outside");
  Deno.symlinkSync(outside, `${away.home}/d`);
  for (const proc of [0, 1]) {
    away.left(proc, "_condor_stdout", `${proc}`);
    away.left(proc, "d/x", "x");
  }
  away.log({ "1.0": completed, "1.1": completed });
  const first = await away.import();
  assertEquals([first.merged, first.refused.length], [0, 2]);
  assert(first.refused[0].reason.startsWith("there is a symbolic link"));
  assertEquals([away.list(), [...Deno.readDirSync(outside)]], [["d"], []]);

  Deno.removeSync(`${away.home}/d`);
  assertEquals((await away.import()).merged, 2);
  assertEquals(away.list(), ["d/", "d/x", "out", "out.1"]);
});

Deno.test("a symbolic link in the place of an output file is replaced and not followed", async () => {
  using away = await Away.with({});
  const secret = away.folder.write("secret", "secret");
  Deno.symlinkSync(secret, `${away.home}/out`);
  away.left(0, "_condor_stdout", "hello");
  away.log({ "1.0": completed });
  assertEquals((await away.import()).merged, 1);
  assertEquals([away.text("out"), Deno.readTextFileSync(secret)], [
    "hello",
    "secret",
  ]);
});

Deno.test("a job that returns a symbolic link or a pipe stays away", async () => {
  using away = await Away.with({}, {});
  const out = away.left(0, "_condor_stdout", "");
  away.left(1, "_condor_stdout", "");
  Deno.symlinkSync("/etc/passwd", out.replace("_condor_stdout", "evil"));
  await new Deno.Command("mkfifo", {
    args: [`${away.returned}/1/1/cluster1.proc1.subproc0/pipe`],
  }).output();
  away.log({ "1.0": completed, "1.1": completed });
  const { refused, merged } = await away.import();
  assertEquals([refused.length, merged, away.list()], [2, 0, []]);
});

Deno.test("a bundle can be imported like a folder, and a bundle that was cut off is refused", async () => {
  using away = await Away.with(
    { TransferOutput: '"a"' },
    { TransferOutput: '"a"', Out: '"out.1"', TransferOutputRemaps: '"a=a.1"' },
  );
  for (const proc of [0, 1]) {
    away.left(proc, "_condor_stdout", `${proc}`);
    away.left(proc, "a", `a${proc}`.repeat(100_000));
  }
  away.log({ "1.0": completed, "1.1": completed });
  const bundle = away.folder.join("back.tar.gz");
  await createBundle(away.returned, bundle);
  const cut = away.folder.join("cut.tar.gz");
  Deno.writeFileSync(cut, Deno.readFileSync(bundle).subarray(0, -40));
  await assertRejects(() => away.import({ in: cut }), TreeError);
  assertEquals(away.list(), []);
  const { merged, files, refused } = await away.import({ in: bundle });
  assertEquals([merged, files, refused], [2, 4, []]);
  assertEquals(away.list(), ["a", "a.1", "out", "out.1"]);
  assertEquals(away.text("a.1"), "a1".repeat(100_000));
});

Deno.test("import --partial merges jobs that have ended and leaves the other jobs locked", async () => {
  using away = await Away.with({}, {}, { Out: '"out.2"' });
  away.left(0, "_condor_stdout", "0");
  away.log({ "1.0": completed, "1.1": { JobStatus: "2" }, "1.2": {} });
  const first = await away.import({ partial: true });
  assertEquals([first.merged, first.stillAway, first.refused], [1, 2, []]);
  assertEquals(away.job(1).Managed, '"External"');

  away.left(1, "_condor_stdout", "1");
  away.log({ "1.0": completed, "1.1": completed, "1.2": { JobStatus: "5" } });
  away.settle();
  const second = await away.import();
  assertEquals([second.merged, second.home, second.stillAway], [2, 1, 0]);
  assertEquals(second.statuses, { completed: 1, held: 1 });
});

Deno.test("a job that stays away names the export's folder when the job that named it comes home", async () => {
  using away = await Away.with({}, { Out: '"out.1"' }, { Out: '"out.2"' });
  away.nameOnce();
  away.left(0, "_condor_stdout", "0");
  away.log({ "1.0": completed, "1.1": completed, "1.2": { JobStatus: "2" } });
  const first = await away.import({ partial: true });
  assertEquals([first.merged, first.stillAway], [1, 1]);
  assertEquals(first.refused.map(({ id }) => id), ["1.1"]);
  assertEquals(away.job(0).LumberjackExportDir, undefined);

  away.settle();
  for (const proc of [1, 2]) away.left(proc, "_condor_stdout", `${proc}`);
  away.log({ "1.0": completed, "1.1": completed, "1.2": completed });
  const second = await away.import();
  assertEquals([second.merged, second.refused], [2, []]);
  assertEquals(away.list(), ["out", "out.1", "out.2"]);
});

Deno.test("a job that is not in a part stays away, and if the part is the last one, the job is reported as missing", async () => {
  using away = await Away.with({}, { Out: '"out.1"' });
  away.left(0, "_condor_stdout", "0");
  away.log({ "1.0": completed });
  away.drop("1.1");
  away.manifest({ final: false });
  const first = await away.import();
  assertEquals([first.merged, first.stillAway, first.missing], [1, 1, []]);
  assertEquals(away.job(1).Managed, '"External"');
  away.settle();
  away.manifest({ final: true });
  const last = await away.import();
  assertEquals([last.home, last.stillAway, last.missing], [1, 0, ["1.1"]]);
});

Deno.test("a job that was cancelled there is free again here, unless its owner removed it", async () => {
  using away = await Away.with({}, { Out: '"out.1"' });
  const cancelled = {
    JobStatus: "3",
    RemoveReason: '"cancelled by the home side of Lumberjack (by user bob)"',
    NumJobStarts: "1",
  };
  away.log({
    "1.0": cancelled,
    "1.1": { JobStatus: "3", RemoveReason: '"via condor_rm"' },
  });
  away.manifest({ final: false });
  const { merged, statuses, refused } = await away.import();
  assertEquals([merged, statuses], [2, { cancelled: 1, removed: 1 }]);
  assertEquals(refused, []);
  const { JobStatus, RemoveReason, Managed, NumJobStarts, LastJobStatus } = away
    .job(0);
  assertEquals([JobStatus, RemoveReason, Managed], ["1", undefined, undefined]);
  assertEquals([NumJobStarts, LastJobStatus], ["1", undefined]);
  assertEquals(away.job(1).JobStatus, "3");
});

Deno.test("a job stays away if its files do not match the checksums", async () => {
  using away = await Away.with({}, { Out: '"out.1"' }, { Out: '"out.2"' });
  for (const proc of [0, 1, 2]) away.left(proc, "_condor_stdout", `${proc}`);
  away.left(2, "b", "b");
  away.log({ "1.0": completed, "1.1": completed, "1.2": completed });
  const sha256sum = "find * -type f ! -name SHA256SUMS -exec sha256sum {} + ";
  await new Deno.Command("sh", {
    args: ["-c", `${sha256sum} >SHA256SUMS`],
    cwd: away.returned,
  }).output();
  const changed = away.left(1, "_condor_stdout", "2");
  Deno.removeSync(away.left(2, "b", ""));
  const first = await away.import();
  assertEquals(first.merged, 1);
  assertEquals(first.refused.map(({ id, reason }) => [id, reason]), [
    ["1.1", `a file was changed: ${changed.slice(away.returned.length + 1)}`],
    ["1.2", "a file is missing: 1/2/cluster1.proc2.subproc0/b"],
  ]);
  assertEquals(away.list(), ["out"]);
  away.settle();
  // The checksums now belong to another log, so they are not used.
  away.log({ "1.1": { ...completed, ExitCode: "7" }, "1.2": completed });
  assertEquals((await away.import()).merged, 2);
});

Deno.test("no link in a returned folder is followed: the log, its manifest and its checksums have to be files", async () => {
  for (const name of ["job_queue.log", "manifest.json", "SHA256SUMS"]) {
    using away = await Away.with({ Out: '"out"' });
    away.left(0, "_condor_stdout", "");
    away.log({ "1.0": completed });
    away.manifest({});
    const path = `${away.returned}/${name}`;
    const outside = away.folder.join("outside");
    if (name === "SHA256SUMS") Deno.writeTextFileSync(outside, "");
    else Deno.renameSync(path, outside);
    Deno.symlinkSync(outside, path);
    const error = await assertRejects(
      () => away.import(),
      TreeError,
      "only plain files and folders travel",
    );
    assertEquals(error.subject, `${path} (a symbolic link)`);
    assertEquals(away.list(), []);
  }
});

Deno.test("a returned folder that is itself reached through a link comes home", async () => {
  using away = await Away.with({ Out: '"out"' });
  away.left(0, "_condor_stdout", "");
  away.log({ "1.0": completed });
  const link = away.folder.join("link");
  Deno.symlinkSync(away.returned, link);
  assertEquals((await away.import({ in: link })).merged, 1);
  assertEquals(away.list(), ["out"]);
});
