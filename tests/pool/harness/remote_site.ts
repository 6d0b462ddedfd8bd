/**
 * A remote site: a personal pool that takes an exported log for its own queue
 * and runs what is in it.
 *
 * @module
 */
import { Pool, type PoolOptions } from "./pool.ts";
import { jobKeys, readPlainAds } from "./queue_text.ts";

/** The folder of a job below `spool`, by the schedd's rule. */
export function jobFolder(spool: string, id: string): string {
  const [cluster, proc] = id.split(".").map(Number);
  return `${spool}/${cluster % 10000}/${proc % 10000}/` +
    `cluster${cluster}.proc${proc}.subproc0`;
}

/** SPOOL of the personal pool that `RemoteSite.start` starts for `user`. */
export function remoteSpool(user: string): string {
  return `/home/${user}/condor/spool`;
}

/** What came back from the remote site. */
export interface Returned {
  /** Its job_queue.log. */
  readonly log: string;
  /** What each job wrote to `out.CLUSTER.PROC` in its folder. */
  readonly outputs: Readonly<Record<string, string>>;
}

/**
 * A site that takes one queue log after the other: each becomes the queue of
 * its schedd. What the jobs left elsewhere on its machine stays.
 */
export class RemoteSite implements AsyncDisposable {
  /** Its pool; the daemons run from the first `run` on. */
  readonly pool: Pool;
  #started = false;

  private constructor(pool: Pool) {
    this.pool = pool;
  }

  /**
   * Boots its machine. In another domain than the jobs' users' the shadow may
   * not say that its job has ended.
   */
  static async boot(
    options: Omit<PoolOptions, "start"> & { user: string },
  ): Promise<RemoteSite> {
    return new RemoteSite(await Pool.start({ ...options, start: false }));
  }

  /**
   * Runs all jobs of `log`, each in its folder, where `in.txt` says whose it
   * is; then stops the schedd and returns its queue. It is stopped when no
   * job matches `waitFor`: all have ended, if not given.
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
    // The schedd buffers what it logs: the file is whole when it has ended.
    await pool.stopSchedd();
    const outputs: Record<string, string> = {};
    for (const id of ids) {
      const path = `${jobFolder(pool.spool, id)}/out.${id}`;
      outputs[id] = await pool.machine.read(path).catch(() => "");
    }
    return { log: await pool.machine.read(path), outputs };
  }

  /** Ends the machine. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.pool[Symbol.asyncDispose]();
  }
}

/** Runs all jobs of `log` under a schedd of `user` that is there for them alone. */
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
