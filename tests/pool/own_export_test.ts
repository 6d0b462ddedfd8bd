import { assertEquals } from "@std/assert";
import {
  adLines,
  type ExportReport,
  jobFolder,
  Pool,
  poolTest,
  readPlainAds,
  remoteSpool,
  type Root,
  roots,
  submitCampaign,
} from "./harness/mod.ts";

// The schedd's EXPORT_JOBS through the bindings, as the prototype calls it.
const ownExport = `
import sys, MODULE
_, out, spool, *clusters = sys.argv
result = MODULE.Schedd().export_jobs(clusters, out, spool)
if result["TotalJobAds"] == 0: sys.exit(str(result))
`;

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
    const theirs = readPlainAds(
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

    // Theirs leaves Iwd as it was where it stands in the cluster ad.
    const ourOwn = ids.flatMap((id) => [
      `${id} iwd = "${jobFolder(spool, id)}"`,
      `${id} lumberjackexportid = "${exports[0].exportId}"`,
    ]);
    const all = () => true;
    assertEquals(
      adLines(ours, all),
      [...new Set([...adLines(theirs, all), ...ourOwn])].sort(),
      `${owner}'s jobs, with ${module}`,
    );
  }
}

for (const root of roots) {
  for (
    const module of root === "trixie"
      ? ["htcondor", "htcondor2"]
      : ["htcondor2"]
  ) {
    poolTest(
      `an export is what the schedd of ${root} exports through ${module}, with Iwd of every job rewritten`,
      () => compare(root, module),
    );
  }
}
