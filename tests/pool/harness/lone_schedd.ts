/**
 * Lets a real schedd open a queue log.
 *
 * @module
 */
import type { Root } from "./host.ts";
import { Pool } from "./pool.ts";

/** How a schedd took a queue log. */
export interface Reception {
  /** Whether the schedd runs and answers. Otherwise it has refused the log. */
  readonly starts: boolean;
  /** The schedd's jobs, `CLUSTER.PROC`, sorted as text. */
  readonly jobs: readonly string[];
  /** The SchedLog. */
  readonly said: string;
  /** The queue log after the schedd has ended. */
  readonly log: string;
}

// Starts the schedd on the spool, prints its jobs, and ends it. The exit status
// is 9 if the schedd ended by itself.
const script = `
rm -f "$SPOOL/.schedd_address" "$LOG/SchedLog"
condor_schedd -f 2>/dev/null & schedd=$!
for _ in $(seq 600); do
  if jobs=$(condor_q -allusers -format '%d.' ClusterId -format '%d\\n' ProcId 2>/dev/null); then
    echo "$jobs"
    kill -QUIT $schedd
    wait $schedd
    exit 0
  fi
  kill -0 $schedd 2>/dev/null || exit 9
  sleep 0.1
done
kill -KILL $schedd
exit 8
`;

/** Opens queue logs with a schedd that runs alone, without other daemons. */
export class LoneSchedd implements AsyncDisposable {
  readonly #pool: Pool;

  private constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Boots the schedd's machine. */
  static async boot(root: Root): Promise<LoneSchedd> {
    const config = "USE_SHARED_PORT = False\nNETWORK_INTERFACE = 127.0.0.1\n";
    const options = { root, user: "alice", slots: 0, start: false, config };
    return new LoneSchedd(await Pool.start(options));
  }

  /**
   * The pool whose machine and configuration the schedd uses. It has no
   * daemons.
   */
  get pool(): Pool {
    return this.#pool;
  }

  /**
   * Starts a schedd with this log as the only file of its spool, and ends it.
   */
  async open(log: string | Uint8Array<ArrayBuffer>): Promise<Reception> {
    const { spool, machine } = this.#pool;
    await this.#pool.sh(`rm -rf ${spool}; mkdir ${spool}`);
    const path = `${spool}/job_queue.log`;
    await machine.write(path, log, { user: "alice", mode: 0o600 });
    const output = await this.#pool.try(["bash", "-uc", script], {
      env: { SPOOL: spool, LOG: this.#pool.log },
      timeout: 90,
    });
    const said = await this.#pool.try(["cat", `${this.#pool.log}/SchedLog`]);
    if (output.code !== 0 && output.code !== 9) {
      throw new Error(`the schedd neither answers nor ends\n${said.stdout}`);
    }
    return {
      starts: output.code === 0,
      jobs: output.stdout.split("\n").filter((line) => line !== "").sort(),
      said: said.stdout,
      log: await machine.read(path),
    };
  }

  /** Ends the machine. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#pool[Symbol.asyncDispose]();
  }
}
