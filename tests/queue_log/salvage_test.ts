import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import {
  QueueLogError,
  QueueTable,
  salvage,
  salvageBytes,
  type SalvageReport,
  verifyBytes,
} from "../../lib/queue_log/mod.ts";
import { campaign } from "./salvage_campaign.ts";
import { bytesOf } from "./properties.ts";

const head = "107 4 CreationTimestamp 1700000000\n101 0.0 Job Machine\n" +
  "103 0.0 NextClusterNum 9\n";
const cluster = (id: number) =>
  `101 0${id}.-1 Job Machine\n103 0${id}.-1 ClusterId ${id}\n` +
  `103 0${id}.-1 Owner "alice"\n103 0${id}.-1 JobUniverse 5\n` +
  `103 0${id}.-1 Cmd "/bin/sh"\n`;
const job = (id: string, status = 1) =>
  `101 ${id} Job Machine\n103 ${id} ProcId ${id.split(".")[1]}\n` +
  `103 ${id} JobStatus ${status}\n`;
const good = head + cluster(1) + job("1.0") + job("1.1");
const started = (id: string) =>
  `105 \n103 ${id} JobStatus 2\n103 ${id} ShadowBday 1700000100\n106 \n`;

interface Outcome {
  /** `id:status` for each job in the new log. */
  readonly jobs: string[];
  readonly damage: string[];
  readonly report: SalvageReport;
  readonly table: QueueTable;
}

function outcome(
  text: string,
  options: { from?: string[]; trustEnd?: boolean } = {},
): Outcome {
  const { report, log } = salvageBytes(bytesOf(text), {
    from: options.from?.map(bytesOf),
    trustEnd: options.trustEnd,
  });
  assertEquals(verifyBytes(log).verdict, "start");
  const table = QueueTable.read(log);
  return {
    jobs: [...table.procs()].map((ad) => `${ad.key}:${ad.text("JobStatus")}`),
    damage: report.damage.map(({ kind, line }) => `${kind} ${line}`),
    report,
    table,
  };
}

Deno.test("salvage() of an intact log holds no job and loses no job", () => {
  const { jobs, damage, report } = outcome(good + started("1.0"));
  assertEquals(jobs, ["1.0:2", "1.1:1"]);
  assertEquals([damage, report.sound, report.changes], [[], true, []]);
  assertEquals([report.sequence, report.nextCluster], [5, 9]);
});

Deno.test("in a log without transactions, salvage() holds only the job whose record is damaged", () => {
  const text = good.replace("103 1.0 ProcId 0", "1x3 1.0 ProcId 0") +
    cluster(2) + job("2.0");
  const { jobs, damage, report } = outcome(text);
  assertEquals(damage, ["bad-line 10"]);
  assertEquals(jobs, ["1.0:5", "1.1:1", "2.0:1"]);
  assertEquals(report.changes, [{
    id: "1.0",
    change: "held",
    reason: "records of the job may be lost; ProcId is taken from the key",
  }]);
});

Deno.test("salvage() does not take an Owner or JobUniverse that a schedd would not write", () => {
  // Two halves of records that were about other things.
  for (
    const [record, message] of [
      ["Owner 86", "Owner is 86, which is not a string"],
      ['JobUniverse "alice"', 'JobUniverse is "alice"'],
      ["JobUniverse 14", "JobUniverse is 14"],
    ]
  ) {
    const { jobs, report } = outcome(`${good}103 01.-1 ${record}\n`);
    assertEquals(report.damage.map((found) => found.message), [message]);
    assertEquals(jobs, ["1.0:5", "1.1:5"], record);
  }
});

Deno.test("salvage() holds the jobs of a cluster whose ad lost records", () => {
  const text = good.replace('103 01.-1 Owner "alice"', '103 01.-1 Owner "al') +
    cluster(2) + job("2.0");
  const { jobs, report } = outcome(
    text.replace("ProcId 0\n", 'ProcId 0\n103 1.0 Owner "alice"\n'),
  );
  assertEquals(jobs, ["1.0:5", "2.0:1"]);
  assertEquals(report.changes.map(({ id, change }) => `${id} ${change}`), [
    "1.0 held",
    "1.1 left-out",
  ]);
});

Deno.test("salvage() does not hold a job if its status was set again after the damage", () => {
  const text = good + started("1.0") + "105 \nnonsense\n106 \n" +
    started("1.1") + "105 \n103 1.0 ImageSize 5\n106 \n";
  assertEquals(outcome(text).jobs, ["1.0:5", "1.1:2"]);
});

Deno.test("a held job has a hold reason, and periodic expressions do not release it", () => {
  const { table } = outcome(good + "105 \nnonsense\n106 \n");
  const ad = table.get("1.0")!;
  assertEquals(ad.text("LastJobStatus"), "1");
  // HoldReasonCode 1: the user held the job. Periodic expressions don't release
  // it.
  assertEquals(ad.text("HoldReasonCode"), "1");
  assert(ad.text("HoldReason")!.includes("may be lost"));
});

