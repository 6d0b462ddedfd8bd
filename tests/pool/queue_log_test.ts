import { assert, assertEquals } from "@std/assert";
import {
  parseScheddVersion,
  QueueTable,
  verifyBytes,
  type VerifyReport,
} from "../../lib/queue_log/mod.ts";
import { knownDamage, randomDamage } from "./harness/damage.ts";
import {
  differences,
  jobLines,
  LoneSchedd,
  noDifferences,
  poolTest,
  readPlainAds,
  type Reception,
  roots,
  setByLoading,
} from "./harness/mod.ts";

const encoder = new TextEncoder();
const data = new URL("../data/htcondor-23.9.6/", import.meta.url);

function readLog(name: string): string {
  return Deno.readTextFileSync(new URL(name, data));
}

/** Returns the same lines as `jobLines`, from our table. */
function tableLines(table: QueueTable, jobs: readonly string[]): string[] {
  return jobs.flatMap((id) => {
    const ad = table.get(id)!;
    const names = new Set([...ad.names(), ...ad.parent?.names() ?? []]
      .map((name) => name.toLowerCase()));
    return [...names].filter((name) => !setByLoading.has(name))
      .map((name) => `${id} ${name} = ${ad.chainedText(name)}`);
  }).sort();
}

function explain(what: string, report: VerifyReport, real: Reception): string {
  const said = real.said.split("\n").filter((line) => /ERROR|WARN/.test(line));
  return [what, report.summary, ...said].join("\n");
}

/**
 * Checks that our verdict agrees with what the schedd did. With `table`, it also
 * compares our table with the schedd's. This works only for jobs that did not
 * run, because the schedd changes jobs that ran.
 */
function compare(
  what: string,
  bytes: Uint8Array,
  real: Reception,
  options: { table: boolean },
): VerifyReport {
  const report = verifyBytes(bytes);
  const why = explain(what, report, real);
  assertEquals(report.verdict !== "refuse", real.starts, why);
  if (!real.starts) return report;
  assertEquals(report.ads.jobs, real.jobs.length, why);
  if (!options.table) return report;
  const counted = bytes.subarray(0, report.committedBytes);
  using table = QueueTable.read(counted, { tolerant: true });
  const actual = tableLines(table, real.jobs);
  const expected = jobLines(readPlainAds(real.log), real.jobs);
  // The schedd prints values with its own blanks. Both keep bytes that are not
  // UTF-8, but print them in different ways.
  const plain = (line: string) => line.replace(/[^!-~]+/g, "");
  const found = differences(actual.map(plain), expected.map(plain));
  assertEquals(found, noDifferences, why);
  return report;
}

const expectedVerdicts: Record<string, VerifyReport["verdict"]> = {
  "nothing": "start",
  "empty": "start",
  "a record that is none, nothing after it": "drop",
  "a record that is none, a transaction after it": "refuse",
  "a value that is no expression": "drop",
  "a header that gives numbers out again": "refuse",
  "no universe": "drop",
  "an ad that is destroyed": "start",
};

/** The logs to damage. All jobs of the second log are idle or held. */
const logs = [
  { name: "returned/job_queue.log", table: false },
  { name: "round-trip/local.log", table: true },
];

