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

/** 1: has more to make. 2 and 3: without and with items, all made. */
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
  // The schedd makes jobs without syncing its log (HTCondor's knob
  // SCHEDD_NON_DURABLE_LATE_MATERIALIZE); the next durable change does.
  await pool.run(["condor_qedit", "1.0", "JobPrio", "1"], { user: "alice" });

  await pool.sh(`install -d -o ${user} /var/tmp/out`);
  const report = await pool.lumberjackJson<ExportReport>([
    ...["export", "--constraint", "true", "--out", "/var/tmp/out"],
    ...["--remote-spool", remoteSpool("alice")],
  ], { user, status: 4 });
  assertEquals(report.exports[0].clusters, [2, 3]);
  assertEquals(report.skipped.map(({ id }) => id), ["1.0", "1.1"]);
  assertStringIncludes(report.skipped[0].reason, "still being made here");

  // A schedd that starts builds its factories again, at home and away.
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
  // The factories make nothing more. (Their files in SPOOL are another matter:
  // a schedd 23.9 that was restarted keeps those of local jobs as well.)
  await pool.run(["condor_reschedule"]);
  await new Promise((resolve) => setTimeout(resolve, 3000));
  assertEquals(await idsOf(), ["1.0", "1.1"]);
}

for (
  const [root, user] of [["trixie", "root"], ["sid", "alice"]] as const
) {
  poolTest(
    `on ${root}, jobs of a factory that has made all of them leave and come home`,
    () => factoriesLeave(root, user),
  );
}
