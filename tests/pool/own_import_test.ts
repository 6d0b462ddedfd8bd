import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  differences,
  type ExportReport,
  type ImportReport,
  noDifferences,
  Pool,
  poolTest,
  type Root,
  roots,
} from "./harness/mod.ts";

const user = "alice";
const back = "/var/tmp/back";
const away = "/var/tmp/away.log";
/** Enough for three batches of results. */
const jobs = 300;

/** The changes that the remote site made to jobs, by proc. */
const came: Readonly<Record<number, readonly string[]>> = {
  1: ["JobStatus 3", 'RemoveReason "by its owner"'],
  2: [
    "JobStatus 5",
    "LastJobStatus 2",
    "HoldReasonCode 3",
    'HoldReason "by its owner"',
    "NumHolds 4",
    "NumHoldsByReason [ JobPolicy = 3; UserRequest = 1 ]",
  ],
  3: ["JobStatus 2", "NumJobStarts 1", 'RemoteHost "slot1@node.example"'],
  4: ["JobStatus 1", "NumJobStarts 2", "LastVacateTime 1700000300"],
  5: ['Cmd "/bin/evil"', 'Owner "root"', "JobUniverse 12", "PeriodicHold true"],
  6: ["ExitCode 1 + 2", "HoldReasonCode 16"],
  // The schedd's import refuses a job with this status without a message.
  7: ["LastJobStatus 3"],
  // The schedd itself increments these counters when it sets the codes.
  8: [
    "VacateReasonCode 1002",
    "NumVacates 7",
    "HoldReasonCode 3",
    "NumHolds 7",
  ],
};
const heldHere = 9, removedHere = 10, missing = 11;

const completed = (proc: number) => [
  "JobStatus 4",
  "LastJobStatus 2",
  "CompletionDate 1700000200",
  "EnteredCurrentStatus 1700000200",
  `ExitCode ${proc % 7}`,
  "ExitBySignal false",
  "NumJobStarts 1",
  "RemoteWallClockTime 12.5",
  "ImageSize 750000",
  "ImageSize_RAW 731234",
  "DiskUsage 25000",
  "DiskUsage_RAW 22345",
  'RemoteHost "slot1@node.example"',
  'ChirpNote "Grüße, \\"quoted\\""',
];

/** Returns the exported log with results, as a remote schedd appends them. */
function withResults(log: string, cluster: number): string {
  const lines = [log];
  for (let proc = 0; proc < jobs; proc++) {
    const id = `${cluster}.${proc}`;
    if (proc === missing) {
      lines.push(`102 ${id}\n`);
      continue;
    }
    for (const result of [...completed(proc), ...came[proc] ?? []]) {
      lines.push(`103 ${id} ${result}\n`);
    }
  }
  lines.push(`103 0${cluster}.-1 Requirements true\n`);
  return lines.join("");
}

/** Returns all attributes of all jobs, one in a line. */
async function queueLines(pool: Pool): Promise<string[]> {
  return (await pool.queue()).flatMap((ad) => {
    const id = `${ad.ClusterId}.${ad.ProcId}`;
    // A job that came home unfinished gets the time of the import here.
    const isNow = ad.JobStatus === 1;
    return Object.entries(ad).filter(([name]) =>
      name !== "ServerTime" && !(isNow && name === "EnteredCurrentStatus")
    ).map(([name, value]) => `${id} ${name} = ${JSON.stringify(value)}`);
  }).sort();
}

/** Restores the queue as it was when the jobs were away. */
async function goBack(pool: Pool): Promise<void> {
  await pool.stopSchedd();
  await pool.sh(`cp -p ${away} ${pool.spool}/job_queue.log`);
  await pool.startSchedd();
}

async function ownImports(pool: Pool): Promise<number> {
  const log = await pool.machine.read(`${pool.log}/SchedLog`);
  return log.split("ImportExportedJobResults() returning true").length - 1;
}

const importArgs = ["import", "--in", back];
const ownArgs = [...importArgs, "--engine", "schedd"];

/**
 * Imports with both engines, and compares the queues. In a personal pool alice
 * can read the schedd's log. In root's pool she has to ask the schedd.
 */
async function sameQueue(root: Root, personal: boolean): Promise<void> {
  await using pool = await Pool.start({
    root,
    user: personal ? user : undefined,
    slots: 0,
    // Jobs that have ended must stay in the queue, where the test can see them.
    config: "PERIODIC_EXPR_INTERVAL = 7200\nMAX_PERIODIC_EXPR_INTERVAL = 7200",
  });
  const [cluster] = await pool.submit(
    `executable = /bin/true\nqueue ${jobs}\n`,
    { user },
  );
  await pool.sh("mkdir -p /var/tmp/out; chown alice /var/tmp/out");
  await pool.lumberjackJson<ExportReport>([
    ...["export", "--ids", String(cluster), "--out", "/var/tmp/out"],
    ...["--remote-spool", "/remote/spool"],
  ]);
  const log = await pool.machine.read("/var/tmp/out/job_queue.log");
  await pool.machine.write(
    `${back}/job_queue.log`,
    withResults(log, cluster),
    { user },
  );
  await pool.run(["condor_hold", `${cluster}.${heldHere}`], { user });
  await pool.run(["condor_rm", `${cluster}.${removedHere}`], { user });
  await pool.stopSchedd();
  await pool.sh(`cp -p ${pool.spool}/job_queue.log ${away}`);
  await pool.startSchedd();

  const direct = await pool.lumberjackJson<ImportReport>(importArgs, {
    status: 4,
  });
  const expected = await queueLines(pool);
  assertEquals(direct.merged, jobs - 3);
  assertEquals([direct.released, direct.heldEnded], [2, 1]);
  assertEquals(direct.missing, [`${cluster}.${missing}`]);
  assert(direct.refused.length >= 6);
  assertEquals(await ownImports(pool), 0);

  await goBack(pool);
  const own = await pool.lumberjackJson<ImportReport>(ownArgs, {
    status: 4,
    user,
  });
  assertEquals(own, direct);
  assertEquals(
    differences(await queueLines(pool), expected),
    noDifferences,
  );
  // One import tries whether it works, and one is for each batch.
  assert(await ownImports(pool) >= 3);
  const before = await changesLogged(pool);
  const again = await pool.lumberjackJson<ImportReport>(ownArgs, {
    status: 4,
    user,
  });
  assertEquals(again.merged, 0);
  assertEquals(await queueLines(pool), expected);
  assertEquals(await changesLogged(pool), before);

  await killedAndRepeated(pool, expected);
}

