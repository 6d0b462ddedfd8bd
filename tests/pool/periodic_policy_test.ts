import { assertEquals } from "@std/assert";
import {
  type ImportReport,
  Pool,
  poolTest,
  type Root,
  roots,
  until,
} from "./harness/mod.ts";

/** What a remote site would have written for a job that completed there. */
const completed = [
  "JobStatus 4",
  "LastJobStatus 2",
  "ExitCode 0",
  "ExitBySignal false",
  "NumJobStarts 1",
  "CompletionDate 1790000000",
];

async function statusOf(pool: Pool, id: string): Promise<unknown> {
  const [cluster, proc] = id.split(".");
  const where = `ClusterId == ${cluster} && ProcId == ${proc}`;
  const [job] = [...await pool.queue(where), ...await pool.history(where)];
  return job?.JobStatus;
}

/** Jobs whose policy acts as soon as they are edited, while two of them are away. */
async function policyWhileAway(root: Root, policy: string): Promise<void> {
  await using pool = await Pool.start({
    root,
    slots: 0,
    config: "PERIODIC_EXPR_INTERVAL = 1\nMAX_PERIODIC_EXPR_INTERVAL = 1\n" +
      (policy.startsWith("SYSTEM_") ? policy : ""),
  });
  await pool.submit(
    "executable = /bin/true\n" +
      (policy.startsWith("SYSTEM_") ? "" : `${policy}\n`) + "queue 3\n",
    { user: "alice" },
  );
  const out = "/var/tmp/out";
  await pool.sh(`mkdir ${out}`);
  // 1.2 stays here: it shows that the policy acts.
  await pool.lumberjackJson([
    ...["export", "--ids", "1.0", "1.1", "--out", out],
    ...["--remote-spool", "/remote/spool"],
  ]);
  const isTouched = (status: unknown) => status === 5 || status === 3;
  await pool.run(["condor_qedit", "1", "PolicyActs", "true"]);
  await until(
    "the policy acts on the job that stayed",
    async () => isTouched(await statusOf(pool, "1.2")),
  );
  await new Promise((resolve) => setTimeout(resolve, 3000));
  assertEquals(await statusOf(pool, "1.0"), 1);
  assertEquals(await statusOf(pool, "1.1"), 1);
  // 1.0 completed away, 1.1 started there and did not end.
  const lines = [
    ...completed.map((line) => `103 1.0 ${line}`),
    "103 1.1 NumJobStarts 1",
  ];
  const log = await pool.run(["cat", `${out}/job_queue.log`]);
  await pool.machine.write(
    "/var/tmp/returned.log",
    log + lines.join("\n") + "\n",
  );
  const report = await pool.lumberjackJson<ImportReport>(
    ["import", "--in", "/var/tmp/returned.log"],
  );
  assertEquals([report.merged, report.refused], [2, []]);
  await until(
    "the completed job is in the history",
    async () => (await pool.history("ProcId == 0")).length === 1,
  );
  // A schedd evaluates these policies for completed jobs too, as long as they are
  // in the queue: where one says "remove", the history says removed. The results
  // are there in either case.
  const [home] = await pool.history("ProcId == 0");
  const end = policy.toLowerCase().includes("remove") ? 3 : 4;
  assertEquals([home.JobStatus, home.ExitCode, home.NumJobStarts], [end, 0, 1]);
  // The other is an idle job of this queue again, so the policy acts on it.
  await until(
    "the policy acts on the job that came home idle",
    async () => isTouched(await statusOf(pool, "1.1")),
  );
}

for (const root of roots) {
  for (
    const policy of [
      "periodic_hold = PolicyActs =?= true",
      "periodic_remove = PolicyActs =?= true",
      "SYSTEM_PERIODIC_HOLD = PolicyActs =?= true",
      "SYSTEM_PERIODIC_REMOVE = PolicyActs =?= true",
    ]
  ) {
    poolTest(
      `on ${root}, ${
        policy.split(" ")[0]
      } leaves jobs alone that are away, and results that came home`,
      () => policyWhileAway(root, policy),
    );
  }
}
