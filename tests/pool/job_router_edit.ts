/**
 * Jobs that the Job Router edits in place, and what happens if their owner removes,
 * holds or releases them at each stage.
 *
 * @module
 */
import { assertEquals, assertMatch } from "@std/assert";
import { type Pool, type Root, until } from "./harness/mod.ts";
import { explained, killRouter, routedJobs, runThere } from "./job_router.ts";

/** At each stage one job is removed, one is held, and one is held and released. */
const stages = ["submitted", "edited", "away", "returned"] as const;

/** The stages of an edited job at which its owner intervenes. */
export type EditStage = typeof stages[number];

const free = 'Managed isnt "External"';
const alice = { user: "alice" };

/** Job 0 goes the whole way; three jobs for each stage. */
const editedJobs = 1 + 3 * stages.length;

function jobsOf(stage: EditStage) {
  const first = 1 + 3 * stages.indexOf(stage);
  return [first, first + 1, first + 2].map((proc) => `1.${proc}`);
}

/**
 * Starts a pool, and follows jobs from their submission until no job is left.
 *
 * @param between Called at each stage, after the owner has intervened: it may kill
 * daemons.
 */
export async function tryEditedJobs(
  root: Root,
  between: (pool: Pool, stage: EditStage) => Promise<void> = async () => {},
): Promise<void> {
  await using pool = await routedJobs(root, {
    ...{ way: "edit", jobs: editedJobs, period: 2 },
  });
  try {
    await followEditedJobs(pool, (stage) => between(pool, stage));
  } catch (error) {
    throw await explained(pool, error);
  }
}

/** Follows the jobs, and looks at what is left then. The router does not run yet. */
async function followEditedJobs(
  pool: Pool,
  between: (stage: EditStage) => Promise<void>,
): Promise<void> {
  const pass = () => pool.run(["lumberjack", "cron"]);
  const count = async (constraint: string) =>
    (await pool.queue(constraint)).length;
  const intervene = async (stage: EditStage) => {
    const [removed, held, released] = jobsOf(stage);
    await pool.run(["condor_rm", removed], alice);
    await pool.run(["condor_hold", held, released], alice);
    await pool.run(["condor_release", released], alice);
    await between(stage);
  };

  await intervene("submitted");
  await pool.run(["condor_on", "-daemon", "job_router"]);
  await until(
    "the router has edited all jobs but one that is removed and one that is held",
    async () => await count('LumberjackSite == "ALCF"') === editedJobs - 2,
  );
  await intervene("edited");
  assertMatch(await pass(), new RegExp(`^Away = ${editedJobs - 4}$`, "m"));
  await intervene("away");
  await pool.sh(runThere);
  await intervene("returned");

  // The jobs that were held here leave when they are released.
  const stayed = [jobsOf("submitted")[1], jobsOf("edited")[1]];
  await pool.run(["condor_release", ...stayed], alice);
  await until(
    "the router has edited the job that was held when it was submitted",
    async () =>
      await count(`${free} && LumberjackSite == "ALCF" && JobStatus == 1`) ===
        stayed.length,
  );
  await pass();
  // Jobs that were held while they were away are home, and still held.
  assertEquals(
    (await pool.queue("JobStatus == 5")).map(({ ProcId, ManagedManager }) =>
      `1.${ProcId} ${ManagedManager ?? "-"}`
    ),
    [jobsOf("away")[1], jobsOf("returned")[1]].map((job) => `${job} -`),
  );
  await pool.run(["condor_release", "-all"], alice);
  await until("all jobs are home", async () => {
    await pool.sh(runThere);
    await pass();
    return await count("true") === 0;
  });
  await lookAtEnd(pool);
}

async function lookAtEnd(pool: Pool): Promise<void> {
  const removed = stages.map((stage) => jobsOf(stage)[0]);
  const procs = [...Array(editedJobs).keys()];
  const done = procs.filter((proc) => !removed.includes(`1.${proc}`));
  const ended = (await pool.history()).map((job) =>
    `${job.ClusterId}.${job.ProcId} ${job.JobStatus} ${
      job.ManagedManager ?? "-"
    }`
  );
  assertEquals(
    ended.sort(),
    procs.map((proc) => `1.${proc} ${done.includes(proc) ? 4 : 3} -`).sort(),
  );
  const lines = async (command: string) =>
    (await pool.sh(command)).split("\n").filter((line) => line !== "");
  assertEquals(
    await lines("cd ~alice/results; ls | sort -n; cat * | sort -u"),
    [...done.map(String), "treasure"],
  );
  // Each job has started once at most, and its log has one end.
  assertEquals(await lines("sort /srv/started | uniq -d"), []);
  assertEquals(await lines("grep -c '^005 ' ~alice/job.log"), [
    `${done.length}`,
  ]);
  assertEquals(
    await lines("grep -c '^009 ' ~alice/job.log"),
    [`${removed.length}`],
  );
  assertEquals(await lines("cd /srv/in; cat *.cancel"), [
    jobsOf("away")[0],
    jobsOf("returned")[0],
  ]);
  assertEquals(await lines("ls /srv/in | grep -v cancel || true"), []);
  assertEquals(await lines("find ~alice -name '.lumberjack*'"), []);
  const { exports } = await pool.lumberjackJson<{ exports: unknown[] }>(
    ["status"],
  );
  assertEquals(exports, []);
}

/** Kills the router, the schedd or every daemon, by the stage. */
export async function killAt(pool: Pool, stage: EditStage): Promise<void> {
  if (stage === "submitted") return;
  if (stage === "edited") await pool.killSchedd();
  if (stage === "away") await pool.crash();
  if (stage === "returned") await killRouter(pool);
}
