import { assertEquals } from "@std/assert";
import { Pool, poolTest, type Root } from "./harness/mod.ts";

async function takenBackTwice(
  root: Root,
  user: "root" | "alice",
  verb: "unexport" | "recover",
): Promise<void> {
  await using pool = await Pool.start({ root, slots: 0 });
  await pool.submit("executable = /bin/true\nqueue 3\n", { user: "alice" });
  const [first, second] = ["/var/tmp/first", "/var/tmp/second"];
  await pool.sh(`mkdir ${first} ${second}; chown alice ${first} ${second}`);
  const again = await pool.deno([
    ...["run", "-A", "--config", "/lumberjack/deno.json"],
    ...["/lumberjack/tests/pool/live_stale.ts", verb, first, second],
  ], { user });
  const locks = (await pool.queue()).map((ad) => [
    ad.Managed,
    ad.LumberjackExportId,
  ]);
  const lock = ["External", again.trim()];
  assertEquals(locks, [lock, lock, lock]);
}

for (
  const [root, user, verb] of [
    ["trixie", "root", "unexport"],
    ["sid", "alice", "recover"],
  ] as const
) {
  poolTest(
    `on ${root}, as ${user}, ${verb} does not unlock jobs that have left with another export in the meantime`,
    () => takenBackTwice(root, user, verb),
  );
}
