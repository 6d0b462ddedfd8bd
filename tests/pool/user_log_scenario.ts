/**
 * Jobs that make HTCondor write as many kinds of events as possible into one user
 * log.
 *
 * @module
 */
import { type Pool, until } from "./harness/mod.ts";

/** Lines that the pool's configuration needs for this. */
export const scenarioConfig = `
EVENT_LOG = $(LOG)/EventLog
DedicatedScheduler = "DedicatedScheduler@$(FULL_HOSTNAME)"
STARTD_ATTRS = $(STARTD_ATTRS) DedicatedScheduler
JOB_DEFAULT_LEASE_DURATION = 5
DAGMAN_LOG_ON_NFS_IS_ERROR = False
DAGMAN_USER_LOG_SCAN_INTERVAL = 1
DAGMAN_SUBMIT_DELAY = 0
`;

const script = (text: string) => `#!/bin/sh\n${text}\n`;

/** The files that the jobs need, by name. */
const files: Readonly<Record<string, string>> = {
  "input": "x".repeat(5000),
  "older": "1",
  "newer": "2",
  "good.sh": script("cat input > output; sleep 4"),
  "signal.sh": script("kill -SEGV $$"),
  "bad": "\x7fELF this is no program\n",
  "chirp.sh": script(
    '"$(condor_config_val LIBEXEC)"/condor_chirp ulog "hello from the job"; sleep 1',
  ),
  "checkpoint.sh": script(
    "if [ -e mark ]; then exit 0; fi; touch mark; sleep 1; exit 85",
  ),
  "node.sub": "executable = /bin/true\nqueue\n",
  "post.sh": script("exit 3"),
  "skip.sh": script("exit 1"),
  "nodes.dag": "JOB A node.sub\nJOB B node.sub\nSCRIPT POST A post.sh\n" +
    "SCRIPT PRE B skip.sh\nPRE_SKIP B 1\n",
};

interface Scene {
  /** The folder from which the jobs are submitted. */
  readonly folder: string;
  /** Lines for each submit description. */
  readonly lines: string;
}

async function submit(
  pool: Pool,
  { folder, lines }: Scene,
  description: string,
): Promise<number> {
  const text =
    `log = events\nshould_transfer_files = YES\n${lines}${description}`;
  const args = ["condor_submit", "-terse"];
  const options = { user: "alice", cwd: folder, stdin: text };
  const said = await pool.run(args, options);
  return Number(/^(\d+)\./m.exec(said)?.[1]);
}

function untilStatus(pool: Pool, cluster: number, status: number) {
  return until(`job ${cluster}.0 has status ${status}`, async () => {
    const [ad] = await pool.queue(`ClusterId == ${cluster}`);
    return ad?.JobStatus === status;
  }, 60);
}

/** Runs all jobs to their ends. Returns the logs by name. */
export async function makeLogs(
  pool: Pool,
  folder: string,
  lines = "",
): Promise<Record<string, Uint8Array>> {
  const alice = { user: "alice" };
  const scene = { folder, lines };
  for (const [name, text] of Object.entries(files)) {
    const mode = /\.sh$|^bad$/.test(name) ? 0o755 : 0o644;
    await pool.machine.write(`${folder}/${name}`, text, { ...alice, mode });
  }
  await pool.sh(`cd ${folder}; touch -d "1 hour ago" older; chown -R alice .`);
  const send = (text: string) => submit(pool, scene, text);
  const run = (command: string) => pool.run(command.split(" "), alice);
  const long = "executable = /bin/sleep\narguments = 600\n";
  const rough = await send(long + "queue\n");
  const paused = await send(long + "queue\n");
  const lost = await send(long + "queue\n");
  await send(
    "executable = good.sh\ntransfer_input_files = input\n" +
      'submit_event_notes = "a note, with = and \\"quotes\\""\n' +
      "submit_event_user_notes = my own words\n" +
      "job_ad_information_attrs = Owner,Cmd,RequestMemory,NoSuchThing\n" +
      "queue 2\n",
  );
  await send("executable = signal.sh\nqueue\n");
  const bad = await send("executable = bad\nqueue\n");
  await send("executable = chirp.sh\n+WantIOProxy = true\nqueue\n");
  await send(
    "executable = checkpoint.sh\ncheckpoint_exit_code = 85\n" +
      "transfer_checkpoint_files = mark\nqueue\n",
  );
  await send(
    "executable = /bin/true\nskip_if_dataflow = true\n" +
      "transfer_input_files = older\ntransfer_output_files = newer\nqueue\n",
  );
  await send(
    "universe = parallel\nmachine_count = 2\nexecutable = /bin/sleep\n" +
      "arguments = 1\nqueue\n",
  );
  const many = await send(
    "executable = /bin/sleep\narguments = 1\nmax_materialize = 1\nqueue 3\n",
  );
  await run(`condor_qedit ${rough} Iwd="/home/alice" LastWords=7`).catch(() =>
    ""
  );
  await pool.run(["condor_submit_dag", "-f", "nodes.dag"], {
    ...alice,
    cwd: folder,
  });
  await untilStatus(pool, rough, 2);
  await run(`condor_hold ${rough}`);
  await untilStatus(pool, rough, 5);
  await run(`condor_hold ${many}`);
  await run(`condor_release ${many}`);
  await run(`condor_release ${rough}`);
  await untilStatus(pool, paused, 2);
  await run(`condor_suspend ${paused}`);
  await untilStatus(pool, lost, 2);
  await untilStatus(pool, rough, 2);
  await run(`condor_vacate_job ${rough}`);
  await pool.try(["sh", "-c", `sleep 1; condor_continue ${paused}`], alice);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  await untilStatus(pool, rough, 2);
  // Kill the starters, so that shadows try to reconnect.
  await pool.try(["pkill", "-KILL", "-x", "condor_starter"]);
  await new Promise((resolve) => setTimeout(resolve, 3000));
  await run(`condor_rm ${rough} ${paused} ${lost}`);
  await untilStatus(pool, bad, 5).catch(() => undefined);
  await run(`condor_rm ${bad}`);
  await pool.untilNone('JobStatus != 5 && Cmd != "never"', 60).catch((e) =>
    console.error(String(e).slice(0, 3000))
  );
  await pool.try(["condor_rm", "-all"], { user: "root" });
  const read = (path: string) => Deno.readFile(pool.machine.path(path));
  return {
    user: await read(`${folder}/events`),
    nodes: await read(`${folder}/nodes.dag.nodes.log`).catch(() =>
      new Uint8Array()
    ),
    global: await read(`${pool.log}/EventLog`),
  };
}
