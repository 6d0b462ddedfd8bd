import { assertEquals } from "@std/assert";
import { CedarTimeout } from "../../../lib/cedar/mod.ts";
import { exportJobs } from "../../../lib/lumberjack/export/export.ts";
import { formatJobId } from "../../../lib/lumberjack/job/id.ts";
import { Selection } from "../../../lib/lumberjack/job/selection.ts";
import type { QueuedJob } from "../../../lib/lumberjack/job/stored_ad.ts";
import { FileJobQueue } from "../../../lib/lumberjack/queue/file/job_queue.ts";
import { readSites } from "../../../lib/lumberjack/site/read_sites.ts";
import type { Site } from "../../../lib/lumberjack/site/site.ts";
import { surveyQueue } from "../../../lib/lumberjack/site/survey.ts";
import { type ClusterFixture, Folder, queueLog } from "../queue_fixture.ts";

/** Returns sites with these constraints, by their names. */
function sitesOf(constraints: Readonly<Record<string, string>>): Site[] {
  const names = Object.keys(constraints);
  const knobs = [
    ["SITES", names.join(" ")],
    ...names.flatMap((name) => [
      [`${name}_CONSTRAINT`, constraints[name]],
      [`${name}_REMOTE_SPOOL`, "/spool"],
      ...["SHIP", "FETCH"].map((knob) => [`${name}_${knob}`, `/there/${knob}`]),
    ]),
  ];
  return [
    ...readSites(
      knobs.map(([name, value]) => ({
        ...{ name: `LUMBERJACK_${name}`, value, place: "here" },
      })),
    ).sites,
  ];
}

/** A queue that answers as a schedd does: only with the attributes asked for. */
function answering(folder: Folder, name: string) {
  const queue = FileJobQueue.open(folder.join(name));
  const asked: { constraint: string; attributes: readonly string[] }[] = [];
  return {
    asked,
    select: queue.select.bind(queue),
    readsLog: () => Promise.resolve(true),
    async *scan(
      selection: Selection,
      attributes: readonly string[],
    ): AsyncIterable<QueuedJob> {
      asked.push({ constraint: selection.constraint ?? "", attributes });
      const wanted = new Set(attributes.map((name) => name.toLowerCase()));
      for await (const { cluster, proc, ad } of queue.select(selection)) {
        const lookup = (name: string) =>
          wanted.has(name.toLowerCase()) ? ad.lookup(name) : undefined;
        yield { cluster, proc, ad: { ...ad, lookup } as QueuedJob["ad"] };
      }
    },
  };
}

const clusters: ClusterFixture[] = [
  { cluster: 1, attributes: { Want: '"A"' }, procs: [{}, {}, {}] },
  {
    cluster: 2,
    attributes: { Want: '"B"' },
    procs: [{}, { JobStatus: "2" }, { JobStatus: "5" }],
  },
  { cluster: 3, procs: [{}, {}] },
];

Deno.test("a survey finds what is away and what may go to which site, by one question", async () => {
  using folder = new Folder();
  folder.write("queue.log", queueLog(clusters));
  const queue = FileJobQueue.open(folder.join("queue.log"), {
    queueOut: folder.join("after.log"),
  });
  const { exports: [{ exportId }] } = await exportJobs(queue, {
    selection: new Selection({ ids: ["1.0", "1.1"] }),
    out: folder.mkdir("out"),
    remoteSpool: "/spool",
  });
  await queue.close();
  Deno.writeTextFileSync(
    folder.join("after.log"),
    "103 1.1 JobStatus 3\n",
    { append: true },
  );

  const schedd = answering(folder, "after.log");
  const sites = sitesOf({ A: 'Want == "A"', B: 'Want =?= "B" // why' });
  const { locked, lockedOf, ready } = await surveyQueue(schedd, sites);
  assertEquals(schedd.asked.length, 1);
  assertEquals(lockedOf(exportId), {
    jobs: [{ cluster: 1, proc: 0 }, { cluster: 1, proc: 1 }],
    removed: [{ cluster: 1, proc: 1 }],
  });
  assertEquals(lockedOf("another"), { jobs: [], removed: [] });
  assertEquals([...locked.away].map((away) => away.exportId), [exportId]);
  const idsOf = (site: string) => ready.get(site)!.ready.map(formatJobId);
  assertEquals([idsOf("A"), idsOf("B")], [["1.2"], ["2.0"]]);

  // Without a site that may take jobs, only locked jobs are asked for.
  schedd.asked.length = 0;
  assertEquals((await surveyQueue(schedd, [])).ready.size, 0);
  assertEquals(schedd.asked.length, 1);
  assertEquals(schedd.asked[0].constraint.includes("Want"), false);
});

Deno.test("if an attribute of a constraint refers to others in a job, they are asked for too", async () => {
  using folder = new Folder();
  const indirect = { Want: "Choice", Choice: "Hint", Hint: '"A"' };
  folder.write(
    "queue.log",
    queueLog([{ cluster: 1, attributes: indirect, procs: [{}] }]),
  );
  const schedd = answering(folder, "queue.log");
  const sites = sitesOf({ B: 'Want == "B"', A: 'Want == "A"' });
  const { ready } = await surveyQueue(schedd, sites);
  assertEquals(ready.get("A")!.ready.length, 1);
  assertEquals(ready.get("B")!.ready.length, 0);
  assertEquals(schedd.asked.length, 3);
});

