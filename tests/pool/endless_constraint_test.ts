import { assertEquals, assertStringIncludes } from "@std/assert";
import { Pool, poolTest, type Root, roots } from "./harness/mod.ts";

const endless = "[A0 = 0 ? e : A0].A0";
const doubled = "[A0=1;" +
  Array.from({ length: 40 }, (_, i) => `A${i + 1}=A${i}+A${i};`).join("") +
  "].A40 > 0";
const refused = [
  endless,
  doubled,
  "(".repeat(40) + "false" + " ?: true)".repeat(40) + " && ProcId == 0",
  "true ? (".repeat(40) + "userHome()" + ") : ProcId".repeat(40),
  `eval("${endless}") || ProcId == 0`,
  Array(20_001).fill("X").join("|"),
];

/** Runs an HTCondor command for at most 5 seconds. Returns its exit status. */
async function brief(pool: Pool, ...command: string[]): Promise<number> {
  const args = ["timeout", "-s", "KILL", "5", ...command];
  return (await pool.try(args, { user: "alice", timeout: 20 })).code;
}

const killed = 137;

async function scheddAnswers(pool: Pool): Promise<boolean> {
  return await brief(pool, "condor_q", "-totals") === 0;
}

async function endlessConstraints(root: Root): Promise<void> {
  await using pool = await Pool.start({ root, slots: 0 });
  await pool.submit(
    "executable = /bin/true\n+A0 = 0 ? e : A0\nqueue 2\n",
    { user: "alice" },
  );

  // First see what HTCondor itself does with such a constraint: a schedd of
  // 23.9 hangs.
  const edit = ["condor_qedit", "-constraint", endless, "Edited", "1"];
  assertEquals(await brief(pool, ...edit), root === "trixie" ? killed : 1);
  assertEquals(await scheddAnswers(pool), root !== "trixie");
  await pool.killSchedd();

  const lumberjack = async (constraint: string) => {
    const { code, stderr } = await pool.lumberjack([
      ...["export", "--constraint", constraint],
      ...["--out", "/var/tmp/away", "--remote-spool", "/spool"],
    ], { timeout: 20 });
    return { code, stderr };
  };
  for (const constraint of refused) {
    const { code, stderr } = await lumberjack(constraint);
    assertStringIncludes(stderr, "constraint could hang a schedd");
    assertEquals(code, 2, constraint.slice(0, 50));
  }
  const { stderr: told, code: status } = await pool.lumberjack([
    ...["export", "--schedd-constraint", endless, "--ids", "1"],
    ...["--out", "/var/tmp/away", "--remote-spool", "/spool"],
  ], { timeout: 20 });
  assertStringIncludes(told, "constraint could hang the collector");
  assertEquals(status, 1);
  // An attribute of a job can have the same effect.
  const { code, stderr } = await lumberjack("A0 == 1");
  assertStringIncludes(stderr, "an attribute in it refers to itself");
  assertStringIncludes(stderr, ": 1.0: ");
  assertEquals(code, 2);

  assertEquals(await scheddAnswers(pool), true);
  assertEquals((await pool.queue("Managed =!= undefined")).length, 0);
}

/** How many processes of the schedd answer queries. */
async function workers(pool: Pool): Promise<number> {
  const { stdout } = await pool.try([
    ...["sh", "-c", "pgrep -P $(pgrep -o -x condor_schedd) -x condor_schedd"],
  ]);
  return stdout.split("\n").filter((line) => line !== "").length;
}

async function endlessJob(): Promise<void> {
  await using pool = await Pool.start({
    root: "trixie",
    slots: 0,
    config: `
LUMBERJACK_SITES = ALCF
LUMBERJACK_DIR = /var/lib/lumberjack
LUMBERJACK_ALCF_CONSTRAINT = WantSite == "ALCF"
LUMBERJACK_ALCF_REMOTE_SPOOL = /remote/spool
LUMBERJACK_ALCF_FILES = none
LUMBERJACK_ALCF_SHIP = /srv
LUMBERJACK_ALCF_FETCH = /var/tmp
`,
  });
  const submit = (site: string, jobs: number) =>
    pool.submit(
      `executable = /bin/true\n+WantSite = ${site}\nqueue ${jobs}\n`,
      { user: "alice" },
    );
  await submit("0 ? e : WantSite", 1);
  await submit('"ALCF"', 3);
  const pass = async () => {
    const { stdout } = await pool.lumberjack(["cron", "--json"], {
      timeout: 120,
    });
    const { report, problem } = JSON.parse(stdout);
    assertEquals(problem, undefined);
    return `${report.sites[0].exported} exported: ${report.problem ?? "ok"}`;
  };
  const named =
    "exported: the constraint of ALCF hangs the schedd at a job (an attribute in it refers to itself): 1.0: ";
  assertStringIncludes(await pass(), `3 ${named}`);
  assertEquals(await workers(pool), 1);
  // The next pass does not let the schedd hang again.
  await submit('"ALCF"', 1);
  assertStringIncludes(await pass(), `1 ${named}`);
  assertEquals(await workers(pool), 1);
  const { stdout } = await pool.lumberjack(["status"]);
  assertStringIncludes(stdout, "STUCK queue, since ");
  assertStringIncludes(stdout, "condor_qedit 1.0");
  // When the job is mended, it leaves, and passes ask the schedd again.
  await pool.run(["condor_qedit", "1.0", "WantSite", '"ALCF"']);
  assertEquals(await pass(), "1 exported: ok");
  assertEquals(await pass(), "0 exported: ok");
  assertEquals(await scheddAnswers(pool), true);
}

poolTest(
  "on trixie, passes go on although a job's attribute would hang the schedd",
  endlessJob,
);

for (const root of roots) {
  poolTest(
    `on ${root}, a constraint that would hang a schedd is never sent`,
    () => endlessConstraints(root),
  );
}
