import { assertEquals } from "@std/assert";
import {
  exportAll,
  type ImportReport,
  Pool,
  poolTest,
  type Root,
} from "./harness/mod.ts";

const description = `
executable = /bin/true
leave_in_queue = ProcId == 5
queue 7
`;

/** Imports jobs: 1.0 to 1.5 come home completed, and 1.6 comes home removed. */
async function cameHome(
  root: Root,
  user: "root" | "alice",
  engine: "direct" | "schedd",
): Promise<void> {
  await using pool = await Pool.start({
    root,
    slots: 0,
    config: "PERIODIC_EXPR_INTERVAL = 3600\nMAX_PERIODIC_EXPR_INTERVAL = 3600",
  });
  await pool.submit(description, { user: "alice" });
  const log = await exportAll(pool, user);
  await pool.sh(
    `sed -i -e '/^103 1\\.6 JobStatus/s/.$/3/; /^103 1\\.[0-5] JobStatus/s/.$/4/' ${log}`,
  );
  const said = await pool.deno([
    ...["run", "-A", "--config", "/lumberjack/deno.json"],
    ...["/lumberjack/tests/pool/live_leave.ts", log, "0", engine],
  ], { user });
  const { merged, missing, refused }: ImportReport = JSON.parse(said);
  assertEquals([merged, missing, refused], [7, [], []]);

  const ids = (ads: { ClusterId?: unknown; ProcId?: unknown }[]) =>
    ads.map((ad) => `${ad.ClusterId}.${ad.ProcId}`).sort();
  // The schedd has not yet moved the removed job to the history. 1.5 stays
  // because of its LeaveJobInQueue.
  const queue = await pool.queue("true");
  assertEquals(ids(queue), ["1.5", "1.6"]);
  assertEquals(queue.map((ad) => ad.Managed), queue.map(() => undefined));
  const history = await pool.history();
  assertEquals(ids(history), ["1.0", "1.1", "1.2", "1.3", "1.4"]);
  assertEquals(history.map((ad) => ad.JobStatus), [4, 4, 4, 4, 4]);

  await pool.run(["condor_qedit", "1.5", "LeaveJobInQueue", "false"], {
    user: "alice",
  });
  await pool.configure("PERIODIC_EXPR_INTERVAL = 1");
  await pool.run(["condor_reconfig"], { user: "root" });
  await pool.untilNone("true");
  assertEquals(ids(await pool.history()), [
    ...["1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6"],
  ]);
}

for (
  const [root, user, engine] of [
    ["trixie", "root", "direct"],
    ["sid", "alice", "direct"],
    ["trixie", "alice", "schedd"],
    ["sid", "alice", "schedd"],
  ] as const
) {
  poolTest(
    `on ${root}, with --engine ${engine} as ${user}, completed jobs leave the queue together with their batch if there are many`,
    () => cameHome(root, user, engine),
  );
}
