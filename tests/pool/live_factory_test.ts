import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  type ExportReport,
  type ImportReport,
  jobKeys,
  Pool,
  poolTest,
  readPlainAds,
  remoteSpool,
  type Root,
  runAway,
} from "./harness/mod.ts";

/**
 * Factory 1 has more jobs to make. 2 (no items) and 3 (items) have made all
 * jobs.
 */
const submits = [
  "max_materialize = 2\nqueue 5\n",
  "max_materialize = 9\nqueue 2\n",
  "arguments = $(x)\nmax_materialize = 9\nqueue 2 x in (a b)\n",
];

async function factoriesLeave(root: Root, user: string): Promise<void> {
  await using pool = await Pool.start({ root, config: "START = False" });
  for (const submit of submits) {
    await pool.submit(`executable = /bin/true\n${submit}`, { user: "alice" });
  }
  const all = ["1.0", "1.1", "2.0", "2.1", "3.0", "3.1", "3.2", "3.3"];
  const idsOf = async (constraint?: string) =>
    (await pool.queue(constraint)).map((ad) => `${ad.ClusterId}.${ad.ProcId}`)
      .sort();
  for (let tries = 0; (await idsOf()).length < all.length && tries < 50;) {
    tries++;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  assertEquals(await idsOf(), all);
  // When the schedd makes jobs, it does not sync its log (HTCondor's knob
  // SCHEDD_NON_DURABLE_LATE_MATERIALIZE). The next durable change syncs it.
  await pool.run(["condor_qedit", "1.0", "JobPrio", "1"], { user: "alice" });

  await pool.sh(`install -d -o ${user} /var/tmp/out`);
  const report = await pool.lumberjackJson<ExportReport>([
    ...["export", "--constraint", "true", "--out", "/var/tmp/out"],
    ...["--remote-spool", remoteSpool("alice")],
  ], { user, status: 4 });
  assertEquals(report.exports[0].clusters, [2, 3]);
  assertEquals(report.skipped.map(({ id }) => id), ["1.0", "1.1"]);
  assertStringIncludes(report.skipped[0].reason, "still being made here");

  // When a schedd starts, it loads its factories again. Try this at home and at
  // the remote site.
  await pool.stopSchedd();
  await pool.startSchedd();
  const log = await pool.machine.read("/var/tmp/out/job_queue.log");
  const returned = await runAway({ root, user: "alice", log });
  assertEquals(jobKeys(readPlainAds(returned.log)).sort(), all.slice(2));
  assertEquals(returned.log.includes("JobMaterializePause"), false);

  await pool.machine.write("/var/tmp/back/job_queue.log", returned.log);
  const home = await pool.lumberjackJson<ImportReport>(
    ["import", "--in", "/var/tmp/back"],
    { user },
  );
  const { merged, refused, missing } = home;
  assertEquals({ merged, refused, missing }, {
    merged: 6,
    refused: [],
    missing: [],
  });
  await pool.untilNone("ClusterId != 1");
  const ended = (await pool.history()).map((ad) =>
    `${ad.ClusterId}.${ad.ProcId}`
  );
  assertEquals(ended.sort(), all.slice(2));
  // The factories make no more jobs. (Their files in SPOOL may stay: a schedd of
  // 23.9 that was restarted keeps those of local jobs as well.)
  await pool.run(["condor_reschedule"]);
  await new Promise((resolve) => setTimeout(resolve, 3000));
  assertEquals(await idsOf(), ["1.0", "1.1"]);
}

for (
  const [root, user] of [["trixie", "root"], ["sid", "alice"]] as const
) {
  poolTest(
    `on ${root}, jobs of a factory that has made all its jobs leave and come home`,
    () => factoriesLeave(root, user),
  );
}
