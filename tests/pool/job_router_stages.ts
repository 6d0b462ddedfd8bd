import { assertEquals, assertMatch } from "@std/assert";
import { Pool, poolTest, roots, until } from "./harness/mod.ts";

const config = `
DAEMON_LIST = $(DAEMON_LIST) JOB_ROUTER
JOB_ROUTER_POLLING_PERIOD = 8
JOB_ROUTER_DEBUG = D_FULLDEBUG
LUMBERJACK_SITES = ALCF
LUMBERJACK_DIR = /var/lib/lumberjack
LUMBERJACK_ALCF_CONSTRAINT = RouteName == "LumberjackCopy_ALCF"
LUMBERJACK_ALCF_REMOTE_SPOOL = /remote/spool
LUMBERJACK_ALCF_SHIP = /srv/in
LUMBERJACK_ALCF_FETCH = /srv/out
`;

const submission = `
executable = run.sh
transfer_input_files = data/
output = logs/out.$(Process)
error = logs/err.$(Process)
log = job.log
should_transfer_files = YES
transfer_output_files = result
transfer_output_remaps = "result = results/$(Process)"
My.DESIRED_Sites = "ALCF"
queue 8
`;

/** Does what a remote side does: runs every job of a bundle, and sends it back. */
const runThere = `
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
  lumberjack bundle create . /srv/out/$id.1.\${bundle#*.}
  cd /srv/in
  rm $bundle
done
`;

async function start(root: "trixie" | "sid"): Promise<Pool> {
  const pool = await Pool.start({
    ...{ root, slots: 0, config },
    prepare: async (pool) => {
      await pool.sh(`
        mkdir -p /srv/in /srv/out
        mkdir -p ~alice/data ~alice/logs ~alice/results
        printf '#!/bin/sh\\ncat secret >result\\n' >~alice/run.sh
        echo treasure >~alice/data/secret
        chmod 700 ~alice/run.sh; chmod 600 ~alice/data/secret
        chown -R alice: ~alice; chmod 700 ~alice
      `);
      await pool.run(["lumberjack", "hooks", "install", "copy"]);
    },
  });
  return pool;
}

/** The copies, as `SOURCE STATUS MANAGER`, in the order of their sources. */
async function copies(pool: Pool): Promise<string[]> {
  const jobs = await pool.queue("RoutedFromJobId =!= undefined");
  return jobs.map((job) =>
    `${job.RoutedFromJobId} ${job.JobStatus} ${job.ManagedManager || "-"}`
  ).sort();
}

async function copyOf(pool: Pool, source: string): Promise<string> {
  const [copy] = await pool.queue(`RoutedFromJobId == "${source}"`);
  return `${copy.ClusterId}.${copy.ProcId}`;
}

/** Kills the router; the master starts another at once. */
async function killRouter(pool: Pool): Promise<void> {
  await pool.sh("kill -9 $(pgrep -x condor_job_rout)");
}

const alice = { user: "alice" };

for (const root of roots) {
  poolTest(
    `on ${root}, routed copies go out and come home; sources and copies that are removed, held or released leave nothing behind; the router may be killed`,
    async () => {
      await using pool = await start(root);
      const pass = () => pool.run(["lumberjack", "cron"]);
      await pool.submit(submission, alice);
      try {
        await until(
          "each job has a copy",
          async () => (await copies(pool)).length === 8,
          90,
        );
        const stage = "/var/lib/lumberjack/job-router";
        assertEquals(
          await pool.sh(
            `stat -c '%a %U %G' ${stage} ${stage}/alice ${stage}/alice/1.0`,
          ),
          "3773 condor condor\n2750 alice condor\n2750 alice condor\n",
        );
        // Nobody but the owner can read what is staged.
        const spied = await pool.try(
          ["sh", "-c", `ls ${stage} || cat ${stage}/alice/1.0/inputs/*/*`],
          { user: "bob" },
        );
        assertEquals([spied.code !== 0, spied.stdout], [true, ""]);

        // Staged, and not exported yet.
        await pool.run(["condor_rm", "1.1"], alice);
        await pool.run(["condor_hold", "1.2"], alice);
        await pool.run(["condor_rm", await copyOf(pool, "1.3")], alice);
        await killRouter(pool);
        await until(
          "the router has removed the copies, and made another of 1.3",
          async () =>
            (await copies(pool)).join() ===
              "1.0 1 -,1.3 1 -,1.4 1 -,1.5 1 -,1.6 1 -,1.7 1 -",
          90,
        );
        await pool.run(["condor_release", "1.2"], alice);
        await until(
          "1.2 has a copy again",
          async () => (await copies(pool)).includes("1.2 1 -"),
          60,
        );
        assertMatch(await pass(), /^Away = 7$/m);

        // Away.
        await until(
          "the sources say where their copies are",
          async () =>
            (await pool.queue(
              'RoutedFromJobId is undefined && LumberjackState == "away"',
            )).length === 7,
          60,
        );
        await pool.run(["condor_rm", "1.4"], alice);
        await pool.run(["condor_hold", "1.5"], alice);
        await pool.run(["condor_rm", await copyOf(pool, "1.6")], alice);
        await pool.run(["condor_hold", await copyOf(pool, "1.7")], alice);
        await killRouter(pool);
        await until(
          "the router has removed two copies",
          async () =>
            (await copies(pool)).filter((copy) => / 3 /.test(copy)).length >= 3,
          90,
        );
        await pass();
        assertMatch(
          await pool.sh("cat /srv/in/*.cancel"),
          /^(\d+\.\d+\n){3,4}$/,
        );
        await pool.run(["condor_release", "1.5"], alice);
        await pool.try(["condor_release", "1.7"], alice);

        // Home.
        let rounds = 0;
        await until("all jobs are home", async () => {
          await pool.sh(runThere);
          await pass();
          // A copy that was held while it was away comes home and stays held.
          await pool.try(
            ["condor_release", "-constraint", "JobStatus == 5"],
            alice,
          );
          if (rounds++ === 0) await killRouter(pool);
          return (await pool.queue()).length === 0;
        }, 150);
        assertEquals(
          await pool.sh(
            "cd ~alice; ls results logs; cat results/0 logs/out.0; stat -c %U results/0",
          ),
          [
            "logs:",
            ...["err", "out"].flatMap((name) =>
              [0, 2, 3, 5, 6, 7].map((proc) => `${name}.${proc}`)
            ),
            ...["", "results:", 0, 2, 3, 5, 6, 7],
            ...["treasure", "hello", "alice", ""],
          ].join("\n"),
        );
        const ended = await pool.sh("grep -c '^005 ' ~alice/job.log");
        assertEquals(ended, "6\n");
        assertEquals(await pool.sh(`find ${stage} -mindepth 1`), "");
        assertEquals(await pool.sh("find ~alice -name '.lumberjack*'"), "");
      } catch (error) {
        const { stdout } = await pool.try([
          "sh",
          "-c",
          `
          condor_q -all -af:j JobStatus Managed ManagedManager RoutedFromJobId LumberjackState HoldReason
          grep -i 'hook\\|fail\\|error\\|lumberjack' /var/log/condor/JobRouterLog | tail -30
          find /var/lib/lumberjack/job-router /srv | head -50; tail -20 /var/log/condor/LumberjackLog
        `,
        ]);
        throw new Error(`${(error as Error).message}\n${stdout}`, {
          cause: error,
        });
      }
    },
  );
}
