import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import {
  compact,
  QueueTable,
  salvageBytes,
  verifyBytes,
} from "../../lib/queue_log/mod.ts";
import { persistentAds, Pool, poolTest, roots, until } from "./harness/mod.ts";

const data = new URL("../queue_log/data/", import.meta.url);

/** The logs of a negotiator and of a collector. */
interface Logs {
  readonly accountant: Uint8Array<ArrayBuffer>;
  readonly collector: Uint8Array<ArrayBuffer>;
}

function compacted(log: Uint8Array): Uint8Array<ArrayBuffer> {
  const folder = Deno.makeTempDirSync();
  try {
    Deno.writeFileSync(join(folder, "a"), log);
    compact(join(folder, "a"), join(folder, "b"));
    return Deno.readFileSync(join(folder, "b"));
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** Puts a line that is no record in the middle. */
function damaged(log: Uint8Array, at: number): Uint8Array<ArrayBuffer> {
  const lines = new TextDecoder().decode(log).split("\n");
  lines[at] = lines[at].replace(/^10/, "1x");
  return new TextEncoder().encode(lines.join("\n"));
}

/** What the daemons say of these logs. */
interface Said {
  /** By user: what does not change with time. */
  readonly users: Record<string, Record<string, string>>;
  readonly machines: string[];
}

/** Lets real daemons load the logs, and asks them. */
async function ask(pool: Pool, logs: Logs): Promise<Said> {
  const accountant = `${pool.spool}/Accountantnew.log`;
  await pool.machine.write(accountant, logs.accountant);
  await pool.machine.write(persistentAds, logs.collector);
  await pool.sh(`chown condor ${accountant} ${persistentAds}`);
  await pool.startDaemons();
  let said = "";
  await until("the negotiator answers", async () => {
    const answer = await pool.try(["condor_userprio", "-allusers", "-long"]);
    said = answer.stdout;
    return answer.code === 0 && said.includes("bob@test");
  });
  const machines = await pool.run([
    ...["condor_status", "-pool", pool.collector, "-af"],
    ...["Name", "Cpus", "Offline"],
  ]);
  await pool.stopDaemons();
  return { users: usersIn(said), machines: machines.trim().split("\n").sort() };
}

const lasting = ["PriorityFactor", "AccumulatedUsage", "BeginUsageTime"];

/** 23.9 prints one ad with `Name1`, `Priority1` and so on; 25 an ad a user. */
function usersIn(said: string): Said["users"] {
  const users: Said["users"] = {};
  for (const part of said.split("\n\n")) {
    const values = new Map(
      part.split("\n").map((line) => line.split(/ = (.*)/) as [string, string]),
    );
    for (const [name, value] of values) {
      const number = /^Name(\d*)$/.exec(name)?.[1];
      // The negotiator charges alice, and the group of all users, until now.
      if (number === undefined || !value.startsWith('"bob@')) continue;
      users[value] = Object.fromEntries(
        lasting.map((each) => [each, values.get(each + number) ?? ""]),
      );
    }
  }
  return users;
}

for (const root of roots) {
  poolTest(
    `the negotiator and the collector of ${root} load their logs compacted and salvaged, with the same users and machines`,
    async () => {
      await using pool = await Pool.start({
        root,
        slots: 0,
        start: false,
        // Priorities do not fall while the test runs.
        config:
          `COLLECTOR_PERSISTENT_AD_LOG = ${persistentAds}\nPRIORITY_HALFLIFE = 1.0e15\n`,
      });
      const read = (name: string) =>
        Deno.readFileSync(new URL(`${name}-${root}.log`, data));
      const logs = {
        accountant: read("accountant"),
        collector: read("collector"),
      };
      const before = await ask(pool, logs);
      assertEquals(before.machines, [
        "slot1@one.example.org 4 true",
        "slot1@three.example.org 4 true",
      ]);
      assertEquals(
        Number(before.users['"bob@test"']?.AccumulatedUsage) > 20,
        true,
        JSON.stringify(before),
      );
      const small = {
        accountant: compacted(logs.accountant),
        collector: compacted(logs.collector),
      };
      assertEquals(await ask(pool, small), before);

      const bad = {
        accountant: damaged(logs.accountant, 60),
        collector: damaged(logs.collector, 12),
      };
      // The real daemons refuse these logs, as verify says.
      for (const kind of ["accountant", "collector"] as const) {
        assertEquals(
          verifyBytes(bad[kind], kind, { kind }).verdict,
          "refuse",
        );
      }
      const path = `${pool.spool}/Accountantnew.log`;
      await pool.machine.write(path, bad.accountant);
      await pool.machine.write(persistentAds, bad.collector);
      for (const daemon of ["negotiator", "collector"]) {
        await pool.try(["timeout", "20", `condor_${daemon}`, "-f"], {
          env: { _CONDOR_USE_SHARED_PORT: "False" },
        });
        const name = daemon.replace(/^./, (first) => first.toUpperCase());
        assertMatch(
          await pool.machine.read(`${pool.log}/${name}Log`),
          /occurred inside closed transaction, recovery failed/,
        );
      }
      const whole = salvageBytes(bad.accountant).log.slice();
      const ads = salvageBytes(bad.collector).log.slice();
      const after = await ask(pool, { accountant: whole, collector: ads });
      // The damaged lines were replaced by later ones; those of the first
      // machine were not.
      assertEquals(after, before);
      assertEquals(
        QueueTable.read(ads, { kind: "collector" })
          .get("<slot1@one.example.org>")?.has("UpdatesLost"),
        false,
      );
    },
  );
}