Deno.test("a constraint that is too deep for a schedd of 25 is not sent to it", async () => {
  using folder = new Folder();
  folder.write("queue.log", queueLog(clusters));
  const schedd = answering(folder, "queue.log");
  const deep = Array.from({ length: 500 }, (_, n) => `Want == "${n}"`);
  const sites = sitesOf({ A: [...deep, 'Want == "A"'].join(" || ") });
  const { ready } = await surveyQueue(schedd, sites);
  assertEquals(ready.get("A")!.ready.length, 3);
  assertEquals(schedd.asked.length, 1);
  assertEquals(schedd.asked[0].constraint.includes("Want"), false);
});

Deno.test("if the schedd does not answer in time, the constraints are evaluated here, and the job that never ends is named", async () => {
  using folder = new Folder();
  const endless = { Want: "0 ? e : Want" };
  folder.write(
    "queue.log",
    queueLog([
      clusters[0],
      { cluster: 7, procs: [{}, endless] },
    ]),
  );
  const queue = FileJobQueue.open(folder.join("queue.log"));
  const asked: string[] = [];
  const schedd = {
    scan(): AsyncIterable<QueuedJob> {
      asked.push("scan");
      throw new CedarTimeout("no answer");
    },
    select(selection: Selection): AsyncIterable<QueuedJob> {
      asked.push(selection.constraint ?? "");
      return queue.select(selection);
    },
    readsLog: () => Promise.resolve(true),
  };
  const sites = sitesOf({ A: 'Want == "A"' });
  const survey = await surveyQueue(schedd, sites);
  assertEquals(asked.shift(), "scan");
  assertEquals(asked.filter((text) => /Want/.test(text)), []);
  assertEquals(survey.ready.get("A")!.ready.length, 3);
  assertEquals(survey.isCareful, true);
  assertEquals(survey.endless?.site, "A");
  assertEquals(survey.endless?.id, { cluster: 7, proc: 1 });

  // The next pass does not ask the schedd.
  asked.length = 0;
  const next = await surveyQueue(schedd, sites, { isCareful: true });
  assertEquals(asked.includes("scan"), false);
  assertEquals(next.endless, survey.endless);
});

Deno.test("if very many jobs may go, a survey reads the queue's log, and finds the same jobs", async () => {
  using folder = new Folder();
  const procs = Array.from({ length: 150 }, () => ({}));
  folder.write(
    "queue.log",
    queueLog([{ cluster: 1, attributes: { Want: '"A"' }, procs }]),
  );
  const [sites, few] = [100, 151].map((minJobs) =>
    sitesOf({ A: 'Want == "A"' }).map((site) => ({ ...site, minJobs }))
  );
  for (const readsLog of [true, false]) {
    const schedd = answering(folder, "queue.log");
    let read = 0;
    const { ready, isCareful } = await surveyQueue({
      ...schedd,
      select(selection: Selection) {
        read++;
        return schedd.select(selection);
      },
      readsLog: () => Promise.resolve(readsLog),
    }, sites);
    assertEquals(ready.get("A")!.ready.length, 150);
    assertEquals(isCareful, false);
    assertEquals([read, schedd.asked.length], [readsLog ? 1 : 0, 1]);
  }
  // Jobs that wait for others do not make each pass read the log.
  const schedd = { ...answering(folder, "queue.log"), select: nothingRead };
  assertEquals(
    (await surveyQueue(schedd, few)).ready.get("A")!.ready.length,
    150,
  );
});

Deno.test("a survey that reads the log evaluates a constraint once for the jobs of a cluster, but not if these differ", async () => {
  using folder = new Folder();
  const many = Array.from({ length: 120 }, (): Record<string, string> => ({}));
  many[3] = { Want: '"B"' };
  many[5] = { JobStatus: "2" };
  folder.write(
    "queue.log",
    queueLog([
      { cluster: 1, attributes: { Want: '"A"' }, procs: many },
      { cluster: 2, procs: [{}, { Want: '"a"' }, {}, { Want: '"B"' }] },
      // The cluster's value depends on the job.
      {
        cluster: 3,
        attributes: { Want: 'ifThenElse(Mine =?= 1, "A", "C")' },
        procs: [{}, { Mine: "1" }, {}],
      },
      { cluster: 4, attributes: { Want: '"C"' }, procs: [{}, {}] },
      {
        cluster: 5,
        attributes: { Want: '"B"' },
        procs: [{ Owner: '"eve"' }, {}],
      },
    ]),
  );
  const constraints = [
    { A: 'Want == "A"', B: 'Want == "B"' },
    // Nothing is known about what this function returns for another job.
    { A: 'split(Want)[0] == "A"', B: 'Want == "B"' },
    { A: 'MyType == "Job" && Want == "A"', B: 'Want == "B"' },
  ];
  for (const some of constraints) {
    for (const owners of [[], ["alice"]]) {
      const sites = sitesOf(some).map((site) => ({ ...site, owners }));
      const [byLog, byQuery] = await Promise.all(
        [true, false].map(async (readsLog) => {
          const schedd = answering(folder, "queue.log");
          const { ready } = await surveyQueue({
            ...schedd,
            readsLog: () => Promise.resolve(readsLog),
          }, sites);
          return ["A", "B"].map((name) =>
            ready.get(name)!.ready.map(formatJobId)
          );
        }),
      );
      assertEquals(byLog, byQuery);
      assertEquals(byLog[0].length, 118 + 1 + 1);
      const more = owners.length === 0 ? ["5.0", "5.1"] : ["5.1"];
      assertEquals(byLog[1], ["1.3", "2.3", ...more]);
    }
  }
});

function nothingRead(): never {
  throw new Error("the log is read");
}
