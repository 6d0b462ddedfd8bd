import { assertEquals, assertMatch } from "@std/assert";
import type { JobId } from "../../../lib/lumberjack/job/id.ts";
import { FileJobQueue } from "../../../lib/lumberjack/queue/file/job_queue.ts";
import { readSites } from "../../../lib/lumberjack/site/read_sites.ts";
import { exportToSite } from "../../../lib/lumberjack/site/site_export.ts";
import { SiteFolder } from "../../../lib/lumberjack/site/site_folder.ts";
import { explainJob } from "../../../lib/lumberjack/site/why.ts";
import { Folder, queueLog } from "../queue_fixture.ts";

const old = String(Math.floor(Date.now() / 1000) - 7200);

/** A queue with three jobs of alice and one of bob, two of which are away. */
async function away() {
  const folder = new Folder();
  const want = { Want: '"A"', EnteredCurrentStatus: old };
  folder.write(
    "queue.log",
    queueLog([
      { cluster: 1, attributes: want, procs: [{}, {}, {}] },
      { cluster: 2, attributes: { ...want, Owner: '"bob"' }, procs: [{}] },
    ]),
  );
  const [site] = sites({}).sites;
  const queue = FileJobQueue.open(folder.join("queue.log"), {
    queueOut: folder.join("after.log"),
  });
  const own = SiteFolder.open(folder.path, "A");
  const now = () => new Date();
  await exportToSite(queue, { site, folder: own, now }, {
    ...{ owner: "alice", ids: ["1.0", "1.1"] },
  });
  await queue.close();
  return folder;
}

function sites(knobs: Readonly<Record<string, string>>) {
  const usual = {
    ...{ CONSTRAINT: 'Want == "A"', REMOTE_SPOOL: "/spool", FILES: "none" },
    ...{ SHIP: "/in", FETCH: "/out" },
  };
  return readSites([
    { name: "LUMBERJACK_SITES", value: "A", place: "here" },
    ...Object.entries({ ...usual, ...knobs }).map(([knob, value]) => ({
      ...{ name: `LUMBERJACK_A_${knob}`, value, place: "here" },
    })),
  ]);
}

async function reasons(
  folder: Folder,
  knobs: Readonly<Record<string, string>>,
  id: JobId = { cluster: 1, proc: 2 },
): Promise<readonly string[]> {
  const queue = FileJobQueue.open(folder.join("after.log"));
  const { sites: [answer] } = await explainJob(
    queue,
    id,
    sites(knobs),
    (name) => SiteFolder.find(folder.path, name),
  );
  assertEquals([answer.mayGo, answer.clauses], [true, []]);
  return answer.reasons;
}

Deno.test("why names the limit that holds a job", async () => {
  using folder = await away();
  assertEquals(await reasons(folder, {}), [
    "the next pass takes it, if its input files can leave",
  ]);
  assertEquals(await reasons(folder, { MAX_JOBS: "2" }), [
    "2 jobs are away, and MAX_JOBS is 2",
  ]);
  const [few] = await reasons(folder, { MIN_JOBS: "3", MAX_WAIT: "9h" });
  assertMatch(
    few,
    /^2 jobs wait, and MIN_JOBS is 3: they leave at 20\S+ \(MAX/,
  );
  // They have waited for two hours.
  assertMatch(
    (await reasons(folder, { MIN_JOBS: "3", MAX_WAIT: "1h" }))[0],
    /^the next pass/,
  );
  const [other] = await reasons(folder, { MAX_JOBS: "3" }, {
    ...{ cluster: 2, proc: 0 },
  });
  assertEquals(
    other,
    "there is room for 1 jobs (MAX_JOBS is 3, 2 are away), and 2 wait: 2.0 " +
      "is not among the next",
  );
});

Deno.test("why says that the way to a site fails; the way back does not count", async () => {
  using folder = await away();
  const own = SiteFolder.find(folder.path, "A")!;
  const since = "2026-11-30T08:00:00.000Z";
  const trouble = { problem: "no route", since, failures: 2, retryAt: since };
  own.writeState({ ...own.readState(), fetchTrouble: trouble });
  assertEquals((await reasons(folder, {})).length, 1);
  own.writeState({ ...own.readState(), trouble });
  assertEquals(
    (await reasons(folder, {}))[0],
    `the site fails since ${since}, and is tried again at ${since}: no route`,
  );
});

Deno.test("why names the limit also if what passes remember of the site cannot be read", async () => {
  using folder = await away();
  Deno.mkdirSync(folder.join("A/state.json"));
  const [unread, limit] = await reasons(folder, {});
  assertMatch(unread, /^what passes remember of the site cannot be read: /);
  assertEquals(limit, "the next pass takes it, if its input files can leave");
});

Deno.test("why says of a job that is away where it is, and why it is stuck", async () => {
  using folder = await away();
  const signals = { State: '"stuck"', Since: "5", StuckReason: '"no route"' };
  const lines = Object.entries(signals).map(([name, value]) =>
    `103 1.0 Lumberjack${name} ${value}\n`
  );
  Deno.writeTextFileSync(folder.join("after.log"), lines.join(""), {
    append: true,
  });
  const queue = FileJobQueue.open(folder.join("after.log"));
  const { state } = await explainJob(
    queue,
    { cluster: 1, proc: 0 },
    sites({}),
  );
  assertMatch(
    state,
    /^away since 20\S+ with .*; its site is A; it is stuck: no route$/,
  );
});

Deno.test("why of a job that the Job Router has copied names the copy, and says how that stands", async () => {
  using folder = await away();
  const routed = (proc: number, more: string) =>
    `103 2.${proc} Managed "External"\n` +
    `103 2.${proc} ManagedManager "jobrouter"\n${more}`;
  const stateWith = async (lines: string) => {
    const log = folder.join("after.log");
    const before = Deno.readTextFileSync(log);
    Deno.writeTextFileSync(log, lines, { append: true });
    const queue = FileJobQueue.open(log);
    const answer = await explainJob(
      queue,
      { cluster: 2, proc: 0 },
      sites({ MAX_JOBS: "2" }),
      (name) => SiteFolder.find(folder.path, name),
    );
    Deno.writeTextFileSync(log, before);
    return answer;
  };
  assertEquals(await stateWith(routed(0, "")), {
    id: "2.0",
    state: "the Job Router works on it, and has made no copy yet",
    sites: [],
  });
  const gone = await stateWith(routed(0, '103 2.0 RoutedToJobId "9.0"\n'));
  assertEquals(
    gone.state,
    "the Job Router works on it, and its copy 9.0 is not in the queue any more",
  );
  const away10 = await stateWith(routed(0, '103 2.0 RoutedToJobId "1.0"\n'));
  assertMatch(
    away10.state,
    /^the Job Router works on it; its copy 1\.0: away since 20\S+ with /,
  );
  assertEquals([away10.copy, away10.sites], ["1.0", []]);
  const waits = await stateWith(routed(0, '103 2.0 RoutedToJobId "1.2"\n'));
  assertEquals(
    waits.state,
    "the Job Router works on it; its copy 1.2: idle here, and may leave",
  );
  assertEquals(waits.sites.map(({ reasons }) => reasons), [
    ["2 jobs are away, and MAX_JOBS is 2"],
  ]);
});
