import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { exportJobs } from "../../../lib/lumberjack/export/export.ts";
import { ReturnedLogError } from "../../../lib/lumberjack/error.ts";
import { FileJobQueue } from "../../../lib/lumberjack/queue/file/job_queue.ts";
import { importJobs } from "../../../lib/lumberjack/import/import.ts";
import type { ImportResult } from "../../../lib/lumberjack/import/result.ts";
import {
  readManifest,
  writeManifest,
} from "../../../lib/lumberjack/export_dir/manifest.ts";
import { MergePolicy } from "../../../lib/lumberjack/import/result_attributes.ts";
import { Selection } from "../../../lib/lumberjack/job/selection.ts";
import { status } from "../../../lib/lumberjack/report/status.ts";
import { unexportJobs } from "../../../lib/lumberjack/export/unexport.ts";
import { isPlainData } from "../../../lib/lumberjack/import/result_problem.ts";
import { parse } from "../../../lib/classad/mod.ts";
import { QueueLogWriter } from "../../../lib/queue_log/mod.ts";
import {
  adsOf,
  type Attributes,
  type ClusterFixture,
  Folder,
  queueLog,
  returnedLog,
} from "../queue_fixture.ts";

/**
 * Exports all jobs to `out`. Their queue is `away.log`. Returns the export's
 * id.
 */
async function exported(
  folder: Folder,
  clusters: readonly ClusterFixture[],
): Promise<string> {
  const path = folder.write("queue.log", queueLog(clusters));
  const queue = FileJobQueue.open(path, { queueOut: folder.join("away.log") });
  const { exports } = await exportJobs(queue, {
    selection: new Selection({ constraint: "true" }),
    out: folder.mkdir("out"),
    remoteSpool: "/hpc/spool",
  });
  await queue.close();
  return exports[0].exportId;
}

/**
 * Imports a returned log in which the remote site has changed the jobs like
 * this.
 */
async function comesBack(
  folder: Folder,
  changes: Readonly<Record<string, Attributes>>,
  options: { queue?: string; policy?: MergePolicy } = {},
): Promise<ImportResult> {
  const path = folder.write(
    "returned.log",
    returnedLog(folder.join("out/job_queue.log"), changes),
  );
  return await imported(folder, path, options);
}

async function imported(
  folder: Folder,
  path: string,
  options: { queue?: string; policy?: MergePolicy; evenUnrun?: boolean } = {},
): Promise<ImportResult> {
  const { queue: file, ...others } = options;
  const queue = FileJobQueue.open(folder.join(file ?? "away.log"), {
    queueOut: folder.join("home.log"),
    replace: true,
  });
  try {
    return await importJobs(queue, { in: path, ...others });
  } finally {
    await queue.close();
  }
}

/** Changes a job in the local queue while it is away. */
function meanwhile(folder: Folder, key: string, attributes: Attributes): void {
  const file = Deno.openSync(folder.join("away.log"), { append: true });
  const writer = new QueueLogWriter(file);
  for (const [name, value] of Object.entries(attributes)) {
    writer.set(key, name, value);
  }
  writer.flush();
  file.close();
}

const completed: Attributes = {
  JobStatus: "4",
  ExitCode: "3",
  ExitBySignal: "false",
  CompletionDate: "1700000500",
  RemoteWallClockTime: "12.0",
};

Deno.test("import merges results and unlocks the job", async () => {
  using folder = new Folder();
  const exportId = await exported(folder, [{ cluster: 1, procs: [{}] }]);
  const result = await comesBack(folder, { "1.0": completed });

  assertEquals(result, {
    exportId,
    jobs: 1,
    merged: 1,
    released: 0,
    heldEnded: 0,
    home: 0,
    gone: 0,
    foreign: false,
    stillAway: 0,
    files: 0,
    bytes: 0,
    kept: 0,
    missing: [],
    refused: [],
    statuses: { completed: 1 },
    notes: [],
  });
  const job = adsOf(folder.join("home.log"))["1.0"];
  assertEquals(job, {
    ProcId: "0",
    GlobalJobId: '"test#1.0#1700000000"',
    ...completed,
    LumberjackLastExportId: `"${exportId}"`,
  });
});

