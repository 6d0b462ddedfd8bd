/**
 * A real HTCondor pool on a machine of its own.
 *
 * @module
 */
import { personalConfig, rootConfig } from "./config.ts";
import type { MachineRoot } from "./host.ts";
import { Machine, type Output, type RunOptions } from "./machine.ts";
import { until } from "./until.ts";

/** An attribute's value as HTCondor's tools print it in JSON. */
export type Json =
  | string
  | number
  | boolean
  | null
  | Json[]
  | { [name: string]: Json };

/** A job ad as `condor_q -json` prints it. */
export type JobAd = Record<string, Json | undefined>;

/** How to start a pool. */
export interface PoolOptions {
  /** `trixie` (HTCondor 23.9) or `sid` (25). */
  readonly root: MachineRoot;
  /**
   * The ordinary user of a personal pool, as at a remote site. By default, the
   * pool is root's, with the package's configuration, for several users.
   */
  readonly user?: string;
  /**
   * The host name, by default `submit.test`, or `remote.test` for a personal
   * pool.
   */
  readonly hostname?: string;
  /**
   * The machine to start on, for two pools that share files, such as a pool of
   * root and a personal pool. It does not end with the pool.
   */
  readonly machine?: Machine;
  /** Lines of configuration that override all others. */
  readonly config?: string;
  /** The number of slots, by default 8. With 0, jobs stay idle. */
  readonly slots?: number;
  /** The domain of the users, by default `test`. */
  readonly domain?: string;
  /** Called before the daemons start. It can put a queue log into the spool. */
  readonly prepare?: (pool: Pool) => Promise<void>;
  /** With false, the daemons do not start until `startDaemons` is called. */
  readonly start?: boolean;
}

/** A pool, and what a test can do with it. Declare it with `await using`. */
export class Pool implements AsyncDisposable {
  readonly machine: Machine;
  /** The pool's user: `root`, or the user of a personal pool. */
  readonly owner: string;
  /** The shared port on 127.0.0.1, which leads to the collector. */
  readonly port: number;
  /** The domain of the users. */
  readonly domain: string;
  /**
   * The schedd's SPOOL on the machine. The harness waits for the schedd's address
   * file there, so `configure` cannot move `SPOOL`. Mount another file system over
   * the folder instead.
   */
  readonly spool: string;
  /** The folder of the daemons' logs on the machine. */
  readonly log: string;
  readonly #home: string;
  readonly #slots: number;
  readonly #ownsMachine: boolean;

  private constructor(options: PoolOptions, machine: Machine) {
    this.machine = machine;
    this.#ownsMachine = !options.machine;
    this.owner = options.user ?? "root";
    this.port = freePort();
    this.domain = options.domain ?? "test";
    this.#slots = options.slots ?? 8;
    this.#home = options.user ? `/home/${options.user}/condor` : "";
    this.spool = options.user ? `${this.#home}/spool` : "/var/spool/condor";
    this.log = options.user ? `${this.#home}/log` : "/var/log/condor";
  }

