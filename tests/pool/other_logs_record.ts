/**
 * Records HTCondor's other ClassAd logs for the tests of tests/queue_log: the
 * negotiator's Accountantnew.log and the collector's persistent ads. Real daemons
 * write them while jobs run and machines go offline. Run it by hand:
 *
 *     scripts/deno run -A tests/pool/other_logs_record.ts
 *
 * @module
 */
import {
  advertiseOffline,
  persistentAds,
  type Pool,
  roots,
  startWithOtherLogs,
} from "./harness/mod.ts";

const folder = new URL("../queue_log/data/", import.meta.url);

async function runJobs(pool: Pool): Promise<void> {
  for (const user of ["alice", "bob", "carol"]) {
    await pool.submit(
      "executable = /bin/sleep\narguments = 5\nlog = /tmp/$(Cluster).log\nqueue 4\n",
      { user, cwd: "/tmp" },
    );
  }
  await pool.untilNone("true");
}

for (const root of roots) {
  await using pool = await startWithOtherLogs(root);
  await runJobs(pool);
  await pool.run(["condor_userprio", "-setfactor", "alice@test", "2000"]);
  await pool.run(["condor_userprio", "-setaccum", "bob@test", "4711"]);
  for (const name of ["one", "two", "three"]) {
    await advertiseOffline(pool, `${name}.example.org`);
  }
  await pool.run(["condor_userprio", "-delete", "carol@test"]);
  await pool.submit("executable = /bin/sleep\narguments = 600\nqueue 2\n", {
    user: "alice",
    cwd: "/tmp",
  });
  await new Promise((resolve) => setTimeout(resolve, 10_000));
  await advertiseOffline(pool, "two.example.org", false);
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  const logs = {
    accountant: `${pool.spool}/Accountantnew.log`,
    collector: persistentAds,
  };
  for (const [name, path] of Object.entries(logs)) {
    const text = await pool.machine.read(path);
    await Deno.writeTextFile(new URL(`${name}-${root}.log`, folder), text);
    console.log(root, name, text.length);
  }
}
