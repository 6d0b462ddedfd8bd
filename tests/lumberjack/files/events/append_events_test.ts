import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { journalName } from "../../../../lib/lumberjack/files/events/journal.ts";
import { readEvents } from "../../../../lib/user_log/mod.ts";
import { bench, cut, execute, job, size, submit, terminated } from "./bench.ts";

Deno.test("the remote events come after the submit event, and only once, even if the import is repeated", async () => {
  using at = bench();
  const jobs = [job(at, execute + size + terminated(0))];
  const first = await at.append(jobs);
  assertEquals([first.appended, first.failed.size], [3, 0]);
  const text = at.text();
  assertEquals(at.numbers(), [0, 1, 6, 5]);
  // The log at home has local times, without a zone.
  assert(!text.includes("Z Job"));
  assertEquals((await at.append(jobs)).appended, 0);
  assertEquals(at.text(), text);
});

Deno.test("events are appended in the format that the log already has", async () => {
  const json = JSON.stringify({
    EventTypeNumber: 0,
    EventTime: "2026-11-28T03:00:00",
    Cluster: 12,
    Proc: 0,
    Subproc: 0,
  }) + "\n";
  for (
    const [start, sign] of [
      [json, '"EventTypeNumber": 5'],
      [submit.replace("2026-11-28", "11/28"), "\n005 (012.000.000) 11/28 "],
      [
        submit.replace("00:00 ", "00:00.000Z "),
        "\n005 (012.000.000) 2026-11-28 03:12:00.000Z ",
      ],
    ]
  ) {
    using at = bench(start);
    await at.append([job(at, execute + terminated(0))]);
    assertEquals(at.numbers(), [0, 1, 5]);
    assertStringIncludes(at.text(), sign);
  }
});

Deno.test("the nodes log of a DAG gets only the events in DAGManNodesMask", async () => {
  using at = bench();
  const extra = `DAGManNodesLog = "${at.nodes}"\nDAGManNodesMask = "0,5,9"\n`;
  await at.append([job(at, execute + size + terminated(0), extra)]);
  assertEquals(at.numbers(), [0, 1, 6, 5]);
  assertEquals(at.numbers(at.nodes), [5]);
});

Deno.test("if the remote log has no terminal event, or one that disagrees with the result, the terminal event is made from the job ad", async () => {
  for (
    const [remote, extra, expected, sign] of [
      [execute + cut, "", [0, 1, 5], "return value 0"],
      [undefined, "", [0, 5], "return value 0"],
      [execute + terminated(1), "", [0, 1, 5], "return value 0"],
      [
        execute + terminated(0),
        "ExitBySignal = true\nExitSignal = 9\n",
        [0, 1, 5],
        "Abnormal termination (signal 9)",
      ],
      [
        execute + terminated(0),
        'JobStatus = 3\nRemoveReason = "via condor_rm"\n',
        [0, 1, 9],
        "\tvia condor_rm\n",
      ],
      [
        execute + terminated(0),
        'JobStatus = 5\nHoldReason = "no"\nHoldReasonCode = 6\n',
        [0, 1, 12],
        "\tno\n\tCode 6 Subcode 0",
      ],
      // The job is unfinished: its run is in the log, but no terminal event.
      [
        execute + terminated(0),
        "JobStatus = 1\n",
        [0, 1, 4],
        "Job was evicted",
      ],
      // The job was held here and has ended there. Its end is in the log.
      [
        execute + terminated(0),
        "JobStatus = 5\nHoldReasonCode = 1\nJobStatusOnRelease = 4\n",
        [0, 1, 5],
        "return value 0",
      ],
    ] as const
  ) {
    using at = bench();
    await at.append([job(at, remote, extra)]);
    assertEquals(at.numbers(), [...expected], extra);
    assertStringIncludes(at.text(), sign);
    for (const event of readEvents(Deno.readFileSync(at.log))) {
      assertEquals(event.problem, undefined);
    }
  }
});

