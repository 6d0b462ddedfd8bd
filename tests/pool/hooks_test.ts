import { assertEquals, assertMatch } from "@std/assert";
import { Pool, poolTest, roots, until } from "./harness/mod.ts";

/** Jobs are edited by the router and do not run here. */
const config = `
START = False
DAEMON_LIST = $(DAEMON_LIST) JOB_ROUTER
JOB_ROUTER_POLLING_PERIOD = 2
LUMBERJACK_SITES = ALCF NERSC
LUMBERJACK_DIR = /var/lib/lumberjack
LUMBERJACK_ALCF_CONSTRAINT = LumberjackSite == "ALCF"
LUMBERJACK_ALCF_REMOTE_SPOOL = /remote/spool
LUMBERJACK_ALCF_SHIP = /srv/in
LUMBERJACK_ALCF_FETCH = /srv/out
LUMBERJACK_NERSC_CONSTRAINT = WantSite == "NERSC"
LUMBERJACK_NERSC_REMOTE_SPOOL = /remote/spool
LUMBERJACK_NERSC_SHIP = /srv/in
LUMBERJACK_NERSC_FETCH = /srv/out
`;

interface Step {
  readonly path: string;
  readonly action: string;
  readonly diff: readonly string[];
}

for (const root of roots) {
  poolTest(
    `on ${root}, hooks install writes snippets, the router edits jobs in place, hooks check names what is wrong, and --undo takes all away`,
    async () => {
      await using pool = await Pool.start({
        ...{ root, slots: 0, config },
        prepare: async (pool) => {
          await pool.sh("mkdir -p /srv/in /srv/out; chown condor: /srv/*");
        },
      });
      const before = await pool.sh(
        "ls /etc/condor/config.d /usr/libexec/condor",
      );
      const install = (...args: string[]) =>
        pool.lumberjackJson<{ steps: Step[] }>(["hooks", "install", ...args]);
      const { steps } = await install("cron", "edit");
      assertEquals(
        steps.map(({ action }) => action),
        ["make", "write", "write"],
      );
      const check = async () => {
        const { code, stdout } = await pool.lumberjack(["hooks", "check"]);
        return { code, stdout };
      };
      // The daemons have not read the new files.
      await pool.sh(
        "touch -d '+2 seconds' /etc/condor/config.d/61-lumberjack-edit.conf",
      );
      const early = await check();
      assertEquals(early.code, 1);
      assertMatch(
        early.stdout,
        /^FAILED +daemons: condor_schedd has read its configuration at .*, and \/etc\/condor\/config\.d\/61-lumberjack-edit\.conf was changed at .*\n +-> run condor_reconfig$/m,
      );
      assertMatch(
        early.stdout,
        /^FAILED +routes: NERSC does not ask for the jobs of LumberjackEdit_NERSC.*\n +-> set LUMBERJACK_NERSC_CONSTRAINT = LumberjackSite == "NERSC"$/m,
      );
      await pool.configure(
        config.replace('WantSite == "NERSC"', 'LumberjackSite == "NERSC"'),
      );
      await pool.sh("touch -d '-9 seconds' /etc/condor/config.d/*");
      const asked = Math.floor(Date.now() / 1000);
      await pool.run(["condor_reconfig"]);
      await until(
        "the collector knows that the router has read it",
        async () => {
          const { stdout } = await pool.try(
            [
              "condor_status",
              "-any",
              "-af",
              "MyType",
              "DaemonLastReconfigTime",
            ],
          );
          const router = /^Job_Router (\d+)$/m.exec(stdout)?.[1];
          return Number(router) >= asked;
        },
        30,
      );
      const good = (await check()).stdout;
      assertMatch(good, /^ok +routes: LumberjackEdit_ALCF leads to ALCF$/m);
      assertMatch(
        good,
        /^ok +passes: SCHEDD_CRON \(LUMBERJACK\) runs \/usr\/local\/bin\/lumberjack \(/m,
      );
      assertMatch(good, /^ok +daemons: condor_job_router has read/m);

      for (const site of ["ALCF", "ALCF", "NERSC", "CERN"]) {
        await pool.submit(
          `executable = /bin/true\nMy.DESIRED_Sites = "${site}"\nqueue\n`,
          { user: "alice" },
        );
      }
      const places = async () =>
        (await pool.run(
          [
            "condor_q",
            "-allusers",
            "-af:j",
            "LumberjackSite",
            "ManagedManager",
          ],
        )).trim().split("\n").map((line) => line.trim());
      await until(
        "the router has chosen sites",
        async () => (await places()).join("; ").includes("3.0 NERSC"),
      );
      await pool.run(["lumberjack", "cron"], { user: "condor" });
      assertEquals(await places(), [
        "1.0 ALCF Lumberjack",
        "2.0 ALCF Lumberjack",
        "3.0 NERSC Lumberjack",
        "4.0 undefined undefined",
      ]);

      await install("--undo");
      assertEquals(
        await pool.sh("ls /etc/condor/config.d /usr/libexec/condor"),
        before,
      );
    },
  );
}