Deno.test("if a completed job has no completion date, import sets the current time", async () => {
  using folder = new Folder();
  await exported(folder, [{ cluster: 1, procs: [{}, {}] }]);
  const before = Math.floor(Date.now() / 1000);
  await comesBack(folder, {
    "1.0": { JobStatus: "4", CompletionDate: "0" },
    "1.1": { JobStatus: "3" },
  });
  const ads = adsOf(folder.join("home.log"));
  const date = Number(ads["1.0"].CompletionDate);
  assert(date >= before && date <= Date.now() / 1000, String(date));
  assertEquals(ads["1.1"].CompletionDate, undefined);
});

Deno.test("import refuses the exported log itself", async () => {
  using folder = new Folder();
  const exportId = await exported(folder, [{ cluster: 1, procs: [{}] }]);
  for (const path of [folder.join("out"), folder.join("out/job_queue.log")]) {
    const error = await assertRejects(
      () => imported(folder, path),
      ReturnedLogError,
      "as exported",
    );
    assertMatch(error.remedy ?? "", new RegExp(`--export-id ${exportId}`));
  }
  assertEquals(readManifest(folder.join("out"))?.state, "written");
  const elsewhere = folder.write(
    "copy.log",
    Deno.readTextFileSync(folder.join("out/job_queue.log")),
  );
  await assertRejects(() => imported(folder, elsewhere), ReturnedLogError);
  // Exports of earlier versions do not know the length of their log.
  const { bytes: _, ...older } = readManifest(folder.join("out"))!;
  writeManifest(folder.join("out"), older);
  await assertRejects(() => imported(folder, elsewhere), ReturnedLogError);
  const even = await imported(folder, elsewhere, { evenUnrun: true });
  assertEquals(even.statuses, { idle: 1 });
  assertMatch(even.notes.join(), /as exported/);
  assertEquals(adsOf(folder.join("home.log"))["1.0"].Managed, undefined);
});

Deno.test("if jobs came back running, import warns that they must have been stopped there", async () => {
  using folder = new Folder();
  await exported(folder, [{ cluster: 1, procs: [{}, {}, {}] }]);
  const { statuses, notes } = await comesBack(folder, {
    "1.0": { JobStatus: "2" },
    "1.1": { JobStatus: "7" },
    "1.2": { JobStatus: "2", TerminationPending: "true" },
  });
  assertEquals(statuses, { idle: 2, completed: 1 });
  assertMatch(notes.join(), /^2 jobs came back running/);
});

Deno.test("import records in the manifest how many jobs came home", async () => {
  using folder = new Folder();
  await exported(folder, [{ cluster: 1, procs: [{}] }]);
  await comesBack(folder, { "1.0": completed });
  const manifest = readManifest(folder.join("out"))!;
  assertEquals(manifest.state, "imported");
  assertEquals(manifest.imported?.merged, 1);
});

Deno.test("import refuses changes that decide what a job runs, where it runs and as which user", async () => {
  using folder = new Folder();
  await exported(folder, [{ cluster: 1, procs: [{}] }]);
  const hostile: Attributes = {
    Cmd: '"/bin/rm"',
    Arguments: '"-rf /"',
    JobUniverse: "7",
    Environment: '"LD_PRELOAD=x"',
    Owner: '"root"',
    Requirements: "true",
    OtherJobRemoveRequirements: "true",
    NotifyUser: '"x@example.org"',
    PeriodicRemove: "true",
    SomethingNew: '"x"',
  };
  const { refused, merged } = await comesBack(folder, {
    "1.0": { ...completed, ...hostile },
  });
  assertEquals(merged, 1);
  assertEquals(
    refused.map((r) => [r.id, r.attribute]).sort(),
    Object.keys(hostile).map((name) => ["1.0", name]).sort(),
  );
  const job = adsOf(folder.join("home.log"))["1.0"];
  for (const name of Object.keys(hostile)) assertEquals(job[name], undefined);
  assertEquals(job.JobStatus, "4");
});

