import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { createHash } from "node:crypto";
import { exportJobs } from "../../../lib/lumberjack/export/export.ts";
import {
  LumberjackError,
  OutputDirectoryError,
} from "../../../lib/lumberjack/error.ts";
import { FileJobQueue } from "../../../lib/lumberjack/queue/file/job_queue.ts";
import { readManifest } from "../../../lib/lumberjack/export_dir/manifest.ts";
import {
  Selection,
  type SelectionRequest,
} from "../../../lib/lumberjack/job/selection.ts";
import { adsOf, Folder, queueLog } from "../queue_fixture.ts";

const remoteSpool = "/hpc/spool";

async function exportAll(
  folder: Folder,
  queueBytes: Uint8Array,
  request: SelectionRequest = { constraint: "true" },
) {
  const path = folder.write("queue.log", queueBytes);
  const out = folder.mkdir("out");
  const queue = FileJobQueue.open(path, { queueOut: folder.join("after.log") });
  try {
    return await exportJobs(queue, {
      selection: new Selection(request),
      out,
      remoteSpool,
    });
  } finally {
    await queue.close();
  }
}

Deno.test("export locks the jobs in the updated queue and does not change the queue file itself", async () => {
  using folder = new Folder();
  const before = queueLog([{ cluster: 1, procs: [{}, {}] }]);
  const { exports } = await exportAll(folder, before);

  assertEquals(Deno.readFileSync(folder.join("queue.log")), before);
  const job = adsOf(folder.join("after.log"))["1.1"];
  assertEquals(job.Managed, '"External"');
  assertEquals(job.ManagedManager, '"Lumberjack"');
  assertEquals(job.LumberjackExportId, `"${exports[0].exportId}"`);
  assertEquals(job.LumberjackExportDir, `"${folder.join("out")}"`);
});

Deno.test("in the exported log the jobs are unlocked, and stay in the queue when they have ended", async () => {
  using folder = new Folder();
  await exportAll(folder, queueLog([{ cluster: 7, procs: [{}] }], 8));

  const ads = adsOf(folder.join("out/job_queue.log"));
  assertEquals(Object.keys(ads), ["0.0", "07.-1", "7.0"]);
  assertEquals(ads["0.0"], { NextClusterNum: "8" });
  assertEquals(ads["07.-1"].LeaveJobInQueue, "true");
  assertEquals(ads["7.0"].Managed, undefined);
  assertEquals(ads["7.0"].ManagedManager, undefined);
  assertEquals(ads["7.0"].LumberjackExportDir, undefined);
});

Deno.test("export gives every job its own Iwd, whether the cluster ad or the proc ad had the old one", async () => {
  using folder = new Folder();
  const bytes = queueLog([
    { cluster: 20001, procs: [{}, { Iwd: '"/home/alice/two"' }] },
  ]);
  await exportAll(folder, bytes);

  const ads = adsOf(folder.join("out/job_queue.log"));
  assertEquals(
    ads["20001.0"].Iwd,
    '"/hpc/spool/1/0/cluster20001.proc0.subproc0"',
  );
  assertEquals(
    ads["20001.1"].Iwd,
    '"/hpc/spool/1/1/cluster20001.proc1.subproc0"',
  );
});

Deno.test("export replaces the user's LeaveJobInQueue, so that results stay in the remote queue until they are fetched", async () => {
  using folder = new Folder();
  await exportAll(
    folder,
    queueLog([{
      cluster: 1,
      attributes: { LeaveJobInQueue: "JobStatus == 4" },
      procs: [{ LeaveJobInQueue: "false" }],
    }]),
  );
  const ads = adsOf(folder.join("out/job_queue.log"));
  assertEquals(ads["01.-1"].LeaveJobInQueue, "true");
  assertEquals(ads["1.0"].LeaveJobInQueue, undefined);
});

Deno.test("export copies values unchanged, including quotes and Unicode characters", async () => {
  using folder = new Folder();
  const environment = String.raw`"A='x y' B=\"quoted\" C=Grüße"`;
  await exportAll(
    folder,
    queueLog([{ cluster: 1, procs: [{ Environment: environment }] }]),
  );
  const ads = adsOf(folder.join("out/job_queue.log"));
  assertEquals(ads["1.0"].Environment, environment);
});

