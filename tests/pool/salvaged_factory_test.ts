import { assertEquals } from "@std/assert";
import { salvageBytes } from "../../lib/queue_log/mod.ts";
import { Pool, poolTest, readPlainAds, roots, until } from "./harness/mod.ts";

for (const root of roots) {
  poolTest(
    `a jobset of a salvaged log is there, and a factory makes no job on ${root} until somebody releases it`,
    async () => {
      await using pool = await Pool.start({
        root,
        slots: 0,
        config: "USE_JOBSETS = True",
      });
      await pool.submit(
        "executable = /bin/true\njobset = night\nmax_idle = 2\nqueue 6\n",
        { user: "alice" },
      );
      const ids = async () =>
        (await pool.queue()).map((ad) => `${ad.ClusterId}.${ad.ProcId}`).sort();
      await until(
        "the factory has made two jobs",
        async () => (await ids()).length === 2,
      );
      // The schedd does not sync its log when it makes jobs, but for this.
      await pool.run(["condor_qedit", "1.0", "JobPrio", "1"], {
        user: "alice",
      });
      await pool.stopSchedd();
      const path = `${pool.spool}/job_queue.log`;
      const log = await pool.machine.read(path);
      const jobset = /^101 (\d+\.-100) JobSet/m.exec(log)![1];
      const { report, log: salvaged } = salvageBytes(
        new TextEncoder().encode(log + "nonsense\n105 \n106 \n"),
      );
      assertEquals(report.changes.map(({ id, change }) => `${id} ${change}`), [
        "1 held",
        "1.0 held",
        "1.1 held",
      ]);
      await pool.machine.write(path, salvaged.slice(), { mode: 0o600 });
      await pool.run(["chown", "condor:condor", path]);
      await pool.startSchedd();
      // No job is idle, so the factory would make two more when one leaves.
      await pool.run(["condor_rm", "1.0"], { user: "root" });
      await until(
        "the removed job has left",
        async () => !(await ids()).includes("1.0"),
      );
      await new Promise((resolve) => setTimeout(resolve, 4000));
      assertEquals(await ids(), ["1.1"]);
      const loaded = readPlainAds(await pool.machine.read(path));
      assertEquals(loaded.get(jobset)?.get("jobsetname"), '"night"');
      await pool.run(["condor_release", "1"], { user: "root" });
      await until(
        "the factory has made the next jobs",
        async () => (await ids()).includes("1.2"),
      );
    },
  );
}