Deno.test("import lists changes of a cluster ad and merges none of them", async () => {
  using folder = new Folder();
  await exported(folder, [{ cluster: 1, procs: [{}] }]);
  const { refused } = await comesBack(folder, {
    "1.0": completed,
    "01.-1": { Cmd: '"/bin/rm"', ExitCode: "0" },
  });
  assertEquals(refused.map((r) => [r.id, r.attribute]), [
    ["1", "Cmd"],
    ["1", "ExitCode"],
  ]);
  assertEquals(adsOf(folder.join("home.log"))["01.-1"].Cmd, '"/bin/sh"');
});

Deno.test("import ignores an attribute that a schedd has copied from a job into its cluster ad", async () => {
  using folder = new Folder();
  const procs = [{ ProjectName: '"Higgs"' }];
  await exported(folder, [{ cluster: 1, procs }, { cluster: 2, procs }]);
  const { refused, merged } = await comesBack(folder, {
    "1.0": completed,
    "2.0": completed,
    "01.-1": { ProjectName: '"Higgs"' },
    "02.-1": { ProjectName: '"Other"' },
  });
  assertEquals(merged, 2);
  assertEquals(refused.map((r) => [r.id, r.attribute]), [
    ["2", "ProjectName"],
  ]);
});

Deno.test("import refuses the hold reason code that makes a job wait for spooled files", async () => {
  using folder = new Folder();
  await exported(folder, [{ cluster: 1, procs: [{}, {}, {}, {}] }]);
  const { refused, statuses } = await comesBack(folder, {
    "1.0": { JobStatus: "5", HoldReasonCode: "16", HoldReason: '"x"' },
    "1.1": { JobStatus: "5", HoldReasonCode: "12", HoldReason: '"disk"' },
    "1.2": { JobStatus: "5", HoldReasonCode: "16.0", HoldReason: '"x"' },
    "1.3": { JobStatus: "5", HoldReasonCode: "+16", HoldReason: '"x"' },
    "01.-1": { JobStatus: "1" },
  });
  assertEquals(refused.map((r) => [r.id, r.attribute]), [
    ["1.0", "HoldReasonCode"],
    ["1.2", "HoldReasonCode"],
    ["1.3", "HoldReasonCode"],
  ]);
  assertEquals(statuses, { held: 4 });
});

Deno.test("import merges results that are plain data, and refuses results that are expressions", async () => {
  using folder = new Folder();
  await exported(folder, [{ cluster: 1, procs: [{}] }]);
  const { refused } = await comesBack(folder, {
    "1.0": {
      ...completed,
      ToE: '[ Who = "itself"; When = 1700000500; How = { 1, -2 } ]',
      MemoryUsage: "((ResidentSetSize + 1023) / 1024)",
      HoldReason: 'strcat("a", Owner)',
      RemoteHost: '"slot1@node"',
    },
  });
  assertEquals(refused.map((r) => r.attribute), ["HoldReason"]);
  const job = adsOf(folder.join("home.log"))["1.0"];
  assertEquals(
    job.ToE,
    '[ Who = "itself"; When = 1700000500; How = { 1, -2 } ]',
  );
  assertEquals(job.MemoryUsage, "((ResidentSetSize + 1023) / 1024)");
  assertEquals(job.HoldReason, undefined);
  assertEquals(job.RemoteHost, undefined);
});

Deno.test("import ignores attributes that HTCondor writes into a job for its own use", async () => {
  using folder = new Folder();
  await exported(folder, [{
    cluster: 1,
    procs: [{ User: '"alice@home"', RequestLicenses: "1" }],
  }]);
  const { refused, merged } = await comesBack(folder, {
    "1.0": {
      ...completed,
      MATCH_Arch: '"X86_64"',
      MATCH_EXP_Opsys: '"LINUX"',
      NegotiatorMatchExprSite: '"HPC"',
      User: '"alice@hpc.example"',
      JobSetId: "7",
      DeferralTime: "1700000400",
      ScheddInterval: "300",
      x509UserProxyExpiration: "1700009999",
      JobCoreFileName: '"core.1.0"',
      CPUInstructions: "1234",
      GPUsProvisioned: "1",
      LicensesUsage: "1.0",
      AssignedLicenses: '"a1"',
    },
  });
  assertEquals([refused, merged], [[], 1]);
  const job = adsOf(folder.join("home.log"))["1.0"];
  assertEquals(
    [job.JobCoreFileName, job.CPUInstructions, job.GPUsProvisioned],
    ['"core.1.0"', "1234", "1"],
  );
  assertEquals([job.LicensesUsage, job.AssignedLicenses], ["1.0", '"a1"']);
  assertEquals(
    [job.MATCH_Arch, job.User, job.JobSetId, job.DeferralTime],
    [undefined, '"alice@home"', undefined, undefined],
  );
  assertEquals(job.ScheddInterval, undefined);
});

