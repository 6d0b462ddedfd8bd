import { assert, assertEquals } from "@std/assert";
import { Pool, poolTest, type Root } from "./harness/mod.ts";
import type { KillReport, Operation } from "./live_kill.ts";

/**
 * Kills operations of `user` at every step on files and at some on the network.
 */
async function killedAtEachStep(
  root: Root,
  user: string,
  operations: readonly Operation[],
): Promise<KillReport> {
  await using pool = await Pool.start({ root, slots: 0 });
  await pool.submit(
    "executable = /bin/true\nqueue 3\n",
    { user: "alice" },
  );
  const said = await pool.deno([
    ...["run", "-A", "--config", "/lumberjack/deno.json"],
    "/lumberjack/tests/pool/live_kill.ts",
    ...["alice", operations.join(), Deno.env.get("LIVE_KILL_STEPS") ?? "3"],
  ], { user, timeout: 600 });
  const report: KillReport = JSON.parse(said);
  if (Deno.env.has("LIVE_KILL_SAY")) console.log(report);
  assertEquals(report.problems, []);
  return report;
}

/** Returns the steps that write a file durably under its final name. */
const stepsOf = (name: string, naming: "rename" | "linkat") => [
  `fchmod .${name}.tmp`,
  `fsync .${name}.tmp`,
  `${naming} ${name}`,
  "fsync folder",
];

poolTest(
  "if Lumberjack is killed at any step of an export, no job is lost",
  async () => {
    const { actions, killed } = await killedAtEachStep(
      "trixie",
      "root",
      ["export", "held"],
    );
    for (
      const step of [
        ...stepsOf("manifest.json", "rename"),
        ...stepsOf("job_queue.log", "linkat"),
        "unlink .job_queue.log.tmp",
      ]
    ) assert(killed[`export: ${step}`] > 0, `never killed at ${step}`);
    // Which of the two calls is hit depends on how the bytes arrive.
    const talking = ["sendto", "recvfrom"].map((call) =>
      killed[`export: ${call} schedd`] ?? 0
    );
    assert(talking.some((count) => count > 0), "never killed while it talked");
    // `recover` was killed when the held job that named the folder was already
    // unlocked, and the log was not yet written.
    assert(killed["held: fchmod .job_queue.log.tmp"] > 0);
    for (const action of ["written", "unlocked", "completed", "away"]) {
      assert(actions[action] > 0, `recover never said ${action}`);
    }
  },
);

poolTest(
  "on HTCondor 25, if Lumberjack is killed at any step of the owner's import, recover or unexport, no job is lost",
  async () => {
    const operations = ["import", "finish", "undo", "unexport"] as const;
    const { killed } = await killedAtEachStep("sid", "alice", operations);
    const manifest = stepsOf("manifest.json", "rename");
    for (
      const step of [
        ...operations.flatMap((verb) =>
          [...manifest, "sendto schedd"].map((step) => `${verb}: ${step}`)
        ),
        ...stepsOf("job_queue.log", "linkat").map((step) => `finish: ${step}`),
      ]
    ) assert(killed[step] > 0, `never killed at ${step}`);
  },
);
