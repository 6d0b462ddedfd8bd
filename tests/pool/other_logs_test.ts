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

/** Damages one line, so that it is not a record any more. */
function damaged(log: Uint8Array, at: number): Uint8Array<ArrayBuffer> {
  const lines = new TextDecoder().decode(log).split("\n");
  lines[at] = lines[at].replace(/^10/, "1x");
  return new TextEncoder().encode(lines.join("\n"));
}

/** What the daemons answer after they have loaded the logs. */
interface Said {
  /** For each user, the values that do not change with time. */
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

/**
 * Reads the users that condor_userprio printed. 23.9 prints one ad with `Name1`,
 * `Priority1` and so on. 25 prints an ad for each user.
 */
function usersIn(said: string): Said["users"] {
  const users: Said["users"] = {};
  for (const part of said.split("\n\n")) {
    const values = new Map(
      part.split("\n").map((line) => line.split(/ = (.*)/) as [string, string]),
    );
    for (const [name, value] of values) {
      const number = /^Name(\d*)$/.exec(name)?.[1];
      // Only bob's values are constant: the negotiator adds usage to alice and to
      // the group of all users as long as it runs.
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
    `the negotiator and the collector of ${root} have the same users and machines after they load compacted or salvaged logs`,
    async () => {
      await using pool = await Pool.start({
        root,
        slots: 0,
        start: false,
        // With this half-life, priorities do not change while the test runs.
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
      // verify says that the daemons refuse these logs, and they do.
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
      // The damaged line of the negotiator's log did not matter, because a later
      // line sets the same value. The collector's damaged line is lost.
      assertEquals(after, before);
      assertEquals(
        QueueTable.read(ads, { kind: "collector" })
          .get("<slot1@one.example.org>")?.has("UpdatesLost"),
        false,
      );
    },
  );
}