Deno.test("import ignores attributes that HTCondor writes into a cluster ad for its own use", async () => {
  using folder = new Folder();
  await exported(folder, [{ cluster: 1, procs: [{}] }]);
  const { refused, merged } = await comesBack(folder, {
    "01.-1": { CommonTransferFailed: "true", FirstJobMatchDate: "1700000001" },
    "1.0": completed,
  });
  assertEquals([refused, merged], [[], 1]);
});

Deno.test("import refuses a user's own attribute whose name only looks like one of HTCondor's", async () => {
  using folder = new Folder();
  await exported(folder, [{ cluster: 1, procs: [{}] }]);
  const { refused } = await comesBack(folder, {
    "1.0": {
      ...completed,
      AssignedReviewer: '"bob"',
      QuotaUsage: "3",
      BudgetProvisioned: "4",
      User: '"mallory@test"',
    },
  });
  assertEquals(refused.map((r) => r.attribute).sort(), [
    "AssignedReviewer",
    "BudgetProvisioned",
    "QuotaUsage",
    "User",
  ]);
});

Deno.test("if import does not know a job's status, the job comes home idle, and import says so", async () => {
  for (const status of ["8", "9", "42"]) {
    using folder = new Folder();
    await exported(folder, [{ cluster: 1, procs: [{}] }]);
    const { statuses, refused, notes } = await comesBack(folder, {
      "1.0": { JobStatus: status, LastJobStatus: "1", NumJobStarts: "1" },
    });
    assertEquals([statuses, refused], [{ idle: 1 }, []]);
    assertMatch(notes.join(), /1 job came back in a state that this version/);
    const job = adsOf(folder.join("home.log"))["1.0"];
    assertEquals([job.JobStatus, job.NumJobStarts], ["1", "1"]);
  }
});

Deno.test("an unfinished job comes home idle, without the attributes of its run", async () => {
  for (const status of ["2", "6", "7"]) {
    using folder = new Folder();
    await exported(folder, [{ cluster: 1, procs: [{}] }]);
    const result = await comesBack(folder, {
      "1.0": {
        JobStatus: status,
        LastJobStatus: "1",
        EnteredCurrentStatus: "1700000400",
        NumJobStarts: "1",
        RemoteHost: '"slot1@node"',
        PublicClaimId: '"<127.0.0.1:9618>#1#2#..."',
        ShadowBday: "1700000400",
        CurrentHosts: "1",
      },
    });
    assertEquals(result.statuses, { idle: 1 });
    assertEquals(result.refused, []);
    const job = adsOf(folder.join("home.log"))["1.0"];
    assertEquals(job.JobStatus, "1");
    assertEquals(job.LastJobStatus, status);
    assert(Number(job.EnteredCurrentStatus) > 1700000400);
    assertEquals(job.NumJobStarts, "1");
    assertEquals(job.Managed, undefined);
    for (
      const name of [
        "RemoteHost",
        "PublicClaimId",
        "ShadowBday",
        "CurrentHosts",
      ]
    ) assertEquals(job[name], undefined, name);
  }
});

