import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { readEvents } from "../../../../lib/user_log/mod.ts";
import { bench, cut, execute, job, size, submit, terminated } from "./bench.ts";

Deno.test("the remote events follow the submit event, once, however often the import is repeated", async () => {
  using at = bench();
  const jobs = [job(at, execute + size + terminated(0))];
  const first = await at.append(jobs);
  assertEquals([first.appended, first.failed.size], [3, 0]);
  const text = at.text();
  assertEquals(at.numbers(), [0, 1, 6, 5]);
  // The log has local time, without a zone.
  assert(!text.includes("Z Job"));
  assertEquals((await at.append(jobs)).appended, 0);
  assertEquals(at.text(), text);
});

Deno.test("a log is written in the format that it has", async () => {
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

Deno.test("the log of a DAG's nodes gets the events of its mask", async () => {
  using at = bench();
  const extra = `DAGManNodesLog = "${at.nodes}"\nDAGManNodesMask = "0,5,9"\n`;
  await at.append([job(at, execute + size + terminated(0), extra)]);
  assertEquals(at.numbers(), [0, 1, 6, 5]);
  assertEquals(at.numbers(at.nodes), [5]);
});

Deno.test("when the remote log has no end, or another one than the result, the ad makes it", async () => {
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
      // Unfinished: what ran is told, and no end.
      [
        execute + terminated(0),
        "JobStatus = 1\n",
        [0, 1, 4],
        "Job was evicted",
      ],
      // Held here, and ended there: the end counts.
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

Deno.test("what a stranger's log must not hold stays out", async () => {
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

Deno.test("a remote log with times of another zone, or of another age, tells home times", async () => {
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

Deno.test("a flood of events is cut to those that tell how the job went", async () => {
  using at = bench();
  await at.append([job(at, execute + size.repeat(5000) + terminated(0))]);
  assertEquals(at.numbers(), [0, 1, 5]);
});

Deno.test("a log that cannot be written keeps its jobs locked, and the next import writes it", async () => {
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

Deno.test("many jobs share a log", async () => {
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

Deno.test("an event that another writer left without an end does not swallow ours", async () => {
  using at = bench(submit + execute.slice(0, -10));
  await at.append([job(at, execute + terminated(0))]);
  assertEquals(at.numbers().slice(-2), [1, 5]);
});

Deno.test("what a remote schedd on the same file system wrote itself is not written again", async () => {
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
