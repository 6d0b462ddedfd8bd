import { assert, assertEquals } from "@std/assert";
import {
  type Campaign,
  changeOffline,
  type ExportReport,
  type ImportReport,
  type JobAd,
  Pool,
  poolTest,
  remoteSpool,
  type Root,
  roots,
  runAway,
  submitCampaign,
} from "./harness/mod.ts";

/** Returns how a job ended according to the history, as `12.0 exit 3`. */
function ending(ad: JobAd): string {
  const how = ad.ExitBySignal
    ? `signal ${ad.ExitSignal}`
    : `exit ${ad.ExitCode}`;
  return `${ad.ClusterId}.${ad.ProcId} ${how}`;
}

async function exportOf(
  pool: Pool,
  campaign: Campaign,
  owner: "alice" | "bob",
): Promise<{ report: ExportReport; log: string }> {
  const out = `/var/tmp/out-${owner}`;
  await pool.sh(`mkdir ${out}`);
  const report = await changeOffline<ExportReport>(pool, [
    "export",
    ...["--constraint", `Owner == "${owner}"`],
    ...["--out", out, "--remote-spool", remoteSpool(owner)],
  ], owner === "alice" ? 4 : 0);
  const jobs = campaign.jobs.filter((job) => job.owner === owner);
  assertEquals(
    report.exports.map(({ owner, jobs, out }) => ({ owner, jobs, out })),
    [{ owner, jobs: jobs.length, out }],
  );
  assertEquals(
    await pool.sh(`stat -c '%U %a' ${out}/job_queue.log`),
    `${owner} 600\n`,
  );
  return { report, log: await pool.machine.read(`${out}/job_queue.log`) };
}

async function roundTrip(local: Root, remote: Root): Promise<void> {
  await using pool = await Pool.start({ root: local, slots: 0 });
  const began = Math.floor(Date.now() / 1000);
  const campaign = await submitCampaign(pool);
  await pool.stopSchedd();
  const alice = await exportOf(pool, campaign, "alice");
  const bob = await exportOf(pool, campaign, "bob");
  assertEquals(
    alice.report.skipped.map(({ id }) => id).sort(),
    [...campaign.held],
  );

  // The schedd loads the updated queue, in which the jobs are locked.
  await pool.startSchedd();
  const locked = 'Managed == "External" && ManagedManager == "Lumberjack"';
  assertEquals((await pool.queue(locked)).length, campaign.jobs.length);
  assertEquals((await pool.queue()).length, campaign.jobs.length + 2);

  const [fromAlice, fromBob] = await Promise.all([
    runAway({ root: remote, user: "alice", log: alice.log }),
    runAway({ root: remote, user: "bob", log: bob.log }),
  ]);
  assertEquals(
    { ...fromAlice.outputs, ...fromBob.outputs },
    Object.fromEntries(campaign.jobs.map(({ id, output }) => [id, output])),
  );

  await pool.stopSchedd();
  for (
    const [owner, { log }] of Object.entries({ alice: fromAlice, bob: fromBob })
  ) {
    const back = `/var/tmp/back-${owner}`;
    await pool.machine.write(`${back}/job_queue.log`, log, { user: "root" });
    const report = await changeOffline<ImportReport>(pool, [
      "import",
      "--in",
      back,
    ], 0);
    const jobs = campaign.jobs.filter((job) => job.owner === owner);
    const { merged, released, missing, refused } = report;
    assertEquals({ merged, released, missing, refused }, {
      merged: jobs.length,
      released: 0,
      missing: [],
      refused: [],
    });
  }

  await pool.startSchedd();
  await pool.untilNone("JobStatus != 5");
  const ended = Math.floor(Date.now() / 1000);
  assertEquals(
    (await pool.queue()).map((ad) => `${ad.ClusterId}.${ad.ProcId}`).sort(),
    [...campaign.held],
  );
  const history = await pool.history();
  assertEquals(
    history.map(ending).sort(),
    campaign.jobs.map(({ id, end }) => `${id} ${end}`).sort(),
  );
  for (const ad of history) {
    const job = campaign.jobs.find(({ id }) =>
      id === `${ad.ClusterId}.${ad.ProcId}`
    );
    assertEquals(ad.JobStatus, 4);
    assertEquals(ad.Iwd, job?.iwd);
    assert(Number(ad.CompletionDate) >= began, String(ad.CompletionDate));
    assert(Number(ad.CompletionDate) <= ended, String(ad.CompletionDate));
    assert(Number(ad.JobStartDate) >= began, String(ad.JobStartDate));
    assert(Number(ad.RemoteWallClockTime) > 0);
    assertEquals(ad.NumJobStarts, 1);
    assertEquals(ad.Managed, undefined);
  }
}

for (const local of roots) {
  for (const remote of roots) {
    poolTest(
      `jobs that are exported offline on ${local} run under schedds on ${remote} and come home`,
      () => roundTrip(local, remote),
    );
  }
}