Deno.test("if a job had ended but its schedd had not yet set the status, the job comes home completed", async () => {
  for (const status of ["1", "2", "6", "7"]) {
    using folder = new Folder();
    await exported(folder, [{ cluster: 1, procs: [{}, {}] }]);
    const result = await comesBack(folder, {
      "1.0": {
        JobStatus: status,
        LastJobStatus: "5",
        EnteredCurrentStatus: "1700000400",
        ExitBySignal: "false",
        ExitCode: "3",
        RemoteHost: '"slot1@node"',
        TerminationPending: "true",
      },
      "1.1": { JobStatus: status, TerminationPending: "false" },
    });
    assertEquals(result.statuses, { completed: 1, idle: 1 });
    assertEquals(result.refused, []);
    const job = adsOf(folder.join("home.log"))["1.0"];
    assertEquals(
      [job.JobStatus, job.LastJobStatus, job.ExitCode, job.RemoteHost],
      ["4", status, "3", undefined],
    );
    assertEquals(job.TerminationPending, "true");
    assert(Number(job.EnteredCurrentStatus) > 1700000400);
    assert(Number(job.CompletionDate) > 1700000400);
  }
});

Deno.test("import unlocks jobs that were removed or held here in the meantime", async () => {
  using folder = new Folder();
  await exported(folder, [{ cluster: 1, procs: [{}, {}, {}] }]);
  meanwhile(folder, "1.0", { JobStatus: "3", RemoveReason: '"by user"' });
  meanwhile(folder, "1.1", { JobStatus: "5", HoldReason: '"by user"' });
  const result = await comesBack(folder, {
    "1.0": completed,
    "1.1": { JobStatus: "2", NumJobStarts: "7", HoldReason: '"away"' },
    "1.2": completed,
  });
  assertEquals([result.merged, result.released], [1, 2]);
  const ads = adsOf(folder.join("home.log"));
  assertEquals([ads["1.0"].JobStatus, ads["1.0"].Managed], ["3", undefined]);
  assertEquals([ads["1.1"].JobStatus, ads["1.1"].Managed], ["5", undefined]);
  for (const id of ["1.0", "1.1"]) {
    assertEquals(ads[id].ExitCode, undefined);
    assertEquals(ads[id].JobStatusOnRelease, undefined);
  }
  // The counters of the remote run come home.
  assertEquals(ads["1.1"].NumJobStarts, "7");
  assertEquals(ads["1.1"].HoldReason, '"by user"');
});

Deno.test("a job that was held here and has completed there does not run again", async () => {
  using folder = new Folder();
  await exported(folder, [{ cluster: 1, procs: [{}, {}, {}] }]);
  const hold = {
    JobStatus: "5",
    LastJobStatus: "1",
    EnteredCurrentStatus: "1700000050",
    HoldReason: '"by user"',
    HoldReasonCode: "1",
    NumHolds: "1",
  };
  meanwhile(folder, "1.0", hold);
  // This job was removed and then held. When it is released, it is removed.
  meanwhile(folder, "1.1", { ...hold, JobStatusOnRelease: "3" });
  const result = await comesBack(folder, {
    "1.0": { ...completed, HoldReasonCode: "3", NumHolds: "0" },
    "1.1": completed,
    "1.2": completed,
  });
  assertEquals(
    [result.merged, result.released, result.heldEnded],
    [1, 2, 1],
  );
  const ads = adsOf(folder.join("home.log"));
  const has = (id: string, expected: Attributes) => {
    for (const [name, value] of Object.entries(expected)) {
      assertEquals(ads[id][name], value, `${name} of ${id}`);
    }
    assertEquals(ads[id].Managed, undefined);
  };
  has("1.0", { ...hold, JobStatusOnRelease: "4", ExitCode: "3" });
  has("1.1", { ...hold, JobStatusOnRelease: "3" });
  assertEquals(ads["1.1"].ExitCode, undefined);

  folder.write("again.log", Deno.readFileSync(folder.join("home.log")));
  const again = await imported(folder, folder.join("returned.log"), {
    queue: "again.log",
  });
  assertEquals([again.home, again.merged, again.released], [3, 0, 0]);
});

