import { assertEquals, assertMatch } from "@std/assert";
import { Pool, poolTest, type Root, roots } from "./harness/mod.ts";

/**
 * Starts two pools on one machine: root's, and alice's, which stands for another
 * host's. Returns the schedd that condor_q and Lumberjack find.
 */
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
  // condor_q and Lumberjack must find the same schedd.
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

/** Returns configurations of a tool, each with a title. */
function configurations(
  own: Pool,
  other: Pool,
): Record<string, Record<string, string>> {
  const nowhere = "/nowhere/address";
  const theirs = { _CONDOR_COLLECTOR_HOST: other.collector };
  const otherSpool = other.spool;
  return {
    "no knob": {},
    "SCHEDD_NAME alone": { _CONDOR_SCHEDD_NAME: "other@submit.test" },
    "SCHEDD_NAME and its collector": {
      ...theirs,
      _CONDOR_SCHEDD_NAME: "other@submit.test",
    },
    "another collector": theirs,
    "SCHEDD_ADDRESS_FILE of the other schedd": {
      _CONDOR_SCHEDD_ADDRESS_FILE: `${otherSpool}/.schedd_address`,
    },
    "no address file, and a collector": {
      _CONDOR_SCHEDD_ADDRESS_FILE: nowhere,
    },
    "no address file, another collector": {
      ...theirs,
      _CONDOR_SCHEDD_ADDRESS_FILE: nowhere,
    },
    "SCHEDD_DAEMON_AD_FILE of the other schedd": {
      _CONDOR_SCHEDD_ADDRESS_FILE: nowhere,
      _CONDOR_SCHEDD_DAEMON_AD_FILE: `${otherSpool}/.schedd_classad`,
    },
    "SPOOL of the other schedd": { _CONDOR_SPOOL: otherSpool },
    "SCHEDD_HOST of this host": { _CONDOR_SCHEDD_HOST: "submit.test" },
    "SCHEDD_HOST without a domain": { _CONDOR_SCHEDD_HOST: "submit" },
    "SCHEDD_HOST and the address file of the other schedd": {
      _CONDOR_SCHEDD_HOST: "submit.test",
      _CONDOR_SCHEDD_ADDRESS_FILE: `${otherSpool}/.schedd_address`,
    },
    "SCHEDD_HOST with a name only": {
      ...theirs,
      _CONDOR_SCHEDD_HOST: "other@",
    },
    "two collectors, the first of them dead": {
      _CONDOR_COLLECTOR_HOST: `127.0.0.1:9,${other.collector}`,
      _CONDOR_SCHEDD_HOST: "other@submit.test",
    },
    "CONDOR_HOST": {
      _CONDOR_COLLECTOR_HOST: "$(CONDOR_HOST)",
      _CONDOR_CONDOR_HOST: other.collector,
      _CONDOR_SCHEDD_HOST: "other@submit.test",
    },
    "a collector that does not answer": {
      _CONDOR_COLLECTOR_HOST: own.collector.replace(/\d+$/, "9"),
      _CONDOR_SCHEDD_HOST: "other@submit.test",
    },
    "a SCHEDD_HOST that no schedd has": {
      _CONDOR_SCHEDD_HOST: "nobody@submit.test",
    },
  };
}

for (const root of roots) {
  poolTest(
    `on ${root}, every knob leads Lumberjack to the same schedd as condor_q`,
    async (t) => {
      await using own = await Pool.start({ root, slots: 0 });
      await using other = await Pool.start({
        root,
        slots: 0,
        user: "alice",
        machine: own.machine,
        config: "SCHEDD_NAME = other@submit.test",
      });
      // bob must be able to read the files of alice's schedd, as he can read
      // those of root's.
      await own.sh("chmod o+x ~alice ~alice/condor ~alice/condor/spool");
      await own.sh("echo 127.0.0.1 submit.test submit >/etc/hosts");
      for (const [about, env] of Object.entries(configurations(own, other))) {
        await t.step(about, async () => {
          // Not as root, because root's tools talk to another port of the
          // schedd (SCHEDD_SUPER_ADDRESS_FILE).
          const as = { env, user: "bob" };
          // condor_q prints only the address. Its port shows which pool it is.
          const asked = await own.try(["condor_q", "-totals"], as);
          const theirs = /Schedd: \S+ : <[\d.]+:(\d+)/.exec(asked.stdout)?.[1];
          const doctor = await own.lumberjack(["doctor", "--json"], as);
          const findings: { check: string; state: string; message: string }[] =
            JSON.parse(doctor.stdout).findings;
          const found = findings.find(({ check }) => check === "schedd");
          const ours = / at <[\d.]+:(\d+)/.exec(found?.message ?? "")?.[1];
          assertEquals(ours, theirs, `${asked.stderr}\n${doctor.stdout}`);
        });
      }
    },
  );

  poolTest(
    `on ${root}, SCHEDD_HOST chooses the same schedd for Lumberjack as for condor_q`,
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
    `on ${root}, COLLECTOR_PORT is used for a collector whose address has no port`,
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
    `on ${root}, the user's configuration is found even if HOME is the home of another user`,
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
      // Without condor_config_val, Lumberjack reads the files itself.
      await pool.sh("mv $(command -v condor_config_val) /var/tmp/");
      const doctor = await pool.lumberjack(["doctor"], { user: "alice", env });
      assertMatch(doctor.stdout + doctor.stderr, /nowhere@submit\.test/);
    },
  );
}
