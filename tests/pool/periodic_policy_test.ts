import { assertEquals } from "@std/assert";
import {
  type ImportReport,
  Pool,
  poolTest,
  type Root,
  roots,
  until,
} from "./harness/mod.ts";

/** What a remote site writes for a job that has completed there. */
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

/** Makes a policy act on three jobs by an edit, while two of them are away. */
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
  // 1.2 stays here, and shows that the policy acts.
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
  // At the site 1.0 completed, and 1.1 started but did not end.
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
  // As long as completed jobs are in the queue, the schedd evaluates these
  // policies for them, too. If the policy removes the job, its status in the
  // history is removed. It has its results in both cases.
  const [home] = await pool.history("ProcId == 0");
  const end = policy.toLowerCase().includes("remove") ? 3 : 4;
  assertEquals([home.JobStatus, home.ExitCode, home.NumJobStarts], [end, 0, 1]);
  // 1.1 is now an idle job in this queue, so the policy acts on it.
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
      } does not act on jobs that are away, and does not change their results`,
      () => policyWhileAway(root, policy),
    );
  }
}