Deno.test("import accepts a LastJobStatus of removed only from a job that really was removed", async () => {
  using folder = new Folder();
  await exported(folder, [{ cluster: 1, procs: [{}, {}, {}, {}, {}] }]);
  const removed = { LastJobStatus: "3" };
  const held = { JobStatus: "5", HoldReason: '"x"', HoldReasonCode: "1" };
  const result = await comesBack(folder, {
    "1.0": removed,
    "1.1": { ...held, ...removed },
    "1.2": { ...held, ...removed, JobStatusOnRelease: "3" },
    "1.3": { ...held, JobStatusOnRelease: "4" },
    "1.4": {
      JobStatus: "1",
      LastJobStatus: "3.2",
      // The remote schedd's value: here the job may start.
      JobCoolDownExpiration: "9999999999",
    },
  });
  const reason = "of a removed job, which this is not";
  assertEquals(result.refused, [
    { id: "1.0", attribute: "LastJobStatus", reason },
    { id: "1.1", attribute: "LastJobStatus", reason },
    { id: "1.4", attribute: "LastJobStatus", reason: "is no job status" },
  ]);
  const jobs = adsOf(folder.join("home.log"));
  assertEquals(jobs["1.4"].JobCoolDownExpiration, undefined);
  const states = [0, 1, 2, 3, 4].map((proc) => {
    const { JobStatus, LastJobStatus, JobStatusOnRelease } = jobs[`1.${proc}`];
    return [JobStatus, LastJobStatus, JobStatusOnRelease];
  });
  assertEquals(states, [
    ["1", undefined, undefined],
    ["5", undefined, undefined],
    ["5", "3", "3"],
    ["5", undefined, "4"],
    ["1", undefined, undefined],
  ]);
});

Deno.test("a second import changes nothing", async () => {
  using folder = new Folder();
  await exported(folder, [{ cluster: 1, procs: [{}, {}] }]);
  await comesBack(folder, { "1.0": completed });
  const home = Deno.readFileSync(folder.join("home.log"));
  folder.write("again.log", home);
  const result = await imported(folder, folder.join("returned.log"), {
    queue: "again.log",
  });
  assertEquals(
    [result.merged, result.released, result.home, result.refused],
    [0, 0, 2, []],
  );
  assertEquals(Deno.readFileSync(folder.join("home.log")), home);
});

Deno.test("jobs that did not come back stay locked, and import lists them", async () => {
  using folder = new Folder();
  await exported(folder, [{ cluster: 1, procs: [{}, {}] }]);
  const path = folder.write(
    "returned.log",
    returnedLog(folder.join("out/job_queue.log"), { "1.0": completed }),
  );
  const file = Deno.openSync(path, { append: true });
  const writer = new QueueLogWriter(file);
  writer.destroyAd("1.1");
  writer.flush();
  file.close();
  const result = await imported(folder, path);
  assertEquals(result.missing, ["1.1"]);
  assertEquals(adsOf(folder.join("home.log"))["1.1"].Managed, '"External"');
  assertEquals(readManifest(folder.join("out"))?.state, "importing");
});

Deno.test("import unlocks jobs that were removed here and did not come back, and another job gets the folder's path", async () => {
  using folder = new Folder();
  await exported(folder, [{ cluster: 1, procs: [{}, {}, {}, {}, {}] }]);
  meanwhile(folder, "1.1", { JobStatus: "3" });
  meanwhile(folder, "1.2", { JobStatus: "5", JobStatusOnRelease: "3" });
  meanwhile(folder, "1.3", { JobStatus: "5" });
  // Only 1.0 keeps the folder's path, as on a running schedd.
  const log = folder.join("away.log");
  Deno.writeTextFileSync(
    log,
    ["1.1", "1.2", "1.3", "1.4"].map((id) => `104 ${id} LumberjackExportDir\n`)
      .join(""),
    { append: true },
  );
  const path = folder.write(
    "returned.log",
    new TextDecoder().decode(
      returnedLog(folder.join("out/job_queue.log"), { "1.0": completed }),
    ) + ["1.1", "1.2", "1.3", "1.4"].map((id) => `102 ${id}\n`).join(""),
  );
  const { merged, released, missing } = await imported(folder, path);
  assertEquals([merged, released, missing], [1, 2, ["1.3", "1.4"]]);
  const jobs = adsOf(folder.join("home.log"));
  const locks = ["1.1", "1.2", "1.3", "1.4"].map((id) => [
    jobs[id].JobStatus,
    jobs[id].Managed,
    jobs[id].LumberjackExportDir,
  ]);
  const out = `"${folder.join("out")}"`;
  assertEquals(locks, [
    ["3", undefined, undefined],
    ["5", undefined, undefined],
    ["5", '"External"', out],
    ["1", '"External"', undefined],
  ]);
});

