import { assertEquals } from "@std/assert";
import { type Pool, poolTest, type Root, roots, until } from "./harness/mod.ts";
import { poolWithLoop, runThere } from "./cron_site.ts";

const jobsAtOnce = 40;

const submission = `
executable = /bin/true
should_transfer_files = YES
transfer_output_files = result
transfer_output_remaps = "result = result.$(Cluster).$(Process)"
log = job.log
My.WantSite = "ALCF"
queue ${jobsAtOnce}
`;

const unlocked = 'Managed =!= "External" && JobStatus == 1';

/** Submits jobs, and waits until a pass has begun to lock them, or a little. */
async function submitAndWait(pool: Pool): Promise<void> {
  await pool.submit(submission, { user: "alice" });
  await new Promise((resolve) =>
    setTimeout(resolve, 500 + Math.random() * 1000)
  );
}

/** Waits until all jobs have left. The bundles are in /srv/in. */
async function untilSent(pool: Pool): Promise<void> {
  await pool.untilNone(unlocked, 60);
  await until("the last export is sent", async () => {
    const { stdout } = await pool.lumberjack(["status", "--json"]);
    const { exports } = JSON.parse(stdout);
    return exports.every((e: { sentAt: string | null }) => e.sentAt !== null);
  });
}

async function kills(root: Root): Promise<void> {
  await using pool = await poolWithLoop(root, { period: 1 });
  const kill = [
    () => pool.killSchedd(),
    // The other daemons end, too, when they notice.
    async () => {
      await pool.run(["pkill", "-KILL", "-x", "condor_master"]);
      await pool.crash();
    },
    // As if the power had failed: passes and daemons end at one moment.
    async () => {
      await pool.try(["pkill", "-KILL", "-f", "[c]ron --loop"]);
      await pool.crash();
    },
  ];
  for (const strike of kill) {
    await submitAndWait(pool);
    await strike();
  }
  await untilSent(pool);
  await runThere(pool, "/srv");
  await new Promise((resolve) => setTimeout(resolve, 1000));
  for (const strike of kill) await strike();
  await pool.untilNone("true", 60);

  // Each job was sent once, and is home with its file and its last event.
  const all = jobsAtOnce * kill.length;
  const sent = (await pool.sh("cat /tmp/*.ran | grep -h JobStatus")).trim()
    .split("\n");
  assertEquals([sent.length, new Set(sent).size], [all, all]);
  // When the schedd is killed after it has written a job's history ad, but before
  // its log says that the job has left, it writes the ad again (the comment in
  // DestroyProc of HTCondor's qmgmt.cpp says so). So the ends are counted.
  const ends = (await pool.history("JobStatus == 4 && ExitCode == 0")).map((
    ad,
  ) =>
    `${ad.ClusterId}.${ad.ProcId} ${ad.CompletionDate} ${ad.LumberjackState}`
  );
  if (ends.length > all) console.log(`${ends.length} ads in the history`);
  assertEquals(new Set(ends).size, all);
  assertEquals(
    await pool.sh("cat result.* | wc -l; grep -c '^005 ' job.log", {
      ...{ user: "alice", cwd: "/home/alice" },
    }),
    `${all}\n${all}\n`,
  );
  const { stdout } = await pool.lumberjack(["status", "--json"]);
  const { exports, stuck } = JSON.parse(stdout);
  assertEquals([exports, stuck], [[], []]);
}

for (const root of roots) {
  poolTest(
    `on ${root}, if the schedd, the master or everything is killed in the middle of passes, the next passes end well`,
    () => kills(root),
  );
}
