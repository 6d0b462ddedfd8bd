import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Pool, poolTest, type Root, roots, until } from "./harness/mod.ts";

/** Sends a command to a daemon. Returns the error, or the empty string. */
async function tell(
  pool: Pool,
  what: string,
  knob: string,
  user = "root",
): Promise<string> {
  const said = await pool.deno([
    ...["run", "-A", "/lumberjack/tests/pool/daemon_probe.ts", what],
    await pool.configValue(knob),
  ], { user });
  return said.trim();
}

const schedd = "SCHEDD_ADDRESS_FILE", master = "MASTER_ADDRESS_FILE";

async function pidOf(pool: Pool, daemon: string): Promise<string> {
  return (await pool.try(["pgrep", "-x", daemon])).stdout.trim();
}

/**
 * Waits until the MasterLog says how the schedd with this pid ended. Returns
 * that.
 */
async function endingOf(pool: Pool, pid: string): Promise<string> {
  let ending: string | undefined;
  await until(`the master says how ${pid} ended`, async () => {
    const log = await pool.machine.read(`${pool.log}/MasterLog`);
    ending = new RegExp(`SCHEDD.*pid ${pid}\\) (.*)`).exec(log)?.[1];
    return ending !== undefined;
  });
  return ending!;
}

/** Starts a job that runs until a file exists. Returns its cluster. */
async function runningJob(pool: Pool, name: string): Promise<string> {
  await pool.submit(
    `executable = /bin/sh
arguments = "-c 'until [ -e /var/tmp/${name} ]; do sleep 0.2; done'"
queue
`,
    { user: "alice" },
  );
  await until(
    "the job runs",
    async () => (await pool.queue("JobStatus == 2")).length === 1,
  );
  const [job] = await pool.queue();
  return String(job.ClusterId);
}

async function reconfiguring(pool: Pool): Promise<void> {
  const reported = async () =>
    (await pool.run(["condor_status", "-schedd", "-af", "ToldByTest"])).trim();
  assertEquals(await reported(), "undefined");
  await pool.configure(
    "SCHEDD_ATTRS = $(SCHEDD_ATTRS) ToldByTest\nToldByTest = 42\n" +
      "SCHEDD_DEBUG = D_COMMAND D_FULLDEBUG\nDENY_WRITE = carol@test\n",
  );
  assertMatch(
    await tell(pool, "reconfigure", schedd, "alice"),
    /DENIED for user alice@test .*add alice@test to the daemon.s ALLOW_ADMINISTRATOR/,
  );
  assertEquals(await tell(pool, "reconfigure", schedd), "");
  await until(
    "the schedd reports the new attribute",
    async () => await reported() === "42",
  );
}

async function rescheduling(pool: Pool, root: Root): Promise<void> {
  assertMatch(
    await tell(pool, "reschedule", schedd, "carol"),
    /DENIED for user carol@test .*add carol@test to the daemon.s ALLOW_WRITE/,
  );
  const log = () => pool.machine.read(`${pool.log}/SchedLog`);
  const served = async () =>
    (await log()).split(/Return from .*reschedule_negotiator/).length - 1;
  const sent = async () =>
    (await log()).split("Sending RESCHEDULE command to negotiator").length - 1;
  const before = await sent();
  assertEquals(await tell(pool, "reschedule", schedd, "alice"), "");
  await until(
    "the schedd has served both commands",
    async () => await served() === 2,
  );
  assertEquals(
    (await log()).includes("Failed to receive end of message"),
    false,
  );
  // A schedd of 25 accepts the command and does nothing.
  if (root === "sid") return;
  await until(
    "the schedd asks the negotiator",
    async () => await sent() > before,
  );
}

async function ending(pool: Pool): Promise<void> {
  const job = await runningJob(pool, "peaceful");
  let pid = await pidOf(pool, "condor_schedd");
  assertMatch(
    await tell(pool, "fast", schedd, "alice"),
    /add alice@test to the daemon.s ALLOW_ADMINISTRATOR/,
  );
  assertEquals(await tell(pool, "peaceful", schedd), "");
  const log = `${pool.log}/SchedLog`;
  await until(
    "the schedd waits for its job",
    async () => (await pool.machine.read(log)).includes("Got SIGTERM"),
  );
  assertEquals(await pidOf(pool, "condor_schedd"), pid);
  await pool.sh("touch /var/tmp/peaceful");
  assertStringIncludes(await endingOf(pool, pid), "exited with status 0");
  const [ended] = await pool.history();
  assertEquals([String(ended.ClusterId), ended.NumJobStarts], [job, 1]);

  for (const how of ["graceful", "fast"]) {
    // The master starts another schedd.
    await until("another schedd runs", async () => {
      const now = await pidOf(pool, "condor_schedd");
      return now !== "" && now !== pid;
    });
    await pool.waitForSchedd();
    pid = await pidOf(pool, "condor_schedd");
    assertEquals(await tell(pool, how, schedd), "");
    assertStringIncludes(await endingOf(pool, pid), "exited with status 0");
  }
  assertEquals(await tell(pool, "fast", master), "");
  await until(
    "the master is gone, and all daemons with it",
    async () => (await pool.try(["pgrep", "^condor_"])).stdout === "",
  );
}

async function commands(root: Root, t: Deno.TestContext): Promise<void> {
  await using pool = await Pool.start({ root, slots: 1 });
  await t.step("reconfigure", () => reconfiguring(pool));
  await t.step("reschedule", () => rescheduling(pool, root));
  await t.step("off", () => ending(pool));
}

for (const root of roots) {
  poolTest(
    `on ${root}, authorized users can reconfigure, reschedule and turn off daemons, and others cannot`,
    (t) => commands(root, t),
  );
}
