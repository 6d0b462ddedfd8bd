import { assert, assertEquals } from "@std/assert";
import {
  type ImportReport,
  Machine,
  poolTest,
  type Root,
  roots,
  until,
} from "./harness/mod.ts";
import {
  countsOf,
  exportJobs,
  logsOf,
  runExport,
  startsOf,
} from "./remote_jobs.ts";

const spool = "/home/bob/spool";
/** Jobs stay until this file is gone. */
const stay = "/var/tmp/stay";

async function cancel(machine: Machine, ...ids: string[]): Promise<void> {
  await machine.run(
    ["lumberjack", "remote", "cancel", "--spool", spool, ...ids],
    { user: "bob" },
  );
}

/** The queue at home. */
const away = "/var/tmp/queue.log.lumberjack";

/** Takes the jobs back in a copy of the queue, as if the site would never answer. */
async function abandonInCopy(machine: Machine, exportId: string) {
  const copy = "/var/tmp/abandoned.log";
  await machine.run([
    ...["lumberjack", "unexport", "--queue", away, "--queue-out", copy],
    ...["--export-id", exportId, "--abandon"],
  ]);
  return copy;
}

/** Results of an export that was abandoned change nothing. */
async function refusedLater(machine: Machine, copy: string, back: string) {
  const { code, stdout } = await machine.try([
    ...["lumberjack", "import", "--in", back, "--queue", copy, "--json"],
    ...["--queue-out", `${copy}.after`, "--ads-only"],
  ]);
  const { merged, released, refused } = JSON.parse(stdout) as ImportReport;
  const ids = refused.map(({ id }) => id);
  assertEquals([code, merged, released], [4, 0, 0], stdout);
  assertEquals(ids.sort(), ["1.2", "1.3"]);
}

async function broughtHome(machine: Machine, back: string) {
  const report = JSON.parse(
    await machine.run([
      ...["lumberjack", "import", "--in", back, "--queue", away, "--json"],
      ...["--queue-out", "/var/tmp/home.log", "--ads-only"],
    ]),
  ) as ImportReport & { statuses: Record<string, number>; stillAway: number };
  await machine.run(["mv", "/var/tmp/home.log", away]);
  assertEquals([report.refused, report.missing], [[], []]);
  return report;
}

/**
 * Jobs are cancelled while they run and wait, and before a run. The clock at home is
 * an hour ahead, so the jobs were submitted in the future.
 */
async function cancelled(root: Root): Promise<void> {
  await using machine = await Machine.boot({ root, hostname: "node.test" });
  const anHourAhead = String(Math.floor(Date.now() / 1000) + 3600);
  await machine.write(stay, "");
  const exportId = await exportJobs(
    machine,
    5,
    `[ $1 = 0 ] || while [ -e ${stay} ]; do sleep 0.3; done`,
    { QDate: anHourAhead, EnteredCurrentStatus: anHourAhead },
  );
  const first = runExport(machine, spool, "--out", "/home/bob/first.tar");
  await until(
    "the first job has ended and two others run",
    async () => (await startsOf(machine, spool)).length === 3,
    90,
  );
  // One that runs, and one that waits.
  await cancel(machine, "--ids", "1.1", "1.4");
  await until(
    "two jobs are removed",
    async () => (await countsOf(machine, spool))?.removed === 2,
    90,
  ).catch(async (error) => {
    throw new Error(await logsOf(machine, spool), { cause: error });
  });
  await machine.run([
    ...["pkill", "-TERM", "-f", "^[^ ]*(deno|lumberjack) .*remote run"],
  ]);
  const { code, stdout, stderr } = await first;
  assertEquals(code, 4, stderr);
  const { end, counts, packed } = JSON.parse(stdout);
  assertEquals([end, counts.completed, counts.removed], ["signal", 1, 2]);
  assertEquals([packed.packed, packed.final], [3, false]);
  const part = await broughtHome(machine, "/home/bob/first.tar");
  assertEquals(part.statuses, { completed: 1, cancelled: 2 });
  assertEquals(part.stillAway, 2);
  const copy = await abandonInCopy(machine, exportId);

  await cancel(machine, "--all");
  const before = (await startsOf(machine, spool)).length;
  const second = await runExport(machine, spool, "--out", "/home/bob/last.tar");
  assertEquals(JSON.parse(second.stdout).end, "settled", second.stderr);
  assertEquals((await startsOf(machine, spool)).length, before);
  await refusedLater(machine, copy, "/home/bob/last.tar");
  const last = await broughtHome(machine, "/home/bob/last.tar");
  assertEquals([last.statuses, last.stillAway], [{ cancelled: 2 }, 0]);
  // At home they wait again.
  const home = await machine.run([
    ...["lumberjack", "log", "show", "/var/tmp/queue.log.lumberjack"],
    ...["--json"],
  ]);
  const ads: { key: string; attributes: Record<string, string> }[] =
    JSON.parse(home).ads;
  for (const key of ["1.1", "1.2", "1.3", "1.4"]) {
    const job = ads.find((ad) => ad.key === key)?.attributes ?? {};
    assertEquals([job.JobStatus, job.Managed], ["1", undefined], key);
    assert(!("RemoveReason" in job), key);
  }
}

for (const root of roots) {
  poolTest(
    `on ${root}, jobs that the home side cancels end at once, start no more, and are idle at home; results after --abandon are refused`,
    () => cancelled(root),
  );
}
