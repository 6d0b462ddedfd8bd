import { assert, assertEquals, assertMatch } from "@std/assert";
import { readPlainAds } from "./harness/queue_text.ts";
import {
  type ExportReport,
  Pool,
  poolTest,
  roots,
  until,
} from "./harness/mod.ts";

/** A second schedd on the same host. Its environment overrides all files. */
const environment = Object.entries({
  SCHEDD_NAME: "two@submit.test",
  SPOOL: "/var/spool/two",
  JOB_QUEUE_LOG: "/var/spool/two/job_queue.log",
  HISTORY: "/var/spool/two/history",
  SCHEDD_LOG: "/var/log/condor/SchedLog.two",
}).map(([knob, value]) => `_CONDOR_${knob}=${value}`).join(" ");
const secondSchedd = `
TWO = $(SCHEDD)
TWO_ARGS = -local-name TWO
SCHEDD.TWO.SCHEDD_ADDRESS_FILE = /var/spool/two/.schedd_address
TWO_ENVIRONMENT = "${environment}"
DC_DAEMON_LIST = + TWO
DAEMON_LIST = $(DAEMON_LIST) TWO
`;

/**
 * Variables with which HTCondor's tools and Lumberjack use the second schedd.
 */
const meanSecond = {
  _CONDOR_SCHEDD_NAME: "two@submit.test",
  _CONDOR_SCHEDD_ADDRESS_FILE: "/var/spool/two/.schedd_address",
  _CONDOR_SCHEDD_DAEMON_AD_FILE: "/var/spool/two/.schedd_classad",
};

/**
 * Returns the jobs of an exported log with their arguments, which show their
 * origin.
 */
async function jobsIn(pool: Pool, log: string): Promise<string[]> {
  const ads = readPlainAds(await pool.run(["cat", log]));
  return [...ads].filter(([key]) => /^\d+\.\d+$/.test(key) && key !== "0.0")
    .map(([key, ad]) => {
      const cluster = ads.get(`0${key.split(".")[0]}.-1`);
      const args = ["arguments", "args"].map((name) =>
        ad.get(name) ?? cluster?.get(name)
      ).find((value) => value !== undefined);
      return `${key} ${args}`;
    }).sort();
}

async function locked(pool: Pool, schedd: string[]): Promise<string[]> {
  const said = await pool.run([
    ...["condor_q", ...schedd, "-allusers", "-constraint"],
    ...['Managed == "External"', "-af:j", "Args", "Arguments"],
  ]);
  return said.split("\n").filter((line) => line !== "")
    .map((line) => line.split(" ")[0]).sort();
}

/**
 * Recovers, takes job 1.1 back, and imports the other jobs as if they had run.
 */
async function comeHome(pool: Pool, out: string): Promise<void> {
  const recover = await pool.lumberjack(["recover"]);
  assertEquals(recover.code, 0, recover.stderr);
  const back = await pool.lumberjackJson<{ unlocked: string[] }>(
    ["unexport", "--ids", "1.1"],
  );
  assertEquals(back.unlocked, ["1.1"]);
  await pool.sh(
    `for id in 1.0 1.2; do echo "103 $id CommittedTime 77"; done >>${out}/job_queue.log`,
  );
  const { merged, released } = await pool.lumberjackJson<
    { merged: number; released: number }
  >(["import", "--in", out]);
  assertEquals([merged, released], [1, 1]);
  const home = await pool.queue("CommittedTime == 77");
  assertEquals(home.map((ad) => `${ad.ClusterId}.${ad.ProcId}`), ["1.0"]);
  assertEquals(await locked(pool, []), []);
}