Deno.test("events that a remote site must not send are dropped and counted", async () => {
  using at = bench();
  const other = terminated(0).replaceAll("(012.", "(013.");
  const post =
    "016 (012.000.000) 2026-11-28 03:11:39Z POST Script terminated.\n" +
    "\t(1) Normal termination (return value 0)\n...\n";
  const bad = "005 (012.000.000) 2026-11-28 03:11:39Z Job is done.\n...\n";
  const later = size.replace("47", "48");
  const remote = submit + other + execute + post + "nonsense\n" + bad +
    terminated(0) + later + terminated(1);
  const { dropped } = await at.append([job(at, remote)]);
  assertEquals(at.numbers(), [0, 1, 5]);
  assertEquals(Object.fromEntries(dropped), {
    "of another job": 1,
    "of a kind that no remote job has": 2,
    "text that is no event": 1,
    "that HTCondor cannot read": 1,
    "after the end of the job": 2,
  });
  assert(!at.text().includes("48"));
});

Deno.test("times from another time zone are converted, and impossible times are limited to a day before the submission", async () => {
  using at = bench(submit.replace("00:00 ", "00:00Z "));
  const remote = (execute + terminated(0))
    .replace("03:11:37Z", "12:41:37").replace("03:12:00Z", "12:42:00");
  await at.append([job(at, remote)]);
  assertStringIncludes(at.text(), "005 (012.000.000) 2026-11-28 03:12:00Z");
  using old = bench(submit.replace("00:00 ", "00:00Z "));
  await old.append([job(old, execute.replace("2026", "1971") + terminated(0))]);
  const [, first] = readEvents(Deno.readFileSync(old.log));
  assertEquals(first.time.seconds, 1795830000 - 86_400);
});

Deno.test("if a remote log has too many events, only the events that say how the job ran are kept", async () => {
  using at = bench();
  await at.append([job(at, execute + size.repeat(5000) + terminated(0))]);
  assertEquals(at.numbers(), [0, 1, 5]);
});

Deno.test("if a user log cannot be written, its jobs stay locked, and the next import writes the events", async () => {
  using at = bench();
  Deno.removeSync(at.log);
  Deno.mkdirSync(at.log);
  const extra = `DAGManNodesLog = "${at.nodes}"\n`;
  const jobs = [job(at, execute + terminated(0), extra)];
  const { failed } = await at.append(jobs);
  assertEquals([...failed.keys()], ["12.0"]);
  assertStringIncludes(String(failed.get("12.0")), "user log");
  assertEquals(at.numbers(at.nodes), [1, 5]);
  Deno.removeSync(at.log);
  const again = await at.append(jobs);
  assertEquals([again.failed.size, again.appended], [0, 2]);
  assertEquals(at.numbers(), [1, 5]);
  assertEquals(at.numbers(at.nodes), [1, 5]);
});

Deno.test("the events of many jobs are appended to one log that they share", async () => {
  using at = bench();
  const jobs = Array.from({ length: 300 }, (_, proc) => ({
    ...job(
      at,
      (execute + terminated(0)).replaceAll("(012.000", `(012.${proc}`),
    ),
    id: { cluster: 12, proc },
  }));
  const { appended } = await at.append(jobs);
  assertEquals(appended, 600);
  assertEquals(at.numbers().length, 601);
});

Deno.test("if another writer left an incomplete event at the end of the log, our events are still readable", async () => {
  using at = bench(submit + execute.slice(0, -10));
  await at.append([job(at, execute + terminated(0))]);
  assertEquals(at.numbers().slice(-2), [1, 5]);
});

Deno.test("events that a remote schedd has written to the same file through a shared file system are not written again", async () => {
  const there = execute + terminated(0);
  using at = bench(submit + there);
  const jobs = [{ ...job(at, undefined), mayBeThere: true }];
  assertEquals((await at.append(jobs)).appended, 0);
  assertEquals(at.text(), submit + there);
  using cutShort = bench(submit + execute);
  const rest = [{ ...job(cutShort, undefined), mayBeThere: true }];
  assertEquals((await cutShort.append(rest)).appended, 1);
  assertEquals(cutShort.numbers(), [0, 1, 5]);
});

Deno.test("the journal belongs to the owner of its folder, also if root begins it", async () => {
  using at = bench();
  if (Deno.uid() === 0) Deno.chownSync(at.folder, 65534, 65534);
  await at.append([job(at, execute + terminated(0))]);
  const journal = Deno.statSync(join(at.folder, journalName));
  const folder = Deno.statSync(at.folder);
  assertEquals([journal.uid, journal.gid], [folder.uid, folder.gid]);
  assertEquals(journal.mode! & 0o777, 0o600);
});
