import { assert, assertEquals } from "@std/assert";
import {
  type ImportReport,
  Pool,
  poolTest,
  remoteSpool,
  type Root,
  roots,
} from "./harness/mod.ts";

const jobs = 40;
const out = "/var/tmp/out", returned = "/var/tmp/returned";
const home = "/home/alice/work";

async function copy(from: string, to: string): Promise<void> {
  const { success } = await new Deno.Command("cp", {
    args: ["-a", `${from}/.`, to],
  }).output();
  assert(success);
}

/**
 * Exports jobs with outputs and a user log, runs them and copies the results
 * back.
 */
async function runAway(pool: Pool, root: Root): Promise<void> {
  await pool.machine.write(
    `${home}/run`,
    "#!/bin/sh\necho out of $1\necho output of $1 >o\nchmod 775 o\n",
    { user: "alice", mode: 0o755 },
  );
  await pool.submit(
    "executable = run\narguments = $(Process)\nlog = job.log\n" +
      "output = out.$(Process)\nshould_transfer_files = YES\n" +
      'transfer_output_files = o\ntransfer_output_remaps = "o=o.$(Process)"\n' +
      `request_memory = 16\nrequest_disk = 1\nqueue ${jobs}\n`,
    { user: "alice", cwd: home },
  );
  await pool.machine.sh(`mkdir ${out} ${returned}; chown alice ${out}`);
  await pool.lumberjackJson([
    ...["export", "--constraint", "true", "--out", out, "--stage"],
    ...["--remote-spool", remoteSpool("alice")],
  ], { user: "alice" });
  await using away = await Pool.start({
    ...{ root, user: "alice", slots: 12, start: false },
    config: "VALID_SPOOL_FILES = lumberjack, manifest.json, SHA256SUMS\n",
  });
  await copy(pool.machine.path(out), away.machine.path(away.spool));
  await away.machine.run(["chown", "-R", "alice", away.spool]);
  await away.startDaemons();
  await away.untilNone("JobStatus != 4", 60);
  await away.stopSchedd();
  await copy(away.machine.path(away.spool), pool.machine.path(returned));
}

/** Returns the proc of each terminal event in the user log, sorted. */
async function ends(pool: Pool): Promise<number[]> {
  const log = await pool.machine.read(`${home}/job.log`);
  return [...log.matchAll(/^005 \(\d+\.(\d+)\./gm)].map(([, proc]) =>
    Number(proc)
  ).sort((a, b) => a - b);
}

/** Returns the procs of the locked jobs. */
async function locked(pool: Pool): Promise<number[]> {
  const text = await pool.sh(
    "condor_q -all -const 'Managed =?= \"External\"' -af ProcId",
  );
  return text.trim().split("\n").filter((line) => line !== "").map(Number);
}

/**
 * HTCondor promises: a job that is not locked has one terminal event in its log.
 * Returns the number of locked jobs.
 */
async function checkPromise(pool: Pool): Promise<number> {
  const away = await locked(pool);
  const ended = await ends(pool);
  assertEquals(ended, [...new Set(ended)]);
  for (let proc = 0; proc < jobs; proc++) {
    if (!away.includes(proc)) assert(ended.includes(proc), `1.${proc}`);
  }
  return away.length;
}

async function killed(root: Root): Promise<void> {
  await using pool = await Pool.start({
    ...{ root, slots: 0 },
    config: "PERIODIC_EXPR_INTERVAL = 2\n",
  });
  await runAway(pool, root);

  // The user condor may change the jobs, but may not write alice's files.
  await pool.machine.sh(`chmod -R a+rX ${returned}`);
  const asCondor = await pool.lumberjackJson<ImportReport>(
    ["import", "--in", returned],
    { user: "condor", status: 4 },
  );
  assertEquals([asCondor.merged, asCondor.refused.length], [0, jobs]);
  assert(asCondor.refused[0].reason.startsWith("only alice and root"));
  assertEquals(await checkPromise(pool), jobs);

  let kills = 0;
  for (let tenths = 3; tenths < 40; tenths += 2) {
    const command = ["lumberjack", "import", "--in", returned, "--quiet"];
    const { code } = await pool.try(
      ["timeout", "-s", "KILL", `${tenths / 10}`, ...command],
    );
    await checkPromise(pool);
    if (code === 0) break;
    kills++;
  }
  assert(kills > 0);

  // The user imports the remaining jobs himself, from a bundle. It is a .tar.gz
  // because not every runtime has zstd.
  const bundle = "/var/tmp/back.tar.gz";
  await pool.lumberjack(["bundle", "create", returned, bundle]);
  await pool.sh(`chmod 644 ${bundle}`);
  const last = await pool.lumberjackJson<ImportReport>(
    ["import", "--in", bundle],
    { user: "alice" },
  );
  assertEquals([last.refused, last.missing], [[], []]);
  assertEquals(await checkPromise(pool), 0);
  assertEquals(await ends(pool), Array.from({ length: jobs }, (_, i) => i));
  await pool.run(["condor_wait", "-wait", "5", `${home}/job.log`]);
  const names = (await pool.sh(`ls -A ${home}`)).trim().split("\n");
  assertEquals(names.length, 2 + 2 * jobs, names.join(" "));
  for (const proc of [0, 7, jobs - 1]) {
    const text = await pool.sh(
      `cd ${home}; cat out.${proc} o.${proc}; stat -c '%a %U' o.${proc}`,
    );
    assertEquals(text, `out of ${proc}\noutput of ${proc}\n775 alice\n`);
  }
  // When the locks are gone, completed jobs leave the schedd's queue.
  await pool.untilNone("true", 30);
  assertEquals((await pool.history()).length, jobs);
}

for (const root of roots) {
  poolTest(
    `on ${root}, if root's imports are killed and the user imports the rest, every output is home and every job has one terminal event`,
    () => killed(root),
  );
}
