/**
 * A remote site: a personal pool that takes an exported log as its own queue and
 * runs the jobs in it.
 *
 * @module
 */
import { Pool, type PoolOptions } from "./pool.ts";
import { jobKeys, readPlainAds } from "./queue_text.ts";

/** Returns a job's folder below `spool`, by the schedd's rule. */
export function jobFolder(spool: string, id: string): string {
  const [cluster, proc] = id.split(".").map(Number);
  return `${spool}/${cluster % 10000}/${proc % 10000}/` +
    `cluster${cluster}.proc${proc}.subproc0`;
}

/** Returns SPOOL of the personal pool of `user`. */
export function remoteSpool(user: string): string {
  return `/home/${user}/condor/spool`;
}

/** What a remote site returns. */
export interface Returned {
  /** The site's job_queue.log. */
  readonly log: string;
  /** What each job wrote to `out.CLUSTER.PROC` in its folder. */
  readonly outputs: Readonly<Record<string, string>>;
}

/**
 * A site that can run several queue logs, one after the other. Each becomes the
 * queue of its schedd. Files that jobs wrote outside of SPOOL stay.
 */
export class RemoteSite implements AsyncDisposable {
  /** The site's pool. Its daemons start with the first `run`. */
  readonly pool: Pool;
  #started = false;

  private constructor(pool: Pool) {
    this.pool = pool;
  }

  /**
   * Boots the site's machine. If its domain is not that of the jobs' users, a
   * schedd of 23.9 does not let the shadow report the end of its job.
   */
  static async boot(
    options: Omit<PoolOptions, "start"> & { user: string },
  ): Promise<RemoteSite> {
    return new RemoteSite(await Pool.start({ ...options, start: false }));
  }

  /**
   * Runs all jobs of `log`, each in its own folder, where `in.txt` has the job's
   * id. When no job matches `waitFor` any more, it stops the schedd and returns
   * the queue. By default it waits until all jobs have completed.
   */
  async run(log: string, waitFor = "JobStatus != 4"): Promise<Returned> {
    const { pool } = this;
    const ids = jobKeys(readPlainAds(log));
    const path = `${pool.spool}/job_queue.log`;
    await pool.sh(`rm -rf ${pool.spool}/*`);
    await pool.machine.write(path, log, { user: pool.owner, mode: 0o600 });
    const stage = ids.map((id) => {
      const folder = jobFolder(pool.spool, id);
      return `mkdir -p ${folder}; echo "input of ${id}" >${folder}/in.txt`;
    });
    await pool.sh(stage.join("\n"));
    await (this.#started ? pool.startSchedd() : pool.startDaemons());
    this.#started = true;
    await pool.untilNone(waitFor);
    // The schedd buffers its log. The file is complete when the schedd has ended.
    await pool.stopSchedd();
    const outputs: Record<string, string> = {};
    for (const id of ids) {
      const path = `${jobFolder(pool.spool, id)}/out.${id}`;
      outputs[id] = await pool.machine.read(path).catch(() => "");
    }
    return { log: await pool.machine.read(path), outputs };
  }

  /** Ends the site's machine. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.pool[Symbol.asyncDispose]();
  }
}

/**
 * Runs all jobs of `log` in a new personal pool of `user`, which ends
 * afterwards.
 */
export async function runAway(
  options: Omit<PoolOptions, "start"> & {
    user: string;
    log: string;
    waitFor?: string;
  },
): Promise<Returned> {
  const { log, waitFor } = options;
  const domain = /^103 \S+ User "[^@"]*@([^"]*)"$/m.exec(log)?.[1];
  await using site = await RemoteSite.boot({ domain, ...options });
  return await site.run(log, waitFor);
}
