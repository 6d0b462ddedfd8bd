import { assertEquals, assertMatch } from "@std/assert";
import { Pool, poolTest, type Root, roots } from "./harness/mod.ts";

/** Two pools on one machine: root's, and alice's as another host's would be. */
async function jobsSeen(
  root: Root,
  env: (other: Pool) => Record<string, string>,
): Promise<{ condorQ: string; status: string }> {
  await using pool = await Pool.start({ root, slots: 0 });
  await using other = await Pool.start({
    root,
    slots: 0,
    user: "alice",
    machine: pool.machine,
    config: "SCHEDD_NAME = other@submit.test",
  });
  const set = env(other);
  // condor_q and we have to mean the same schedd.
  const asked = await pool.try(["condor_q", "-allusers", "-totals"], {
    env: set,
  });
  const doctor = await pool.lumberjack(["doctor", "--json"], { env: set });
  const findings: { check: string; message: string }[] =
    JSON.parse(doctor.stdout).findings ?? [];
  const found = findings.find(({ check }) => check === "schedd");
  return {
    condorQ: /Schedd: (\S+)/.exec(asked.stdout)?.[1] ?? asked.stderr,
    status: found?.message ?? doctor.stdout + doctor.stderr,
  };
}

for (const root of roots) {
  poolTest(
    `on ${root}, SCHEDD_HOST names the schedd as it does for condor_q`,
    async () => {
      const { condorQ, status } = await jobsSeen(root, (other) => ({
        _CONDOR_SCHEDD_HOST: "other@submit.test",
        _CONDOR_COLLECTOR_HOST: other.collector,
      }));
      assertMatch(condorQ, /^other@submit\.test/);
      assertMatch(status, /^other@submit\.test at /);
    },
  );

  poolTest(
    `on ${root}, COLLECTOR_PORT is the port of a collector without one`,
    async () => {
      const { condorQ, status } = await jobsSeen(root, (other) => ({
        _CONDOR_SCHEDD_HOST: "other@submit.test",
        _CONDOR_COLLECTOR_HOST: "127.0.0.1",
        _CONDOR_COLLECTOR_PORT: String(other.port),
      }));
      assertMatch(condorQ, /^other@submit\.test/);
      assertMatch(status, /^other@submit\.test at /);
    },
  );

  poolTest(
    `on ${root}, the user's configuration is found where HOME is not set or another's`,
    async () => {
      await using pool = await Pool.start({ root, slots: 0 });
      await pool.sh(
        "mkdir -p ~alice/.condor; echo 'SCHEDD_HOST = nowhere@submit.test' > ~alice/.condor/user_config; chown -R alice: ~alice/.condor",
      );
      const env = { HOME: "/root" };
      const value = await pool.run(["condor_config_val", "SCHEDD_HOST"], {
        user: "alice",
        env,
      });
      assertEquals(value.trim(), "nowhere@submit.test");
      // Without condor_config_val the files are read by ourselves.
      await pool.sh("mv $(command -v condor_config_val) /var/tmp/");
      const doctor = await pool.lumberjack(["doctor"], { user: "alice", env });
      assertMatch(doctor.stdout + doctor.stderr, /nowhere@submit\.test/);
    },
  );
}
