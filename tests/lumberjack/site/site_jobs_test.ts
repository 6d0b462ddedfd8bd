import { assertEquals, assertStringIncludes } from "@std/assert";
import { readSites } from "../../../lib/lumberjack/site/read_sites.ts";
import { delayAfter } from "../../../lib/lumberjack/site/retry.ts";
import { ClassAd } from "../../../lib/classad/mod.ts";
import {
  nextExports,
  type ReadyJob,
  SiteJobsSorter,
} from "../../../lib/lumberjack/site/site_jobs.ts";
import {
  constraintRemarks,
  sharedJobsRemarks,
} from "../../../lib/lumberjack/site/site_remarks.ts";

const { sites: [site] } = readSites(
  Object.entries({
    SITES: "A",
    A_CONSTRAINT: "WantA",
    A_REMOTE_SPOOL: "/spool",
    A_SHIP: "/in",
    A_FETCH: "/out",
    A_MIN_JOBS: "3",
    A_MAX_WAIT: "1h",
  }).map(([name, value]) => ({
    name: `LUMBERJACK_${name}`,
    value,
    place: "here",
  })),
);

const now = 1_800_000_000;

function jobs(owner: string, count: number, age = 0): ReadyJob[] {
  return Array.from({ length: count }, (_, proc) => ({
    ...{ cluster: owner.charCodeAt(0), proc, owner, since: now - age },
  }));
}

function counts(ready: readonly ReadyJob[], room: number): string[] {
  return [...nextExports({ site, ready }, room, now)]
    .map(([owner, { length }]) => `${owner} ${length}`);
}

Deno.test("nextExports() shares the places fairly between owners if not all jobs may leave", () => {
  const ready = [...jobs("alice", 100), ...jobs("bob", 2), ...jobs("carol", 9)];
  assertEquals(counts(ready, 12), ["alice 5", "bob 2", "carol 5"]);
  assertEquals(counts(ready, 1000), ["alice 100", "bob 2", "carol 9"]);
  assertEquals(counts(ready, 0), []);
});

Deno.test("nextExports() waits for MIN_JOBS jobs, but no longer than MAX_WAIT", () => {
  assertEquals(counts(jobs("alice", 2), 10), []);
  assertEquals(counts(jobs("alice", 3), 10), ["alice 3"]);
  assertEquals(counts(jobs("alice", 1, 3600), 10), ["alice 1"]);
});

Deno.test("the delay after failures grows from a minute to an hour", () => {
  const minutes = [1, 2, 3, 6, 7, 50].map((n) => delayAfter(n) / 60_000);
  assertEquals(minutes, [1, 2, 4, 32, 60, 60]);
});

Deno.test("a constraint that is true for every ordinary job gets a remark, which names the knob and what to write", () => {
  const remarks = (constraint: string, owners: string[] = []) =>
    constraintRemarks({ name: "ALCF", constraint, owners });
  for (
    const constraint of [
      ...["ClusterId > 0", "JobStatus == 1", "JobUniverse =?= 5"],
      ...["DontExport =!= true", "RequestCpus >= 1 || WantHPC", "true // all"],
    ]
  ) {
    const [remark] = remarks(constraint);
    assertEquals(remark.knob, `LUMBERJACK_ALCF_CONSTRAINT = ${constraint}`);
    assertStringIncludes(remark.message, "true for every ordinary job");
    assertStringIncludes(remark.remedy, "LUMBERJACK_ALCF_OWNERS");
    // With OWNERS, all jobs of these owners may well be meant.
    assertEquals(remarks(constraint, ["bob"]), []);
  }
  for (
    const constraint of [
      ...['LumberjackSite == "ALCF"', "RequestCpus > 64", 'Owner == "bob"'],
      ...["WantHPC", "RequestGpus > 0 && JobStatus == 1"],
    ]
  ) {
    assertEquals(remarks(constraint), [], constraint);
  }
});

Deno.test("if two sites select the same jobs, the second one says how many the first one takes", () => {
  const named = (name: string, constraint: string) => ({
    ...{ ...site, name, constraint },
  });
  const sorter = new SiteJobsSorter([
    ...[named("A", "RequestCpus > 8"), named("B", "RequestCpus > 4")],
  ]);
  for (const [proc, cpus] of [4, 8, 16, 32].entries()) {
    const ad = ClassAd.parse(
      `[ RequestCpus = ${cpus}; JobStatus = 1; JobUniverse = 5; ` +
        `Owner = "alice"; Iwd = "/home/alice"; ClusterId = 1; ProcId = ${proc} ]`,
    );
    sorter.add({ cluster: 1, proc, ad });
  }
  const [first, second] = sorter.sorted();
  assertEquals([first.ready.length, second.ready.length], [2, 1]);
  assertEquals(sharedJobsRemarks(first), []);
  const [remark] = sharedJobsRemarks(second);
  assertEquals(remark.knob, "LUMBERJACK_B_CONSTRAINT = RequestCpus > 4");
  assertStringIncludes(
    remark.message,
    "LUMBERJACK_A_CONSTRAINT selects 2 of these jobs too",
  );
  assertStringIncludes(remark.remedy, "LUMBERJACK_SITES");
});

Deno.test("a job whose files are in SPOOL goes only to a site to which files travel", () => {
  const sorter = new SiteJobsSorter([
    { ...site, name: "A", files: "none" },
    { ...site, name: "B", files: "stage" },
  ]);
  const ad = ClassAd.parse(
    '[ WantA = true; JobStatus = 1; JobUniverse = 5; Owner = "alice"; ' +
      'Iwd = "/spool/1"; ClusterId = 1; ProcId = 0; StageInStart = 1; StageInFinish = 2 ]',
  );
  sorter.add({ cluster: 1, proc: 0, ad });
  assertEquals(sorter.sorted().map(({ ready }) => ready.length), [0, 1]);
});