/**
 * Returns the schedd's log without the records by which Lumberjack proves whose
 * log it is (lib/lumberjack/queue/schedd/proof.ts). They change no job.
 */
async function changesLogged(pool: Pool): Promise<string> {
  const log = await pool.machine.read(`${pool.spool}/job_queue.log`);
  return log.replace(
    /105 [^\n]*\n104 \S+ LumberjackProof_\w+\n106[^\n]*\n/g,
    "",
  )
    .replace(/104 \S+ LumberjackProof_\w+\n/g, "");
}

/**
 * Kills imports before and after the schedd's import of the second batch. Repeats
 * them, with either engine, and compares the queues.
 */
async function killedAndRepeated(
  pool: Pool,
  expected: readonly string[],
): Promise<void> {
  for (
    const [where, engine] of [
      ["before", ownArgs],
      ["after", importArgs],
    ] as const
  ) {
    await goBack(pool);
    const killed = await pool.try([
      ...["deno", "run", "-A", "/lumberjack/tests/pool/own_import_killed.ts"],
      ...[back, where],
    ], { user, env: { DENO_DIR: "/var/cache/deno" } });
    assertEquals(killed.code, 137, killed.stderr);
    const home = "LumberjackLastExportId =!= undefined";
    const some = (await pool.queue(home)).length;
    assert(some > 0 && some < jobs - 3, String(some));
    const locked = await pool.queue(
      `${home} && LumberjackExportId =!= undefined`,
    );
    assertEquals(locked.length > 0, where === "after");
    await pool.lumberjackJson<ImportReport>([...engine], {
      status: 4,
      user,
    });
    assertEquals(
      differences(await queueLines(pool), expected),
      noDifferences,
      `killed ${where} the schedd's import`,
    );
  }
}

for (const [root, personal] of [["trixie", false], ["sid", true]] as const) {
  poolTest(
    `import --engine schedd leaves the same queue on ${root} as direct, even if it is killed and repeated`,
    () => sameQueue(root, personal),
  );
}

/** Checks that an import that cannot work changes nothing, and says why. */
async function refusals(root: Root): Promise<void> {
  await using pool = await Pool.start({ root, slots: 0 });
  const [cluster] = await pool.submit(
    "executable = /bin/true\nqueue 2\n",
    { user },
  );
  await pool.sh("mkdir /var/tmp/out /var/tmp/hidden");
  await pool.lumberjackJson<ExportReport>([
    ...["export", "--ids", String(cluster), "--out", "/var/tmp/out"],
    ...["--remote-spool", "/remote/spool"],
  ]);
  await pool.sh("chown -R alice /var/tmp/out");
  const before = await changesLogged(pool);
  const args = ["lumberjack", "import", "--in", "/var/tmp/out"];
  const own = [...args, "--engine", "schedd"].join(" ");
  for (
    const [command, reason] of [
      [own, `import as alice@test, or leave out --engine`],
      // bob never had a job here. His import would crash the schedd.
      [
        `runuser -u bob -- sh -c 'cp -r /var/tmp/copy ~/ && ${own} --in ~/copy'`,
        "we are bob@test: import as alice@test",
      ],
      // The schedd cannot see this folder, as on another machine.
      [
        `mount -t tmpfs -o mode=777 none /var/tmp/hidden && TMPDIR=/var/tmp/hidden runuser -u alice -- ${own}`,
        "set TMPDIR to a folder that the schedd sees",
      ],
      [
        `_CONDOR_SCHEDD_DAEMON_AD_FILE=/none _CONDOR_SCHEDD_ADDRESS_FILE=/none runuser -u alice -- ${own} --name submit.test`,
        "import on the schedd's host",
      ],
    ]
  ) {
    await pool.sh(
      "rm -rf /var/tmp/copy; cp -r /var/tmp/out /var/tmp/copy; chmod -R a+rX /var/tmp/copy",
    );
    const { code, stderr } = await pool.try([
      "unshare",
      "-m",
      "sh",
      "-c",
      command,
    ]);
    assertEquals(code, 1, stderr);
    assertStringIncludes(stderr, reason);
  }
  assertEquals(await changesLogged(pool), before);
  assertEquals((await pool.queue('Managed == "External"')).length, 2);
}

for (const root of roots) {
  poolTest(
    `if import --engine schedd cannot work on ${root}, it changes nothing and says why`,
    () => refusals(root),
  );
}