Deno.test("import refuses a job with another GlobalJobId or export id than the job that left", async () => {
  using folder = new Folder();
  await exported(folder, [{ cluster: 1, procs: [{}, {}] }]);
  const result = await comesBack(folder, {
    "1.0": { ...completed, GlobalJobId: '"elsewhere#1.0#1"' },
    "1.1": {
      ...completed,
      LumberjackExportId: '"20200101T000000Z-00000000"',
    },
  });
  assertEquals(result.merged, 0);
  assertEquals(result.refused.map((r) => [r.id, r.attribute]), [
    ["1.0", null],
    ["1.1", null],
  ]);
  assertEquals(adsOf(folder.join("home.log"))["1.0"].JobStatus, "1");
});

Deno.test("import refuses results with names or values that a schedd cannot take, or with too much text", async () => {
  using folder = new Folder();
  await exported(folder, [{ cluster: 1, procs: [{}, {}] }]);
  const long = (length: number) => `"${"x".repeat(length - 2)}"`;
  const { refused } = await comesBack(folder, {
    "1.0": {
      JobStatus: "4",
      ChirpLong: long(65536),
      ChirpTooLong: long(65537),
      // The name ends with the sign for kelvin, whose lower case is a k.
      "Chirp\u212A": "1",
      "9Usage": "1",
      ChirpReturn: '"a\rb"',
    },
    "1.1": Object.fromEntries(
      [1, 2, 3, 4, 5].map((n) => [`Chirp${n}`, long(65000)]),
    ),
  });
  assertEquals(refused.map(({ id, attribute }) => [id, attribute]).sort(), [
    ["1.0", "9Usage"],
    ["1.0", "ChirpReturn"],
    ["1.0", "ChirpTooLong"],
    ["1.0", "Chirp\u212A"],
    ["1.1", "Chirp5"],
  ]);
  const jobs = adsOf(folder.join("home.log"));
  assertEquals(jobs["1.0"].ChirpLong.length, 65536);
  assertEquals(jobs["1.0"].ChirpTooLong, undefined);
  assertEquals([jobs["1.0"].JobStatus, jobs["1.0"].Managed], ["4", undefined]);
});

Deno.test("import refuses the results of an export if the job has since left with an export that has no id", async () => {
  using folder = new Folder();
  const exportId = await exported(folder, [{ cluster: 1, procs: [{}] }]);
  // The job was taken back, and left again with the schedd's own EXPORT_JOBS.
  const log = folder.join("away.log");
  Deno.writeTextFileSync(
    log,
    "104 1.0 LumberjackExportId\n104 1.0 LumberjackExportDir\n",
    { append: true },
  );
  const { merged, refused } = await comesBack(folder, { "1.0": completed });
  assertEquals([merged, refused.map(({ reason }) => reason)], [0, [
    `of export ${exportId}, but the job left with one without a name`,
  ]]);
});

Deno.test("import refuses the results of jobs that were unexported", async () => {
  using folder = new Folder();
  const exportId = await exported(folder, [{ cluster: 1, procs: [{}] }]);
  const queue = FileJobQueue.open(folder.join("away.log"), {
    queueOut: folder.join("back.log"),
  });
  const { unlocked } = await unexportJobs(queue, { exportId });
  await queue.close();
  assertEquals(unlocked, ["1.0"]);
  assertEquals(readManifest(folder.join("out"))?.state, "unexported");
  const result = await comesBack(folder, { "1.0": completed }, {
    queue: "back.log",
  });
  assertEquals([result.merged, result.refused.length], [0, 1]);
});

