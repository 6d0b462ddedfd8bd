import { assert, assertEquals } from "@std/assert";
import { jobKeys, readPlainAds } from "./harness/queue_text.ts";
import { Pool, poolTest, type Root } from "./harness/mod.ts";

async function exportedIds(pool: Pool, out: string): Promise<string[]> {
  const path = `${out}/job_queue.log`;
  if (!await pool.machine.exists(path)) return [];
  return jobKeys(readPlainAds(await pool.machine.read(path)));
}

/** Kills the schedd during an export, recovers, and checks what is locked. */
async function scheddDies(root: Root): Promise<void> {
  await using pool = await Pool.start({ root, slots: 0 });
  await pool.submit("executable = /bin/true\nqueue 2000\n", { user: "alice" });
  for (const [round, wait] of [350, 600].entries()) {
    const out = `/var/tmp/out${round}`;
    await pool.sh(`mkdir ${out}`);
    const [exported] = await Promise.all([
      pool.lumberjack([
        "export",
        ...["--constraint", "true", "--out", out],
        ...["--remote-spool", "/remote/spool"],
      ]),
      new Promise((resolve) => setTimeout(resolve, wait))
        .then(() => pool.killSchedd()),
    ]);
    await pool.run(["lumberjack", "recover"]);
    const locked = (await pool.queue('Managed == "External"'))
      .map((ad) => `${ad.ClusterId}.${ad.ProcId}`);
    const away = await exportedIds(pool, out);
    assertEquals(locked.sort(), away.sort(), exported.stderr);
    assertEquals((await pool.queue()).length, 2000);
    await pool.lumberjack(["unexport", "--constraint", "true"]);
    assertEquals((await pool.queue('Managed == "External"')).length, 0);
  }
}

for (const root of ["trixie", "sid"] as const) {
  poolTest(
    `on ${root}, if the schedd is killed in the middle of an export, no job is lost`,
    () => scheddDies(root),
  );
}

const queueOf = `
import htcondor2 as htcondor, json, sys
schedd = htcondor.Schedd()
for ad in schedd.query():
    print(json.dumps([f"{ad['ClusterId']}.{ad['ProcId']}", sorted(ad.keys())]))
`;

const exportBy = `
import htcondor2 as htcondor, sys
print(htcondor.Schedd().export_jobs(["1"], sys.argv[1], "/remote/spool"))
`;

poolTest(
  "--engine schedd and the Python bindings write the same exported log",
  async () => {
    await using pool = await Pool.start({ root: "trixie", slots: 0 });
    const user = "alice";
    await pool.submit(
      "executable = /bin/true\nargs = $(Process)\nqueue 4\n",
      { user },
    );
    await pool.sh("mkdir /home/alice/one /home/alice/two", { user });
    const before = await pool.python(queueOf, [], { user });
    await pool.python(exportBy, ["/home/alice/one"], { user });
    assertEquals((await pool.queue('Managed == "External"')).length, 4);
    await pool.run(["lumberjack", "unexport", "--ids", "1"], { user });
    assertEquals(await pool.python(queueOf, [], { user }), before);
    await pool.run([
      "lumberjack",
      "export",
      ...["--ids", "1", "--out", "/home/alice/two", "--engine", "schedd"],
      ...["--remote-spool", "/remote/spool"],
    ], { user });
    assertEquals((await pool.queue('Managed == "External"')).length, 4);
    const [one, two] = await Promise.all(
      ["one", "two"].map(async (name) =>
        (await pool.machine.read(`/home/alice/${name}/job_queue.log`))
          .split("\n").filter((line) => !line.startsWith("107 ")).sort()
      ),
    );
    assert(one.length > 50);
    // Our jobs also carry the export's id, so that import knows them again.
    const ofLock = (line: string) =>
      / LumberjackExport(Id|Dir|Planned) /.test(line);
    assertEquals(two.filter((line) => !ofLock(line)), one);
    const named = two.filter((line) => line.includes("LumberjackExportId"));
    assertEquals(named.length, 4);
  },
);