Deno.test("salvage() never lets a job run again that had ended", () => {
  const ended = "103 1.0 JobStatus 4\n103 1.0 CompletionDate 1700000200\n";
  const cases: [name: string, text: string, jobs: string[]][] = [
    [
      "its start is repeated after its end",
      good + ended + "nonsense\n" + "103 1.0 JobStatus 2\n",
      ["1.0:5", "1.1:5"],
    ],
    [
      "its status is damaged",
      good + ended.replace("Status 4", "Stat\0s 4") + "103 1.0 A 1\n",
      ["1.0:5", "1.1:5"],
    ],
    [
      "it was removed before the record that creates it",
      good.replace("101 1.0", "105 \n102 1.0\n106 \n101 1.0"),
      ["1.0:5", "1.1:1"],
    ],
    ["it is removed", good + "105 \n102 1.0\n106 \nnonsense\n", ["1.1:5"]],
    [
      "it was removed and is created again",
      good + "102 1.0\nnonsense\n" + job("1.0"),
      ["1.1:5", "1.0:5"],
    ],
    [
      "an older time follows a newer one",
      good + "103 1.0 EnteredCurrentStatus 9\nnonsense\n" +
      "103 1.0 JobStatus 1\n103 1.0 EnteredCurrentStatus 5\n",
      ["1.0:5", "1.1:5"],
    ],
  ];
  for (const [name, text, jobs] of cases) {
    assertEquals(outcome(text).jobs.sort(), jobs.sort(), name);
  }
});

Deno.test("salvage() knows each kind of damage", () => {
  const journal = good + started("1.0");
  const cases: [text: string, damage: string[]][] = [
    [journal.replace("\n105 ", "\n\n105 "), ["blank-line 15"]],
    [journal + "\0".repeat(4096), ["nul-bytes 19"]],
    [journal.replaceAll("\n", "\r\n"), ["cr-lf 1"]],
    [journal.slice(journal.indexOf("\n") + 1), ["no-sequence 1"]],
    [journal.replace("Num 9", "Num 1"), ["next-cluster 1"]],
    [journal + "108 1.0 what\n", ["unknown-record 19"]],
    [journal + "105 \n103 1.0 A 1\n", ["unfinished-transaction 19"]],
    [journal + "105 \n103 1.0 A", [
      "unfinished-transaction 19",
      "torn-record 20",
    ]],
    [journal + "105 \n105 \n106 \n", ["nested-transaction 20"]],
    [journal + "106 \n", ["unmatched-end 19"]],
    [journal + job("1.0"), ["duplicate-ad 19"]],
    [journal + "107 5 CreationTimestamp 1\n103 1.0 A 1\n", [
      "late-sequence 19",
    ]],
    [journal + "103 7.0 A 1\n", ["missing-ad 19"]],
    ["", ["empty 1"]],
  ];
  for (const [text, damage] of cases) {
    assertEquals(outcome(text).damage, damage, JSON.stringify(text.slice(-40)));
  }
});

Deno.test("salvage() repairs CR LF and a missing first line, and holds no job", () => {
  const crlf = outcome(good.replaceAll("\n", "\r\n"));
  assertEquals(crlf.jobs, ["1.0:1", "1.1:1"]);
  const headless = outcome(good.slice(good.indexOf("\n") + 1));
  assertEquals(headless.jobs, ["1.0:1", "1.1:1"]);
});

Deno.test("salvage() raises a NextClusterNum that is too low", () => {
  const { report } = outcome(good.replace("Num 9", "Num 1"));
  assertEquals(report.nextCluster, 2);
});

Deno.test("salvage() holds the jobs of a cut log, unless trustEnd is set", () => {
  const torn = good + started("1.0") + "105 \n103 1.1 JobStatus 2\n103 1.1 Sha";
  assertEquals(outcome(torn).jobs, ["1.0:5", "1.1:5"]);
  // With trustEnd, the unfinished transaction is dropped, as a schedd does
  // after a crash.
  assertEquals(outcome(torn, { trustEnd: true }).jobs, ["1.0:2", "1.1:1"]);
  const zeros = good + started("1.0") + "\0\0\0";
  assertEquals(outcome(zeros).jobs, ["1.0:5", "1.1:5"]);
  assertEquals(outcome(zeros, { trustEnd: true }).jobs, ["1.0:2", "1.1:1"]);
});

Deno.test("if a file holds two logs, salvage() uses the newer one and holds jobs that only the older one has", () => {
  const older = good + started("1.0");
  const newer = head.replace("107 4", "107 5") + cluster(1) + job("1.1", 2) +
    cluster(3) + job("3.0");
  for (const text of [older + newer, newer + older]) {
    const { jobs, damage, table } = outcome(text);
    assertEquals(damage, ["second-log 1"]);
    assertEquals(jobs, ["1.1:2", "3.0:1", "1.0:5"]);
    assert(table.get("1.0")!.text("HoldReason")!.includes("only"));
  }
});