  /** Boots a machine, writes its configuration and starts the daemons. */
  static async start(options: PoolOptions): Promise<Pool> {
    const hostname = options.hostname ??
      (options.user ? "remote.test" : "submit.test");
    const machine = options.machine ??
      await Machine.boot({ root: options.root, hostname });
    try {
      const pool = new Pool(options, machine);
      await pool.#configure(options.config ?? "");
      await options.prepare?.(pool);
      if (options.start !== false) await pool.startDaemons();
      return pool;
    } catch (error) {
      if (!options.machine) await machine[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The variables by which HTCondor's tools and Lumberjack find this pool. */
  get env(): Record<string, string> {
    return this.#home ? { CONDOR_CONFIG: `${this.#home}/condor_config` } : {};
  }

  /** `127.0.0.1:PORT` of the collector. */
  get collector(): string {
    return `127.0.0.1:${this.port}`;
  }

  async #configure(extra: string): Promise<void> {
    const options = {
      port: this.port,
      domain: this.domain,
      slots: this.#slots,
    };
    if (!this.#home) {
      await this.machine.write(
        "/etc/condor/config.d/90-test",
        rootConfig(options),
      );
      return await this.configure(extra);
    }
    const home = this.#home, user = this.owner;
    const folders = "etc log spool execute lock run credentials sock config.d";
    await this.sh(
      `mkdir -p ${home}; cd ${home}; mkdir -p ${folders}; chmod 755 log spool`,
      { user },
    );
    await this.machine.write(
      `${home}/condor_config`,
      personalConfig({ ...options, home, user }),
      { user },
    );
    await this.configure(extra);
  }

  /**
   * Writes the lines that override all other configuration. They replace those of
   * the last call. Running daemons need a `condor_reconfig` or a restart.
   */
  async configure(lines: string): Promise<void> {
    const folder = this.#home
      ? `${this.#home}/config.d`
      : "/etc/condor/config.d";
    await this.machine.write(`${folder}/99-extra`, lines + "\n", {
      user: this.owner,
    });
  }

  /** Returns the value of a configuration knob. */
  async configValue(name: string): Promise<string> {
    return (await this.run(["condor_config_val", name])).trim();
  }

  /**
   * Starts the daemons, and waits until the schedd answers and the slots are
   * known.
   */
  async startDaemons(): Promise<void> {
    await this.run(["condor_master"], { user: this.owner });
    try {
      await this.waitForSchedd();
      if (this.#slots > 0) {
        await until("the slots are in the collector", async () => {
          const names = await this.try(
            ["condor_status", "-pool", this.collector, "-af", "Name"],
          );
          return names.stdout.trim().split("\n").length >= this.#slots;
        });
      }
    } catch (error) {
      throw new Error(`the pool did not start\n${await this.logs()}`, {
        cause: error,
      });
    }
  }

  /** Stops all daemons and jobs, and waits until the daemons are gone. */
  async stopDaemons(): Promise<void> {
    await this.try(["condor_off", "-fast", "-daemon", "master"], {
      user: this.owner,
    });
    await until("the daemons are gone", async () => {
      const left = await this.try([
        "pgrep",
        "-U",
        this.owner,
        "-x",
        "condor_master",
      ]);
      return left.code !== 0;
    });
  }

  /** Waits until the schedd answers a query. */
  async waitForSchedd(): Promise<void> {
    await until("the schedd answers", async () => {
      if (!await this.machine.exists(`${this.spool}/.schedd_address`)) {
        return false;
      }
      const answer = await this.try(["condor_q", "-totals"], { timeout: 10 });
      return answer.code === 0;
    });
  }

  /** Stops only the schedd. The master does not start it again. */
  async stopSchedd(): Promise<void> {
    await this.run(["condor_off", "-fast", "-daemon", "schedd"], {
      user: this.owner,
    });
    await until("the schedd is gone", async () => !await this.#scheddPid());
  }

  /** Starts the schedd that `stopSchedd` stopped. */
  async startSchedd(): Promise<void> {
    await this.run(["condor_on", "-daemon", "schedd"], { user: this.owner });
    await until("the schedd runs", async () => !!await this.#scheddPid());
    await this.waitForSchedd();
  }

  /**
   * Kills the schedd with SIGKILL, and waits until the master has started
   * another.
   */
  async killSchedd(): Promise<void> {
    const pid = await this.#scheddPid();
    if (!pid) throw new Error("no schedd to kill");
    await this.run(["kill", "-9", pid]);
    await until("another schedd runs", async () => {
      const now = await this.#scheddPid();
      return !!now && now !== pid;
    });
    await this.waitForSchedd();
  }

  /**
   * Kills every HTCondor process on the machine, as a power failure would. Then
   * it starts the daemons again.
   */
  async crash(): Promise<void> {
    // Kill the master first. Otherwise it would start the other daemons again.
    for (const name of ["condor_master", "^condor_"]) {
      await this.machine.try(["pkill", "-KILL", name]);
    }
    await this.startDaemons();
  }

  async #scheddPid(): Promise<string | undefined> {
    const found = await this.machine.try([
      "pgrep",
      "-U",
      this.owner,
      "-x",
      "condor_schedd",
    ]);
    return found.stdout.trim().split("\n")[0] || undefined;
  }

  #with(options: RunOptions): RunOptions {
    return {
      ...options,
      user: options.user ?? this.owner,
      env: { ...this.env, ...options.env },
    };
  }

  /** Runs a command, by default as the pool's owner. Throws if it fails. */
  run(command: readonly string[], options: RunOptions = {}): Promise<string> {
    return this.machine.run(command, this.#with(options));
  }

  /** Runs a command and returns its output and exit status. */
  try(command: readonly string[], options: RunOptions = {}): Promise<Output> {
    return this.machine.try(command, this.#with(options));
  }

  /**
   * Runs shell commands, by default as the pool's owner. Throws if one fails.
   */
  sh(lines: string, options: RunOptions = {}): Promise<string> {
    return this.machine.sh(lines, this.#with(options));
  }

  /**
   * Runs `lumberjack` from the sources, or the executable that $LUMBERJACK
   * names.
   */
  lumberjack(
    args: readonly string[],
    options: RunOptions = {},
  ): Promise<Output> {
    return this.try(["lumberjack", ...args], options);
  }

  /**
   * Runs `lumberjack … --json`. Returns the document, or throws if the exit
   * status is wrong.
   */
  async lumberjackJson<T>(
    args: readonly string[],
    options: RunOptions & { status?: number } = {},
  ): Promise<T> {
    const output = await this.lumberjack([...args, "--json"], options);
    if (output.code !== (options.status ?? 0)) {
      throw new Error(
        `lumberjack ${args.join(" ")}\nexit status ${output.code}\n` +
          output.stdout + output.stderr,
      );
    }
    return JSON.parse(output.stdout);
  }

  /**
   * Runs Deno on the machine, where the checkout is /lumberjack:
   * `pool.deno(["run", "-A", "/lumberjack/tests/pool/probe.ts"])`.
   */
  deno(args: readonly string[], options: RunOptions = {}): Promise<string> {
    return this.run(["deno", ...args], {
      ...options,
      env: {
        DENO_DIR: "/var/cache/deno",
        DENO_NO_UPDATE_CHECK: "1",
        NO_COLOR: "1",
        ...options.env,
      },
    });
  }

  /**
   * Runs a Python program and returns its stdout. It can import the bindings
   * `htcondor2` and `classad2`, and on trixie also `htcondor` and `classad`.
   */
  python(
    program: string,
    args: readonly string[] = [],
    options: RunOptions = {},
  ): Promise<string> {
    return this.run(["python3", "-c", program, ...args], options);
  }

  /**
   * Submits a submit description as `user` from `cwd`, by default the user's home.
   * Returns the numbers of the clusters.
   */
  async submit(
    description: string,
    options: { user: string; cwd?: string; args?: readonly string[] },
  ): Promise<number[]> {
    const said = await this.run(
      ["condor_submit", "-terse", ...(options.args ?? [])],
      { ...options, stdin: description },
    );
    const clusters = said.matchAll(/^(\d+)\.\d+ - /gm);
    return [...clusters].map((match) => Number(match[1]));
  }

  /** Returns the complete ads of all users' jobs in the queue. */
  async queue(constraint = "true"): Promise<JobAd[]> {
    const text = await this.run(
      ["condor_q", "-allusers", "-json", "-constraint", constraint],
    );
    return ads(text);
  }

  /** Returns the ads of jobs that have left the queue, newest first. */
  async history(constraint = "true"): Promise<JobAd[]> {
    const text = await this.run(
      ["condor_history", "-json", "-constraint", constraint],
    );
    return ads(text);
  }

  /**
   * Returns the ad of each job, from the queue or the history. It asks the queue
   * first: a job that leaves between the two questions is in the history then.
   */
  async jobs(constraint = "true"): Promise<JobAd[]> {
    const found = [
      ...await this.queue(constraint),
      ...await this.history(constraint),
    ];
    const byId = new Map(
      found.map((ad) => [`${ad.ClusterId}.${ad.ProcId}`, ad]),
    );
    return [...byId.values()];
  }

  /** Waits until no job matches, but not longer than `seconds`. */
  async untilNone(constraint: string, seconds = 120): Promise<void> {
    const what = `no job is left where ${constraint}`;
    try {
      await until(
        what,
        async () => !await this.#has(constraint),
        seconds,
      );
    } catch (error) {
      const left = await this.try([
        "condor_q",
        "-allusers",
        "-nobatch",
        "-constraint",
        constraint,
      ]);
      throw new Error(
        `${(error as Error).message}\n${left.stdout}${await this.logs()}`,
      );
    }
  }

  /** Whether a job in the queue matches. */
  async #has(constraint: string): Promise<boolean> {
    const ids = ["-limit", "1", "-af", "ClusterId"];
    const text = await this.run(
      ["condor_q", "-allusers", "-constraint", constraint, ...ids],
    );
    return text.trim() !== "";
  }

  /** Returns the ends of the daemons' logs, for the message of a failure. */
  async logs(lines = 15): Promise<string> {
    const names =
      "MasterLog SchedLog StartLog NegotiatorLog ShadowLog StarterLog.slot1";
    const { stdout } = await this.try(
      ["bash", "-c", `tail -n ${lines} ${names} 2>/dev/null`],
      { cwd: this.log },
    );
    return stdout;
  }

  /**
   * Ends the machine. If the pool uses another pool's machine, only stops its
   * daemons.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ownsMachine) return await this.stopDaemons();
    await this.machine[Symbol.asyncDispose]();
  }
}

function ads(text: string): JobAd[] {
  return text.trim() === "" ? [] : JSON.parse(text);
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}