Deno.test("import of a damaged log fails and changes nothing", async () => {
  using folder = new Folder();
  await exported(folder, [{ cluster: 1, procs: [{}, {}] }]);
  const bytes = returnedLog(folder.join("out/job_queue.log"), {
    "1.0": completed,
  });
  const text = new TextDecoder().decode(bytes);
  folder.write(
    "returned.log",
    text.replace("\n103 1.1 ProcId", "\n1O3 1.1 ProcId"),
  );
  await assertRejects(
    () => imported(folder, folder.join("returned.log")),
    ReturnedLogError,
    "returned log is damaged",
  );
  assert(!folder.list().includes("home.log"));
  assertEquals(readManifest(folder.join("out"))?.state, "written");
});

Deno.test("import ignores an unfinished transaction at the end of the log, which a killed schedd leaves", async () => {
  using folder = new Folder();
  await exported(folder, [{ cluster: 1, procs: [{}, {}] }]);
  const bytes = returnedLog(folder.join("out/job_queue.log"), {
    "1.0": completed,
  });
  const tail = "105 \n103 1.1 JobStatus 4\n103 1.1 Exit";
  const path = folder.write(
    "returned.log",
    new TextDecoder().decode(bytes) + tail,
  );
  const result = await imported(folder, path);
  assertEquals(result.statuses, { completed: 1, idle: 1 });
});

Deno.test("import merges additional results that the administrator names, but never an attribute like Cmd", async () => {
  using folder = new Folder();
  await exported(folder, [{ cluster: 1, procs: [{}] }]);
  const policy = new MergePolicy(["Glidein*", "SiteWmsId", "Cmd", "C*"]);
  const { refused } = await comesBack(folder, {
    "1.0": {
      ...completed,
      Glidein_Site: '"X"',
      SiteWmsId: "7",
      Cmd: '"/bin/rm"',
    },
  }, { policy });
  assertEquals(refused.map((r) => r.attribute), ["Cmd"]);
  const job = adsOf(folder.join("home.log"))["1.0"];
  assertEquals([job.Glidein_Site, job.SiteWmsId], ['"X"', "7"]);
});

Deno.test("import merges a real log, which a schedd's own export wrote and a second schedd ran", async () => {
  using folder = new Folder();
  const data = new URL("../../data/htcondor-23.9.6/", import.meta.url).pathname;
  const queue = FileJobQueue.open(`${data}exported/job_queue.log`, {
    queueOut: folder.join("away.log"),
  });
  await exportJobs(queue, {
    selection: new Selection({ constraint: 'Owner == "alice"' }),
    out: folder.mkdir("out"),
    remoteSpool: "/hpc/spool",
  });
  await queue.close();
  const result = await imported(folder, `${data}returned`);
  assertEquals(result.refused, []);
  assertEquals(result.missing, []);
  assertEquals(result.statuses, { completed: result.jobs });
  const job = adsOf(folder.join("home.log"))["2.1"];
  assertEquals([job.JobStatus, job.ExitCode], ["4", "0"]);
  assertEquals(job.CompletionDate, "1795338987");

  folder.write("again.log", Deno.readFileSync(folder.join("home.log")));
  const again = await imported(folder, `${data}returned`, {
    queue: "again.log",
  });
  assertEquals([again.home, again.refused], [result.jobs, []]);
});

Deno.test("status lists the exports, with the number of jobs that are away", async () => {
  using folder = new Folder();
  const exportId = await exported(folder, [{ cluster: 1, procs: [{}, {}] }]);
  const queue = FileJobQueue.open(folder.join("away.log"));
  const { exports, locked } = await status(queue);
  await queue.close();
  assertEquals(locked, 2);
  assertEquals(
    exports.map(({ createdAt: _, ...rest }) => rest),
    [{
      exportId,
      owner: "alice",
      state: "written",
      jobs: 2,
      out: folder.join("out"),
    }],
  );
});

Deno.test("isPlainData() does not exhaust the stack with deeply nested lists", () => {
  const deep = "{".repeat(20_000) + "}".repeat(20_000);
  let expr;
  try {
    expr = parse(deep);
  } catch {
    assertThrows(() => parse(deep), Error);
    return;
  }
  assert(isPlainData(expr));
});