Deno.test("salvage() adds jobs and cluster ads from older logs to an empty or damaged log", () => {
  const rotated = good + cluster(2) + job("2.0", 4) + "102 1.1\n";
  const empty = outcome("", { from: [rotated] });
  assertEquals(empty.jobs, ["1.0:5"]);
  assertEquals(empty.report.changes.at(-1), {
    id: "2.0",
    change: "left-out",
    reason: "older log 1 says that the job had ended",
  });
  const damaged = good.replace(/101 01\.-1.*/, "zzz")
    .replace(/.*01\.-1 Cmd.*\n/, "");
  const filled = outcome(damaged, { from: [rotated] });
  assertEquals(filled.jobs, ["1.0:5", "1.1:5"]);
  assertEquals(filled.table.get("01.-1")!.text("Cmd"), '"/bin/sh"');
  // If the log is intact, jobs that only an older log has are not added.
  assertEquals(outcome(good, { from: [rotated + job("1.7")] }).jobs.length, 2);
});

Deno.test("salvage() keeps a jobset, and leaves out one whose beginning is lost", () => {
  const jobset = '101 1.-100 JobSet (empty)\n103 1.-100 JobSetName "night"\n' +
    "103 1.-100 JobSetId 1\n";
  const whole = outcome(good + jobset + "nonsense\n");
  assertEquals(whole.table.get("1.-100")?.text("JobSetName"), '"night"');
  const damaged = outcome(good + jobset.replace("101", "1x1"));
  assertEquals(damaged.table.get("1.-100"), undefined);
  assertEquals(damaged.damage, [
    "bad-line 15",
    "missing-ad 16",
    "missing-ad 17",
  ]);
});

Deno.test("salvage() makes a cluster ad for a job that has the needed attributes itself", () => {
  const alone = "101 7.0 Job Machine\n103 7.0 ProcId 0\n103 7.0 JobStatus 1\n" +
    '103 7.0 Owner "bob"\n103 7.0 JobUniverse 5\n103 7.0 Cmd "/bin/true"\n';
  const { jobs, table } = outcome(good + alone + "nonsense\n");
  assertEquals(jobs.at(-1), "7.0:5");
  assertEquals(table.get("07.-1")!.text("Owner"), '"bob"');
  const lost = outcome(good + job("8.0") + "nonsense\n");
  assertEquals(lost.report.changes.at(-1)!.change, "left-out");
});

Deno.test("salvage() pauses a factory that may have made jobs in the part that is lost", () => {
  const factory = cluster(1) + "103 01.-1 JobMaterializeNextProcId 2\n" +
    '103 01.-1 JobMaterializeDigestFile "/spool/1.digest"\n';
  const log = head + factory + job("1.0") + job("1.1");
  const paused = (text: string) => {
    const ad = outcome(text).table.get("01.-1")!;
    return [
      ad.text("JobMaterializePaused"),
      ad.has("JobMaterializePauseReason"),
    ];
  };
  const resumed = "103 01.-1 JobMaterializePaused 0\n";
  assertEquals(paused(log), [undefined, false]);
  assertEquals(paused(log + resumed), ["0", false]);
  const gap = "105 \nnonsense\n106 \n";
  assertEquals(paused(log + gap), ["1", true]);
  // A factory that was paused and is not any more.
  assertEquals(paused(log + resumed + gap), ["1", true]);
  // Without transactions, a damaged cluster ad is enough.
  assertEquals(paused(log.replace("103 01.-1 Cmd", "1x3 01.-1 Cmd")), [
    "1",
    true,
  ]);
  assertEquals(
    paused(log.replace("JobMaterializeNextProcId 2", "JobMat\x00lize 2")),
    ["1", true],
  );
  const report = outcome(log + gap).report;
  assertEquals(report.changes.find(({ id }) => id === "1"), {
    id: "1",
    change: "held",
    reason: "the factory is paused: it could make jobs again",
  });
});

Deno.test("salvage() writes a new file and never touches the damaged one", () => {
  const folder = Deno.makeTempDirSync();
  try {
    const path = join(folder, "job_queue.log");
    const out = join(folder, "salvaged.log");
    const text = good + "nonsense\n" + started("1.0");
    Deno.writeTextFileSync(path, text);
    assertEquals(salvage(path).out, undefined);
    assertEquals([...Deno.readDirSync(folder)].length, 1);
    const report = salvage(path, { out });
    assertEquals(Deno.statSync(out).size, report.bytesAfter);
    assertEquals(Deno.statSync(out).mode! & 0o777, 0o600);
    assertEquals(Deno.readTextFileSync(path), text);
    assertThrows(() => salvage(path, { out }), QueueLogError, "exists already");
    assertThrows(() => salvage(path, { out: path }), QueueLogError, "exists");
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("salvage() of randomly damaged logs keeps intact jobs and starts no ended job", () => {
  const tally = campaign(1, 300);
  assertEquals(tally.logs, 300);
  assert(tally.kept > 0 && tally.held > 0);
});

Deno.test("a cluster ad whose first records are lost is used only if it has Owner and JobUniverse", () => {
  // With these seeds, the new log once had a job without an Owner.
  for (const seed of [9878, 13584, 87104, 97824]) campaign(seed, 1);
});
