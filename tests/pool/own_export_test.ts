import { assert, assertEquals } from "@std/assert";
import {
  adLines,
  differences,
  type ExportReport,
  jobFolder,
  jobKeys,
  noDifferences,
  type PlainAds,
  Pool,
  poolTest,
  readPlainAds,
  remoteSpool,
  type Root,
  roots,
  submitCampaign,
} from "./harness/mod.ts";

// Calls the schedd's EXPORT_JOBS through the bindings, as the prototype does.
const ownExport = `
import sys, MODULE
_, out, spool, *clusters = sys.argv
result = MODULE.Schedd().export_jobs(clusters, out, spool)
if result["TotalJobAds"] == 0: sys.exit(str(result))
`;

/**
 * Reads a log, and moves JobStatus from the cluster ads to the proc ads. A schedd
 * of 25 keeps a JobStatus in its cluster ads, in memory only. It exports that, and
 * omits JobStatus in proc ads with the same value.
 */
function withStatusInProcAds(text: string): PlainAds {
  const ads = readPlainAds(text);
  for (const id of jobKeys(ads)) {
    const cluster = ads.get(`0${id.split(".")[0]}.-1`);
    const status = ads.get(id)?.get("jobstatus") ?? cluster?.get("jobstatus");
    ads.get(id)?.set("jobstatus", status ?? "missing");
  }
  for (const [key, ad] of ads) {
    if (key.endsWith(".-1")) ad.delete("jobstatus");
  }
  return ads;
}

async function compare(root: Root, module: string): Promise<void> {
  await using pool = await Pool.start({ root, slots: 0 });
  const campaign = await submitCampaign(pool);
  const before = "/var/tmp/before.log";
  await pool.sh(`cp ${pool.spool}/job_queue.log ${before}`);
  for (const owner of ["alice", "bob"]) {
    const spool = remoteSpool(owner);
    const ids = campaign.jobs.filter((job) => job.owner === owner)
      .map(({ id }) => id);
    const clusters = [...new Set(ids.map((id) => id.split(".")[0]))];

    await pool.sh("mkdir -p own/out", { user: owner });
    const own = `/home/${owner}/own/out`;
    await pool.python(
      ownExport.replaceAll("MODULE", module),
      [own, spool, ...clusters],
      { user: owner },
    );
    const theirs = withStatusInProcAds(
      await pool.machine.read(`${own}/job_queue.log`),
    );

    const out = `/var/tmp/${owner}`;
    await pool.sh(`mkdir ${out}`);
    const { exports } = await pool.lumberjackJson<ExportReport>([
      ...["export", "--ids", ...clusters, "--out", out],
      ...["--remote-spool", spool, "--queue", before],
      ...["--queue-out", `/var/tmp/${owner}.log`],
    ]);
    const ours = readPlainAds(await pool.machine.read(`${out}/job_queue.log`));

    const expected = [
      ...adLines(theirs, () => true),
      // The schedd's export does not change an Iwd in a cluster ad. So each job
      // of ours has its own Iwd in addition.
      ...ids.map((id) => `${id} iwd = "${jobFolder(spool, id)}"`),
      ...ids.map((id) => `${id} lumberjackexportid = "${exports[0].exportId}"`),
    ];
    const actual = adLines(ours, () => true);
    assertEquals(
      differences(actual, expected),
      noDifferences,
      `${owner}'s jobs, with ${module}`,
    );
    assert(actual.length > 60 * clusters.length);
  }
}

for (const root of roots) {
  for (
    const module of root === "trixie"
      ? ["htcondor", "htcondor2"]
      : ["htcondor2"]
  ) {
    poolTest(
      `Lumberjack exports the same as the schedd of ${root} through ${module}, except that every job gets its own Iwd`,
      () => compare(root, module),
    );
  }
}
