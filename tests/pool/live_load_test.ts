import { assert, assertEquals } from "@std/assert";
import { jobKeys, readPlainAds } from "./harness/queue_text.ts";
import {
  type ExportReport,
  type ImportReport,
  Pool,
  poolTest,
  type Root,
} from "./harness/mod.ts";

const description = (jobs: number) => `
executable = /bin/sh
arguments = "-c 'sleep 0.2'"
should_transfer_files = no
log = /home/alice/jobs.log
queue ${jobs}
`;

/** How often each job was started here, by its user log. */
async function starts(pool: Pool): Promise<Map<string, number>> {
  const log = await pool.machine.read("/home/alice/jobs.log");
  const counts = new Map<string, number>();
  for (
    const [, cluster, proc] of log.matchAll(/^001 \((\d+)\.(\d+)\.\d+\)/gm)
  ) {
    const id = `${Number(cluster)}.${Number(proc)}`;
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

/** Submits, holds, releases and removes: idle jobs only, so none is evicted. */
async function meddle(pool: Pool, round: number): Promise<void> {
  const user = "alice";
  const idle = (proc: number) =>
    `Owner == "alice" && JobStatus == 1 && ProcId == ${proc}`;
  await pool.submit(description(6), { user });
  await pool.try(["condor_hold", "-constraint", idle(round)], { user });
  await pool.try(["condor_rm", "-constraint", idle(20 + round)], { user });
  await pool.try(
    ["condor_release", "-constraint", `ProcId == ${round - 1}`],
    { user },
  );
}

async function underLoad(root: Root): Promise<void> {
  await using pool = await Pool.start({ root, slots: 6 });
  for (let i = 0; i < 4; i++) {
    await pool.submit(description(30), { user: "alice" });
  }
  const exports: { exportId: string; out: string; ids: string[] }[] = [];
  for (let round = 0; round < 5; round++) {
    const out = `/var/tmp/out${round}`;
    await pool.sh(`mkdir ${out}; chown alice ${out}`);
    const [exported] = await Promise.all([
      pool.lumberjack([
        "export",
        ...["--constraint", `Owner == "alice" && ProcId % 5 == ${round}`],
        ...["--out", out, "--remote-spool", "/remote/spool", "--json"],
      ], { user: round % 2 === 0 ? "root" : "alice" }),
      meddle(pool, round),
    ]);
    assert([0, 3, 4].includes(exported.code), exported.stderr);
    const report: ExportReport = JSON.parse(exported.stdout);
    for (const { exportId, jobs } of report.exports) {
      const log = await pool.machine.read(`${out}/job_queue.log`);
      const ids = jobKeys(readPlainAds(log));
      assertEquals(ids.length, jobs);
      exports.push({ exportId, out, ids });
    }
  }
  const away = exports.flatMap(({ ids }) => ids);
  assert(away.length > 10, `only ${away.length} jobs were exported`);
  assertEquals(new Set(away).size, away.length);

  // What is away stays locked and does not start; all else runs.
  const release = () =>
    pool.try(["condor_release", "-constraint", 'Managed =!= "External"']);
  await release();
  await pool.untilNone('Managed =!= "External"', 45);
  const locked = await pool.queue('ManagedManager == "Lumberjack"');
  assertEquals(
    locked.map((ad) => `${ad.ClusterId}.${ad.ProcId}`).sort(),
    [...away].sort(),
  );
  const before = await starts(pool);
  assertEquals(away.filter((id) => before.has(id)), []);

  // They come back: some as they left, some without results at all.
  for (const [index, { exportId, out, ids }] of exports.entries()) {
    if (index % 2 === 0) {
      const report = await pool.lumberjackJson<ImportReport>(
        ["import", "--in", out],
      );
      assertEquals(report.merged + report.released, ids.length);
    } else {
      await pool.run(["lumberjack", "unexport", "--export-id", exportId]);
    }
  }
  await release();
  await pool.untilNone("true", 45);
  const counts = await starts(pool);
  const history = await pool.history();
  assertEquals(history.length, 4 * 30 + 5 * 6);
  for (const ad of history) {
    const id = `${ad.ClusterId}.${ad.ProcId}`;
    const times = counts.get(id) ?? 0;
    assertEquals(`${id} ${times}`, `${id} ${ad.JobStatus === 3 ? 0 : 1}`);
  }
}

for (const root of ["trixie", "sid"] as const) {
  poolTest(
    `on ${root}, while jobs are matched, held, removed and submitted, none is lost or starts twice`,
    () => underLoad(root),
  );
}