Deno.test("export lists each job that matches but may not leave, with the reason", async () => {
  using folder = new Folder();
  const { exports, skipped } = await exportAll(
    folder,
    queueLog([
      {
        cluster: 1,
        procs: [
          {},
          { JobStatus: "2" },
          { JobStatus: "5" },
          { CurrentHosts: "1" },
          { Managed: '"External"', ManagedManager: '"Other"' },
          { StageInStart: "1700000000" },
          { Owner: '"../root"' },
        ],
      },
      { cluster: 2, attributes: { JobUniverse: "7" }, procs: [{}] },
      {
        cluster: 3,
        attributes: { JobMaterializeDigestFile: '"/s/d"' },
        procs: [{}],
      },
      { cluster: 4, attributes: { JobMaterializeLimit: "9" }, procs: [] },
    ]),
  );
  assertEquals(exports.map(({ jobs }) => jobs), [1]);
  const reasons = Object.fromEntries(skipped.map((s) => [s.id, s.reason]));
  assertMatch(reasons["1.1"], /running/);
  assertMatch(reasons["1.2"], /held/);
  assertMatch(reasons["1.3"], /matched/);
  assertMatch(reasons["1.4"], /externally managed by Other/);
  assertMatch(reasons["1.5"], /spooled/);
  assertMatch(reasons["1.6"], /Owner/);
  assertMatch(reasons["2.0"], /scheduler universe/);
  assertMatch(reasons["3.0"], /late-materialization/);
  assertMatch(reasons["4"], /late-materialization/);
  assertEquals(skipped.length, 9);
  assertEquals(readManifest(folder.join("out"))?.skipped, skipped);
});

Deno.test("when a late-materialization factory has made all its jobs, the jobs leave without the factory", async () => {
  using folder = new Folder();
  const factory = {
    JobMaterializeDigestFile: '"/s/d"',
    JobMaterializeLimit: "9",
  };
  const { exports, skipped } = await exportAll(
    folder,
    queueLog([
      {
        cluster: 1,
        attributes: {
          ...factory,
          JobMaterializeItemsFile: '"/s/i"',
          JobMaterializeNextProcId: "2",
          JobMaterializeNextRow: "-1",
        },
        procs: [{}, {}],
      },
      {
        cluster: 2,
        attributes: {
          ...factory,
          JobMaterializeNextProcId: "1",
          TotalSubmitProcs: "1",
        },
        procs: [{ JobMaterializeDate: "1700000000" }],
      },
      {
        // The next row says that more jobs will come. This decides, although
        // the other numbers say that all jobs were made.
        cluster: 3,
        attributes: {
          ...factory,
          JobMaterializeNextProcId: "2",
          JobMaterializeNextRow: "1",
          TotalSubmitProcs: "2",
        },
        procs: [{}],
      },
      {
        cluster: 4,
        attributes: {
          ...factory,
          JobMaterializeNextProcId: "1",
          TotalSubmitProcs: "2",
        },
        procs: [{}],
      },
    ]),
  );
  assertEquals(exports[0].clusters, [1, 2]);
  assertEquals(skipped.map(({ id }) => id), ["3.0", "4.0"]);
  const away = Deno.readTextFileSync(folder.join("out/job_queue.log"));
  assertEquals([...new Set(away.match(/JobMaterialize\w+/g))], [
    "JobMaterializeDate",
  ]);
  // The queue at home keeps the factory's attributes.
  const home = adsOf(folder.join("after.log"));
  assertEquals(home["01.-1"].JobMaterializeNextRow, "-1");
});

Deno.test("if this host does not know the jobs' owner, export warns and names the command that gives the folder to the owner", async () => {
  using folder = new Folder();
  const { exports: [{ warning }] } = await exportAll(
    folder,
    queueLog([{
      cluster: 1,
      attributes: { Owner: '"no-such-user"' },
      procs: [{}],
    }]),
  );
  assertMatch(warning ?? "", /no-such-user.*chown -R/);
});

Deno.test("if the jobs have several owners, export makes a folder for each owner", async () => {
  using folder = new Folder();
  const { exports } = await exportAll(
    folder,
    queueLog([
      { cluster: 1, procs: [{}] },
      { cluster: 2, attributes: { Owner: '"bob"' }, procs: [{}, {}] },
    ]),
  );
  assertEquals(exports.map((e) => [e.owner, e.out, e.jobs]), [
    ["alice", folder.join("out/alice"), 1],
    ["bob", folder.join("out/bob"), 2],
  ]);
  assertEquals(folder.list("out"), [
    "out/alice/",
    "out/alice/job_queue.log",
    "out/alice/manifest.json",
    "out/bob/",
    "out/bob/job_queue.log",
    "out/bob/manifest.json",
  ]);
  assertEquals(Object.keys(adsOf(folder.join("out/bob/job_queue.log"))), [
    "0.0",
    "02.-1",
    "2.0",
    "2.1",
  ]);
});

Deno.test("export with --owner ignores the jobs of other owners", async () => {
  using folder = new Folder();
  const bytes = queueLog([
    { cluster: 1, procs: [{}] },
    { cluster: 2, attributes: { Owner: '"bob"' }, procs: [{}] },
  ]);
  const { exports, skipped } = await exportAll(folder, bytes, {
    constraint: "true",
    owner: "bob",
  });
  assertEquals(exports.map((e) => [e.owner, e.out]), [
    ["bob", folder.join("out")],
  ]);
  assertEquals(skipped, []);
});

Deno.test("export by IDs lists the IDs that are not in the queue", async () => {
  using folder = new Folder();
  const { exports, skipped } = await exportAll(
    folder,
    queueLog([{ cluster: 1, procs: [{}, {}] }, { cluster: 2, procs: [{}] }]),
    { ids: ["1.1", "2", "1.7", "9"] },
  );
  assertEquals(exports[0].clusters, [1, 2]);
  assertEquals(exports[0].jobs, 2);
  assertEquals(skipped, [
    { id: "1.7", reason: "no such job in the queue" },
    { id: "9", reason: "no such job in the queue" },
  ]);
});

