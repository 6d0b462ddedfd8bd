/**
 * A pool with a Job Router that makes copies of jobs or edits them in place, for the
 * tests of both.
 *
 * @module
 */
import { Pool, type Root, until } from "./harness/mod.ts";

/** Where owners stage the files of their jobs' copies. */
export const stage = "/var/lib/lumberjack/job-router";

const config = `
DAEMON_LIST = $(DAEMON_LIST) JOB_ROUTER
JOB_ROUTER_DEBUG = D_FULLDEBUG
LUMBERJACK_SITES = ALCF
LUMBERJACK_DIR = /var/lib/lumberjack
LUMBERJACK_ALCF_REMOTE_SPOOL = /remote/spool
LUMBERJACK_ALCF_SHIP = /srv/in
LUMBERJACK_ALCF_FETCH = /srv/out
`;

/** Which jobs the site asks for. */
const constraints = {
  copy: 'RouteName == "LumberjackCopy_ALCF"',
  edit: 'LumberjackSite == "ALCF"',
} as const;

/** A job that needs a private file, and whose output is renamed; `queue` follows. */
const description = `
executable = run.sh
transfer_input_files = data/
output = logs/out.$(Process)
error = logs/err.$(Process)
log = job.log
should_transfer_files = YES
transfer_output_files = result
transfer_output_remaps = "result = results/$(Process)"
My.DESIRED_Sites = "ALCF"
`;

/** Shell commands that do what a remote side does: they run every job, and send it back. */
export const runThere = `
cd /srv/in
for bundle in *.tar.*; do
  test -e $bundle || continue
  id=\${bundle%%.*}
  mkdir /tmp/$id
  lumberjack bundle extract $bundle /tmp/$id/spool
  cd /tmp/$id/spool
  sed -n 's/^103 \\([1-9][0-9]*\\.[0-9]*\\) ProcId .*/\\1/p' job_queue.log >../jobs
  while read job; do
    folder=$(sed -n "s,^103 $job Iwd .*spool/,,p" job_queue.log | tr -d '"')
    mkdir -p $folder
    find . -name secret | head -1 | xargs cat >$folder/result
    echo hello >$folder/_condor_stdout
    : >$folder/_condor_stderr
    printf '103 %s JobStatus 4\\n103 %s ExitCode 0\\n' $job $job >>job_queue.log
  done <../jobs
  cat ../jobs >>/srv/started
  lumberjack bundle create . /srv/out/$id.1.\${bundle#*.}
  cd /srv/in
  rm $bundle
done
`;

/**
 * Starts a pool with a router, whose hooks are installed, and submits jobs of alice.
 * A router that edits jobs is stopped then: `condor_on -daemon job_router`.
 *
 * @param root The HTCondor.
 * @param options How the router works, how many jobs there are, and how many seconds
 * the router waits between its rounds. `prepare` is called when alice's
 * home is ready and no daemon runs.
 */
export async function routedJobs(
  root: Root,
  { way, jobs, period, prepare }: {
    readonly way: "copy" | "edit";
    readonly jobs: number;
    readonly period: number;
    readonly prepare?: (pool: Pool) => Promise<void>;
  },
): Promise<Pool> {
  const pool = await Pool.start({
    ...{ root, slots: 0 },
    config: `${config}LUMBERJACK_ALCF_CONSTRAINT = ${constraints[way]}\n` +
      `JOB_ROUTER_POLLING_PERIOD = ${period}\n`,
    prepare: async (pool) => {
      await pool.sh(`
        mkdir -p /srv/in /srv/out
        mkdir -p ~alice/data ~alice/logs ~alice/results
        printf '#!/bin/sh\\ncat secret >result\\n' >~alice/run.sh
        echo treasure >~alice/data/secret
        chmod 700 ~alice/run.sh; chmod 600 ~alice/data/secret
        chown -R alice: ~alice; chmod 700 ~alice
      `);
      await prepare?.(pool);
      await pool.run(["lumberjack", "hooks", "install", way]);
    },
  });
  if (way === "edit") await stopRouter(pool);
  await pool.submit(`${description}queue ${jobs}\n`, { user: "alice" });
  return pool;
}

/** The copies, as `SOURCE STATUS MANAGER`, in the order of their sources. */
export async function copies(pool: Pool): Promise<string[]> {
  const jobs = await pool.queue("RoutedFromJobId =!= undefined");
  return jobs.map((job) =>
    `${job.RoutedFromJobId} ${job.JobStatus} ${job.ManagedManager || "-"}`
  ).sort();
}

/** Returns the id of a job's copy. */
export async function copyOf(pool: Pool, source: string): Promise<string> {
  const [copy] = await pool.queue(`RoutedFromJobId == "${source}"`);
  return `${copy.ClusterId}.${copy.ProcId}`;
}

/** Kills the router; the master starts another at once. */
export async function killRouter(pool: Pool): Promise<void> {
  await pool.sh("kill -9 $(pgrep -x condor_job_rout)");
}

async function stopRouter(pool: Pool): Promise<void> {
  await pool.run(["condor_off", "-fast", "-daemon", "job_router"]);
  await until("the router is gone", async () => {
    const { code } = await pool.try(["pgrep", "-x", "condor_job_rout"]);
    return code !== 0;
  });
}

/** Adds to an error what the router and the passes have said. */
export async function explained(pool: Pool, error: unknown): Promise<Error> {
  const { stdout } = await pool.try([
    "sh",
    "-c",
    `
    condor_q -all -af:j JobStatus Managed ManagedManager RoutedFromJobId LumberjackState HoldReason
    grep -i 'hook\\|fail\\|error\\|lumberjack' /var/log/condor/JobRouterLog |
      grep -v 'Umbrella\\|Throttle\\|^Lumberjack' | tail -30
    find ${stage} /srv | head -50; tail -20 /var/log/condor/LumberjackLog
  `,
  ]);
  const { message } = error as Error;
  return new Error(`${message}\n${stdout}`, { cause: error });
}
