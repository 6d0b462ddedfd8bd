import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type Output, Pool, poolTest, roots } from "./harness/mod.ts";

const out = "/var/tmp/out", other = "/var/tmp/other";

/**
 * Exports with `--engine schedd`. Without a `command`, the export is killed.
 */
async function exportMeddled(pool: Pool, command?: string): Promise<Output> {
  await pool.sh(`rm -rf ${out}; mkdir ${out}; chown alice ${out}`);
  return await pool.try([
    ...["deno", "run", "-A", "--config", "/lumberjack/deno.json"],
    ...["/lumberjack/tests/pool/live_own_export.ts", out],
    ...command === undefined ? [] : [command],
  ], { env: { DENO_DIR: "/var/cache/deno", NO_COLOR: "1" } });
}

/**
 * Returns what an export has left: files, and jobs with an export id or a lock.
 */
async function traces(pool: Pool): Promise<string[]> {
  const files = await pool.sh(`ls -A ${out}`);
  const jobs = await pool.queue(
    "Managed =!= undefined || LumberjackExportId =!= undefined || " +
      "LumberjackExportDir =!= undefined",
  );
  return [
    ...files.split("\n").filter((name) => name !== ""),
    ...jobs.map((ad) => `${ad.ClusterId}.${ad.ProcId}`),
  ];
}

for (const root of roots) {
  poolTest(
    `--engine schedd on ${root} exports no job if one of them has just started or left with another export`,
    async () => {
      await using pool = await Pool.start({ root, slots: 0 });
      await pool.submit("executable = /bin/true\nqueue 3\n", {
        user: "alice",
      });
      const runs = await exportMeddled(pool, "condor_qedit 1.1 JobStatus 2");
      assertMatch(runs.stdout, /cannot take job 1\.1 any more \(running/);
      assertEquals(await traces(pool), []);

      await pool.run(["condor_qedit", "1.1", "JobStatus", "1"]);
      await pool.sh(`mkdir ${other}`);
      const gone = await exportMeddled(
        pool,
        `lumberjack export --ids 1.2 --out ${other} --remote-spool /r`,
      );
      assertMatch(gone.stdout, /cannot take job 1\.2 any more \(another exp/);
      assertEquals(await traces(pool), ["1.2"]);
      const [job] = await pool.queue("ProcId == 2");
      const manifest = await pool.machine.read(`${other}/manifest.json`);
      const { exportId } = JSON.parse(manifest);
      assertEquals(job.LumberjackExportId, exportId);
      await pool.run(["lumberjack", "unexport", "--export-id", exportId]);

      await exportMeddled(pool);
      const said = await pool.run(["lumberjack", "recover"]);
      assertStringIncludes(said, out);
      const left = JSON.parse(await pool.machine.read(`${out}/manifest.json`));
      assertEquals([left.state, left.jobs], ["written", 3]);
      await pool.run(["lumberjack", "unexport", "--export-id", left.exportId]);
      assertEquals(await traces(pool), ["job_queue.log", "manifest.json"]);
    },
  );
}
