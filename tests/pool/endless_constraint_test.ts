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

for (const root of roots) {
  poolTest(
    `on ${root}, a constraint that would hang a schedd is never sent`,
    () => endlessConstraints(root),
  );
}