Deno.test("export writes a manifest with all fields, and with the checksum and the length of the log", async () => {
  using folder = new Folder();
  const { exports } = await exportAll(
    folder,
    queueLog([{ cluster: 1, procs: [{}] }]),
  );
  const manifest = readManifest(folder.join("out"))!;
  const log = Deno.readFileSync(folder.join("out/job_queue.log"));
  const sha256 = createHash("sha256").update(log).digest("hex");
  assertEquals(
    { ...manifest, createdAt: "", lumberjackVersion: "" },
    {
      exportId: exports[0].exportId,
      createdAt: "",
      lumberjackVersion: "",
      schedd: "test",
      owner: "alice",
      constraint: "true",
      remoteSpool,
      clusters: [1],
      jobs: 1,
      sha256,
      bytes: log.length,
      state: "written",
      skipped: [],
    },
  );
  assertEquals(exports[0].sha256, sha256);
  const mode = Deno.statSync(folder.join("out/job_queue.log")).mode! & 0o777;
  assertEquals(mode, 0o600);
});

Deno.test("export refuses a folder that already holds an export, and changes nothing", async () => {
  using folder = new Folder();
  const path = folder.write(
    "queue.log",
    queueLog([{ cluster: 1, procs: [{}] }]),
  );
  const out = folder.mkdir("out");
  Deno.writeTextFileSync(folder.join("out/job_queue.log"), "mine");
  const queue = FileJobQueue.open(path, { queueOut: folder.join("after.log") });
  const before = folder.list();
  await assertRejects(
    () =>
      exportJobs(queue, {
        selection: new Selection({ constraint: "true" }),
        out,
        remoteSpool,
      }),
    OutputDirectoryError,
    "already holds an export",
  );
  await queue.close();
  assertEquals(folder.list(), before);
});

Deno.test("export refuses a folder that does not exist", async () => {
  using folder = new Folder();
  const path = folder.write(
    "queue.log",
    queueLog([{ cluster: 1, procs: [{}] }]),
  );
  const queue = FileJobQueue.open(path, { queueOut: folder.join("after.log") });
  await assertRejects(
    () =>
      exportJobs(queue, {
        selection: new Selection({ constraint: "true" }),
        out: folder.join("none"),
        remoteSpool,
      }),
    OutputDirectoryError,
    "does not exist",
  );
  await queue.close();
  assertEquals(folder.list(), ["queue.log"]);
});

Deno.test("if an export cannot be written, no lock and no file stays", async () => {
  using folder = new Folder();
  const path = folder.write(
    "queue.log",
    queueLog([{ cluster: 1, procs: [{}] }]),
  );
  const out = folder.mkdir("out");
  const queue = FileJobQueue.open(path, { queueOut: folder.join("after.log") });
  queue.readLocked = () => Promise.reject(new LumberjackError("disk on fire"));
  await assertRejects(
    () =>
      exportJobs(queue, {
        selection: new Selection({ constraint: "true" }),
        out,
        remoteSpool,
      }),
    LumberjackError,
    "disk on fire",
  );
  await queue.close();
  assertEquals(folder.list(), ["out/", "queue.log"]);
});

Deno.test("a dry run of export counts the jobs that would leave, and writes nothing", async () => {
  using folder = new Folder();
  const path = folder.write(
    "queue.log",
    queueLog([{ cluster: 1, procs: [{}] }]),
  );
  const out = folder.mkdir("out");
  const queue = FileJobQueue.open(path);
  const { exports } = await exportJobs(queue, {
    selection: new Selection({ constraint: "true" }),
    out,
    remoteSpool,
    dryRun: true,
  });
  await queue.close();
  assertEquals(exports.map((e) => [e.jobs, e.sha256]), [[1, null]]);
  assertEquals(folder.list(), ["out/", "queue.log"]);
});

Deno.test("export refuses an updated queue that already exists, because it may hold locks", () => {
  using folder = new Folder();
  const path = folder.write("queue.log", queueLog([]));
  const queueOut = folder.write("after.log", "something");
  let message = "";
  try {
    FileJobQueue.open(path, { queueOut });
  } catch (error) {
    assert(error instanceof LumberjackError);
    message = (error as Error).message;
  }
  assertMatch(message, /exists already/);
});

Deno.test("export leaves out jobs that are already away", async () => {
  using folder = new Folder();
  await exportAll(folder, queueLog([{ cluster: 1, procs: [{}] }]));
  const queue = FileJobQueue.open(folder.join("after.log"));
  const { exports, skipped } = await exportJobs(queue, {
    selection: new Selection({ constraint: "true" }),
    out: folder.mkdir("second"),
    remoteSpool,
    dryRun: true,
  });
  await queue.close();
  assertEquals(exports, []);
  assertMatch(skipped[0].reason, /already exported as \d{8}T\d{6}Z-/);
});