for (const root of roots) {
  poolTest(
    `verify predicts what the schedd of ${root} does with a damaged log`,
    async () => {
      await using schedd = await LoneSchedd.boot(root);
      for (const { name, table } of logs) {
        for (const { what, bytes } of knownDamage(readLog(name))) {
          const real = await schedd.open(bytes);
          const label = `${name}: ${what}`;
          const { verdict } = compare(label, bytes, real, { table });
          const expected = expectedVerdicts[what] ?? verdict;
          assertEquals(verdict, expected, label);
        }
      }
    },
  );

  poolTest(
    `verify and our reader agree with the schedd of ${root} about randomly damaged logs`,
    async () => {
      await using schedd = await LoneSchedd.boot(root);
      // To try more logs by hand, set POOL_DAMAGE=5000.
      const count = Number(Deno.env.get("POOL_DAMAGE") ?? 40);
      const seed = Number(Deno.env.get("POOL_SEED") ?? 1);
      for (const { name, table } of logs) {
        for (
          const { what, bytes } of randomDamage(readLog(name), seed, count)
        ) {
          const real = await schedd.open(bytes);
          compare(`${name}: ${what}`, bytes, real, { table });
        }
      }
    },
  );

  poolTest(
    `the schedd of ${root} loads a log of the other version, and verify --for lists the problems`,
    async () => {
      await using schedd = await LoneSchedd.boot(root);
      const version = parseScheddVersion(
        (await schedd.pool.run(["condor_version"]))
          .match(/CondorVersion: (\S+)/)![1],
      );
      const folder = new URL("../queue_log/data/", import.meta.url);
      const other = root === "sid" ? "trixie" : "sid";
      const journal = await Deno.readTextFile(
        new URL(`journal-${other}.log`, folder),
      );
      const strange = readLog("round-trip/local.log") +
        '101 0.77 Project (empty)\n103 0.77 Name "atlas"\n' +
        "101 1.-2 Job Machine\n103 1.-2 A 1\n103 1.0 JobStatus 10\n" +
        "104 1.1 JobStatus\n";
      for (const text of [journal, strange]) {
        const report = verifyBytes(encoder.encode(text), "log", { version });
        assertEquals(report.verdict, "start");
        const real = await schedd.open(text);
        assert(real.starts, real.said);
        assertEquals(real.jobs.length, report.ads.jobs);
        if (text === journal) continue;
        const ads = readPlainAds(real.log);
        const kinds = report.problems.map((p) => p.kind);
        // In a schedd of 25, a job without a status becomes idle.
        const status = ads.get("1.1")?.get("jobstatus");
        assert(kinds.includes("no-status"));
        assertEquals(status, root === "sid" ? "1" : undefined);
        assertEquals(kinds.includes("unknown-status"), root === "trixie");
        assertEquals(kinds.includes("unknown-ad"), root === "trixie");
      }
    },
  );

  poolTest(
    `the schedd of ${root} loads an exported log unchanged`,
    async () => {
      await using schedd = await LoneSchedd.boot(root);
      const { machine } = schedd.pool;
      await machine.write("/var/tmp/log", readLog("round-trip/local.log"));
      await machine.sh("mkdir /var/tmp/out");
      const output = await schedd.pool.lumberjack([
        ...[
          "export",
          "--constraint",
          'Owner == "alice"',
          "--out",
          "/var/tmp/out",
        ],
        ...["--remote-spool", "/hpc/spool", "--queue", "/var/tmp/log"],
        ...["--queue-out", "/var/tmp/away.log"],
      ], { user: "root" });
      assertEquals(output.code, 4, output.stderr);
      const text = await machine.read("/var/tmp/out/job_queue.log");
      const exported = readPlainAds(text);
      const real = await schedd.open(text);
      assertEquals(real.jobs, ["1.0", "1.1", "1.2", "1.3", "2.0"]);
      const taken = jobLines(readPlainAds(real.log), real.jobs);
      assertEquals(
        differences(taken, jobLines(exported, real.jobs)),
        noDifferences,
      );
      // A schedd also loads the updated queue, in which these jobs are locked.
      const away = await schedd.open(await machine.read("/var/tmp/away.log"));
      assertEquals(away.jobs.length, 8);
    },
  );

  poolTest(
    `the schedd of ${root} has the same queue after it loads a compacted log`,
    async () => {
      await using schedd = await LoneSchedd.boot(root);
      const { machine } = schedd.pool;
      const path = "/var/tmp/log", compacted = "/var/tmp/compacted";
      // A log as a schedd writes it: it has transactions, an attribute that is
      // set twice, and an ad that is destroyed.
      const text = readLog("round-trip/local.log") +
        "105 \n103 1.0 JobPrio 5\n103 01.-1 Rank 2.0\n102 3.1\n106 \n" +
        "105 \n103 1.0 JobPrio 7\n104 01.-1 Rank\n106 #again\n";
      await machine.write(path, text);
      const output = await schedd.pool.lumberjack(
        ["log", "compact", path, "--out", compacted],
        { user: "root" },
      );
      assertEquals(output.code, 0, output.stderr);
      const small = await machine.read(compacted);
      assert(
        !/^10[2456] /m.test(small),
        "a compacted log has records other than ads",
      );

      const before = await schedd.open(text);
      const after = await schedd.open(small);
      assertEquals(after.jobs, before.jobs);
      assert(!before.jobs.includes("3.1"));
      const [old, now] = [readPlainAds(before.log), readPlainAds(after.log)];
      assertEquals(
        differences(jobLines(now, after.jobs), jobLines(old, before.jobs)),
        noDifferences,
      );
      assertEquals(now.get("1.0")?.get("jobprio"), "7");
    },
  );
}