for (const root of roots) {
  poolTest(
    `on ${root}, if JOB_QUEUE_LOG is a link to the schedd's log, Lumberjack uses the log`,
    async () => {
      await using pool = await Pool.start({ root, slots: 0 });
      await pool.submit("executable = /bin/true\nqueue 2\n", { user: "alice" });
      await pool.sh(
        `ln -s ${pool.spool}/job_queue.log /var/spool/link.log; mkdir /var/tmp/out`,
      );
      await pool.configure("JOB_QUEUE_LOG = /var/spool/link.log");
      const { code, stderr } = await pool.lumberjack([
        ...["export", "--constraint", "true", "--out", "/var/tmp/out"],
        ...["--remote-spool", "/remote/spool"],
      ]);
      assertEquals([code, /is not used/.test(stderr)], [0, false], stderr);
      assertEquals(await locked(pool, []), ["1.0", "1.1"]);
    },
  );

  poolTest(
    `on ${root}, a log that is not the schedd's is not read, and edited jobs leave with their new values`,
    async () => {
      await using pool = await Pool.start({ root, slots: 0 });
      await pool.submit(
        "executable = /bin/true\narguments = before\nqueue 3\n",
        { user: "alice" },
      );
      // The configuration changes, but the schedd is not restarted.
      await pool.sh(
        `mkdir /var/spool/new /var/tmp/out; cp -a ${pool.spool}/job_queue.log /var/spool/new/`,
      );
      await pool.configure("JOB_QUEUE_LOG = /var/spool/new/job_queue.log");
      await pool.run(["condor_qedit", "1", "Arguments", '"after"']);
      await pool.run(["condor_qedit", "1", "Args", '"after"']);
      const export_ = await pool.lumberjack([
        ...["export", "--constraint", "true", "--out", "/var/tmp/out"],
        ...["--remote-spool", "/remote/spool"],
      ]);
      assertEquals(export_.code, 0, export_.stderr);
      assertMatch(
        export_.stderr,
        /job_queue\.log is not used: what the schedd writes does not appear in it/,
      );
      assertEquals(
        await jobsIn(pool, "/var/tmp/out/job_queue.log"),
        [0, 1, 2].map((proc) => `1.${proc} "after"`),
      );
      assertEquals(await locked(pool, []), ["1.0", "1.1", "1.2"]);
      const doctor = await pool.lumberjack(["doctor"]);
      assertMatch(doctor.stdout + doctor.stderr, /is not the log of/);
      // In the wrong log no job is locked, but in the schedd's queue they are.
      await pool.run(["condor_rm", "1.2"]);
      await comeHome(pool, "/var/tmp/out");
    },
  );

  poolTest(
    `on ${root}, if the log is no longer the schedd's when jobs are locked, the export fails`,
    async () => {
      await using pool = await Pool.start({ root, slots: 0 });
      await pool.submit(
        "executable = /bin/true\narguments = before\nqueue 3\n",
        { user: "alice" },
      );
      await pool.sh("mkdir /var/tmp/out");
      const said = await pool.deno([
        ...["run", "-A", "--config", "/lumberjack/deno.json"],
        ...["/lumberjack/tests/pool/live_swapped.ts"],
        ...[`${pool.spool}/job_queue.log`, "/var/tmp/out"],
      ], { user: "root" });
      assertEquals(said.trim(), "the schedd writes another queue log now");
      assertEquals(await locked(pool, []), []);
      assertEquals(
        await pool.machine.exists("/var/tmp/out/job_queue.log"),
        false,
      );
    },
  );

  poolTest(
    `on ${root}, with two schedds on one host and jobs of the same ids, the exported jobs are the locked jobs`,
    async () => {
      await using pool = await Pool.start({
        root,
        slots: 0,
        config: secondSchedd,
        prepare: async (pool) => {
          await pool.sh(
            "mkdir -p /var/spool/two; chown condor: /var/spool/two",
          );
        },
      });
      await until("the second schedd answers", async () => {
        if (!await pool.machine.exists("/var/spool/two/.schedd_address")) {
          return false;
        }
        const answer = await pool.try(["condor_q", "-name", "two@submit.test"]);
        return answer.code === 0;
      });
      const describe = (args: string) =>
        `executable = /bin/true\narguments = ${args}\nqueue 3\n`;
      await pool.submit(describe("one"), { user: "alice" });
      await pool.submit(describe("two"), {
        user: "alice",
        args: ["-name", "two@submit.test"],
      });
      const exportTo = (out: string, env: Record<string, string>) =>
        pool.lumberjackJson<ExportReport>([
          ...["export", "--constraint", "true", "--out", out],
          ...["--remote-spool", "/remote/spool"],
        ], { env });
      await pool.sh("mkdir /var/tmp/one /var/tmp/two /var/tmp/late");
      // Export from both at once. The second export has the address of the
      // second schedd, but JOB_QUEUE_LOG of the first.
      const [one, two] = await Promise.all([
        exportTo("/var/tmp/one", {}),
        exportTo("/var/tmp/two", meanSecond),
      ]);
      assert(one.exports[0].exportId !== two.exports[0].exportId);
      const all = ["1.0", "1.1", "1.2"];
      assertEquals(
        await jobsIn(pool, "/var/tmp/one/job_queue.log"),
        all.map((id) => `${id} "one"`),
      );
      assertEquals(
        await jobsIn(pool, "/var/tmp/two/job_queue.log"),
        all.map((id) => `${id} "two"`),
      );
      assertEquals(await locked(pool, []), all);
      assertEquals(await locked(pool, ["-name", "two@submit.test"]), all);
      // Then one after the other: take jobs back in the second schedd only, and
      // export them again.
      const back = await pool.lumberjack(
        ["unexport", "--export-id", two.exports[0].exportId],
        { env: meanSecond },
      );
      assertEquals(back.code, 0, back.stderr);
      assertEquals(await locked(pool, []), all);
      assertEquals(await locked(pool, ["-name", "two@submit.test"]), []);
      await exportTo("/var/tmp/late", meanSecond);
      assertEquals(
        await jobsIn(pool, "/var/tmp/late/job_queue.log"),
        all.map((id) => `${id} "two"`),
      );
    },
  );
}
