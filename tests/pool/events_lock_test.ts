import { assert, assertEquals } from "@std/assert";
import { Pool, poolTest, type Root, until } from "./harness/mod.ts";

const log = "/home/alice/events";

/** Checks that the schedd writes no event while our process holds the lock. */
async function excludes(root: Root, onLocalDisk: boolean): Promise<void> {
  await using pool = await Pool.start({
    root,
    slots: 0,
    config: "ENABLE_USERLOG_LOCKING = True\n" +
      `CREATE_LOCKS_ON_LOCAL_DISK = ${onLocalDisk}\n`,
  });
  const submit = () =>
    pool.submit(`executable = /bin/true\nlog = ${log}\nqueue\n`, {
      user: "alice",
    });
  const size = async () =>
    (await pool.machine.readBytes(log).catch(() => new Uint8Array())).length;
  // The log must exist, because the lock gets its name from the log's real path.
  await submit();
  const before = await size();
  assert(before > 0);
  const folder = onLocalDisk ? "/tmp/condorLocks" : "";
  const enough = "/tmp/enough";
  const program = "/lumberjack/tests/pool/hold_log_lock.ts";
  const holding = pool.deno(
    ["run", "-A", "--no-check", program, log, folder, enough],
    { user: "alice" },
  );
  const isLocked = async () =>
    (await pool.try(["pgrep", "-x", "perl"])).code === 0;
  await until("the lock is held", isLocked, 20);
  await new Promise((resolve) => setTimeout(resolve, 500));
  const submitting = submit();
  await new Promise((resolve) => setTimeout(resolve, 2500));
  assertEquals(
    await size(),
    before,
    "the schedd wrote although the log was locked",
  );
  await pool.sh(`touch ${enough}`);
  assertEquals(await holding, "locked\nfree\n");
  await submitting;
  await until("the event is written", async () => await size() > before, 20);
}

poolTest(
  "on 23.9, a schedd that locks user logs by lock files waits while Lumberjack holds the lock",
  () => excludes("trixie", true),
);
poolTest(
  "on 25, a schedd that locks user logs by lock files waits while Lumberjack holds the lock",
  () => excludes("sid", true),
);
poolTest(
  "on 25, a schedd that locks the user logs themselves waits while Lumberjack holds the lock",
  () => excludes("sid", false),
);
