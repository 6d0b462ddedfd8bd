import { assert, assertEquals } from "@std/assert";
import {
  type Campaign,
  type ExportReport,
  type ImportReport,
  type JobAd,
  Pool,
  poolTest,
  remoteSpool,
  type Root,
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

/** Exports the jobs of `owner` as `user`, into a folder that `user` owns. */
async function exportOf(
  pool: Pool,
  campaign: Campaign,
  owner: "alice" | "bob",
  user: string,
): Promise<string> {
  const out = `/var/tmp/out-${owner}`;
  await pool.sh(`mkdir ${out}; chown ${user} ${out}`);
  const report = await pool.lumberjackJson<ExportReport>([
    "export",
    ...["--constraint", `Owner == "${owner}"`],
    ...["--out", out, "--remote-spool", remoteSpool(owner)],
  ], { user, status: owner === "alice" ? 4 : 0 });
  const jobs = campaign.jobs.filter((job) => job.owner === owner);
  assertEquals(
    report.exports.map(({ owner, jobs, out }) => ({ owner, jobs, out })),
    [{ owner, jobs: jobs.length, out }],
  );
  assertEquals(
    report.skipped.map(({ id }) => id).sort(),
    owner === "alice" ? [...campaign.held] : [],
  );
  return await pool.machine.read(`${out}/job_queue.log`);
}

async function roundTrip(
  root: Root,
  users: Record<"alice" | "bob", string>,
): Promise<void> {
  await using pool = await Pool.start({ root, slots: 2 });
  // No job may start here, because only idle jobs can leave.
  await pool.configure("START = False\n");
  await pool.run(["condor_reconfig"]);
  const began = Math.floor(Date.now() / 1000);
  const campaign = await submitCampaign(pool);
  const alice = await exportOf(pool, campaign, "alice", users.alice);
  const bob = await exportOf(pool, campaign, "bob", users.bob);

  const locked = 'Managed == "External" && ManagedManager == "Lumberjack"';
  assertEquals((await pool.queue(locked)).length, campaign.jobs.length);
  // Let the slots take jobs again. Jobs that are away must not start here.
  await pool.configure("");
  await pool.run(["condor_reconfig"]);

  const [fromAlice, fromBob] = await Promise.all([
    runAway({ root, user: "alice", log: alice }),
    runAway({ root, user: "bob", log: bob }),
  ]);
  assertEquals(
    { ...fromAlice.outputs, ...fromBob.outputs },
    Object.fromEntries(campaign.jobs.map(({ id, output }) => [id, output])),
  );
  assertEquals((await pool.queue("NumJobStarts > 0")).length, 0);
  const status = await pool.lumberjackJson<{ locked: number }>(["status"]);
  assertEquals(status.locked, campaign.jobs.length);

  for (
    const [owner, { log }] of Object.entries({ alice: fromAlice, bob: fromBob })
  ) {
    const user = users[owner as "alice" | "bob"];
    const back = `/var/tmp/back-${owner}`;
    await pool.machine.write(`${back}/job_queue.log`, log);
    const jobs = campaign.jobs.filter((job) => job.owner === owner);
    const take = () =>
      pool.lumberjackJson<ImportReport>(["import", "--in", back], { user });
    const { merged, released, missing, refused } = await take();
    assertEquals({ merged, released, missing, refused }, {
      merged: jobs.length,
      released: 0,
      missing: [],
      refused: [],
    });
    assertEquals((await take()).merged, 0);
  }

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
    assertEquals(ad.JobStatus, 4);
    assert(Number(ad.CompletionDate) >= began, String(ad.CompletionDate));
    assert(Number(ad.CompletionDate) <= ended, String(ad.CompletionDate));
    assertEquals(ad.NumJobStarts, 1);
    assertEquals(ad.Managed, undefined);
    assertEquals(ad.LumberjackExportId, undefined);
  }
}

// root and condor read the schedd's log. A job's owner has to ask the schedd.
poolTest(
  "condor and a job's owner can export from a running schedd of 23.9 and import again",
  () => roundTrip("trixie", { alice: "condor", bob: "bob" }),
);
poolTest(
  "root and a job's owner can export from a running schedd of 25 and import again",
  () => roundTrip("sid", { alice: "alice", bob: "root" }),
);
