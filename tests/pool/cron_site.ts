/**
 * Plays the remote side of passes, without HTCondor.
 *
 * @module
 */
import { Pool, type Root } from "./harness/mod.ts";

/** The configuration of one site, ALCF. */
export const oneSite = `
LUMBERJACK_SITES = ALCF
LUMBERJACK_DIR = /var/lib/lumberjack
LUMBERJACK_ALCF_CONSTRAINT = WantSite == "ALCF"
LUMBERJACK_ALCF_REMOTE_SPOOL = /remote/spool
LUMBERJACK_ALCF_SHIP = /srv/in
LUMBERJACK_ALCF_FETCH = /srv/out
`;

const loop = `
LUMBERJACK = /usr/local/bin/lumberjack
DAEMON_LIST = $(DAEMON_LIST) LUMBERJACK
`;

/**
 * Starts a pool of root whose master runs passes with one site, ALCF, every `period`
 * seconds. `config` are further lines of the configuration.
 */
export function poolWithLoop(
  root: Root,
  { period, config = "" }: {
    readonly period: number;
    readonly config?: string;
  },
): Promise<Pool> {
  return Pool.start({
    root,
    slots: 0,
    config:
      `${oneSite}${loop}LUMBERJACK_ARGS = cron --loop --period ${period}\n${config}`,
    prepare: async (pool) => {
      await pool.sh("mkdir -p /srv/in /srv/out /var/lib/lumberjack");
    },
  });
}

/**
 * Writes results for all jobs of the bundles in `folder`/in, as if they had run,
 * and returns them in `folder`/out. Each job returns a file `result` and its
 * standard output.
 */
export async function runThere(pool: Pool, folder: string): Promise<void> {
  await pool.sh(`
    cd ${folder}/in
    for bundle in *.tar.*; do
      id=\${bundle%%.*}
      lumberjack bundle extract $bundle /tmp/$id
      sed -n 's/^103 \\([1-9][0-9]*\\.[0-9]*\\) ProcId .*/\\1/p' /tmp/$id/job_queue.log |
        while read job; do
          folder=$(sed -n "s,^103 $job Iwd .*spool/,,p" /tmp/$id/job_queue.log | tr -d '"')
          mkdir -p /tmp/$id/$folder
          echo "ran as $job" >/tmp/$id/$folder/result
          echo hello >/tmp/$id/$folder/_condor_stdout
          : >/tmp/$id/$folder/_condor_stderr
          printf '103 %s JobStatus 4\\n103 %s ExitCode 0\\n' $job $job
        done >/tmp/$id.ran
      cat /tmp/$id.ran >>/tmp/$id/job_queue.log
      lumberjack bundle create /tmp/$id ${folder}/out/$id.1.\${bundle#*.}
      chmod 644 ${folder}/out/*
      rm $bundle
    done
  `);
}
