/**
 * A real HTCondor pool on a machine of its own.
 *
 * @module
 */
import { personalConfig, rootConfig } from "./config.ts";
import type { Root } from "./host.ts";
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
export type JobAd = Record<string, Json>;

/** How a pool is started. */
export interface PoolOptions {
  /** `trixie` (HTCondor 23.9) or `sid` (25). */
  readonly root: Root;
  /**
   * The ordinary user whose personal pool it is, as at a remote site. Without:
   * a pool of root, with the package's configuration, for several users.
   */
  readonly user?: string;
  /** What the machine calls itself; `submit.test`, or `remote.test`. */
  readonly hostname?: string;
  /**
   * The machine to start on, for two pools that share files (a pool of root
   * beside a personal one). It is not disposed of with the pool.
   */
  readonly machine?: Machine;
  /** Lines of configuration that win over the others. */
  readonly config?: string;
  /** Slots; 8 when not given, 0 for a pool where jobs stay idle. */
  readonly slots?: number;
  /** The domain of the users; `test` when not given. */
  readonly domain?: string;
  /** Called before the daemons start: to put a queue log into the spool. */
  readonly prepare?: (pool: Pool) => Promise<void>;
  /** False: the machine and configuration only; call `startDaemons`. */
  readonly start?: boolean;
}

/** A pool, with all that a test does to it. Dispose of it with `await using`. */
export class Pool implements AsyncDisposable {
  readonly machine: Machine;
  /** The user whose pool it is: `root`, or the personal pool's. */
  readonly owner: string;
  /** The shared port on 127.0.0.1, which leads to the collector. */
  readonly port: number;
  /** The domain of the users. */
  readonly domain: string;
  /**
   * Folder of the schedd's queue, as the machine sees it. The harness waits for
   * the schedd's address file there, so `SPOOL` cannot be moved by
   * `configure`; mount another file system over the folder instead.
   */
  readonly spool: string;
  /** Folder of the daemons' logs, as the machine sees it. */
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

  /** The environment that points HTCondor's tools, and ours, at this pool. */
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
   * Writes the lines that win over all other configuration, in place of those
   * of the last call. Daemons that run want a `condor_reconfig` or `restart`.
   */
  async configure(lines: string): Promise<void> {
    const folder = this.#home
      ? `${this.#home}/config.d`
      : "/etc/condor/config.d";
    await this.machine.write(`${folder}/99-extra`, lines + "\n", {
      user: this.owner,
    });
  }

  /** The value of a configuration knob. */
  async configValue(name: string): Promise<string> {
    return (await this.run(["condor_config_val", name])).trim();
  }

  /** Starts the daemons and waits until schedd and slots answer. */
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

  /** Stops all daemons, jobs and all, and waits until they are gone. */
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

  /** Stops the schedd alone; the master leaves it off. */
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

  /** Kills the schedd with SIGKILL; the master starts another at once. */
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
   * Kills every process of HTCondor on the machine, as a power failure would;
   * then starts the daemons again.
   */
  async crash(): Promise<void> {
    // The master first, or it would start the others itself.
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

  /** Runs a command, as the pool's owner unless told; throws when it fails. */
  run(command: readonly string[], options: RunOptions = {}): Promise<string> {
    return this.machine.run(command, this.#with(options));
  }

  /** Runs a command and returns its output and exit status. */
  try(command: readonly string[], options: RunOptions = {}): Promise<Output> {
    return this.machine.try(command, this.#with(options));
  }

  /** Runs lines of sh, as the pool's owner unless told. */
  sh(lines: string, options: RunOptions = {}): Promise<string> {
    return this.machine.sh(lines, this.#with(options));
  }

  /** Runs `lumberjack`: the sources, or the executable that $LUMBERJACK names. */
  lumberjack(
    args: readonly string[],
    options: RunOptions = {},
  ): Promise<Output> {
    return this.try(["lumberjack", ...args], options);
  }

  /** Runs `lumberjack … --json`, expects `status`, returns the document. */
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
   * Runs Deno; the checkout is /lumberjack:
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
   * Runs a Python program that has the bindings: `htcondor2` and `classad2`,
   * and `htcondor` and `classad` on trixie. Returns its stdout.
   */
  python(
    program: string,
    args: readonly string[] = [],
    options: RunOptions = {},
  ): Promise<string> {
    return this.run(["python3", "-c", program, ...args], options);
  }

  /**
   * Submits a submit description as `user` from `cwd` (his home), and answers
   * with the clusters' numbers.
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

  /** The jobs in the queue, of all users, as whole ads. */
  async queue(constraint = "true"): Promise<JobAd[]> {
    const text = await this.run(
      ["condor_q", "-allusers", "-json", "-constraint", constraint],
    );
    return ads(text);
  }

  /** The jobs that left the queue, newest first. */
  async history(constraint = "true"): Promise<JobAd[]> {
    const text = await this.run(
      ["condor_history", "-json", "-constraint", constraint],
    );
    return ads(text);
  }

  /** Waits until no job matches, at most `seconds` (120). */
  async untilNone(constraint: string, seconds = 120): Promise<void> {
    const what = `no job is left where ${constraint}`;
    try {
      await until(
        what,
        async () => (await this.queue(constraint)).length === 0,
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

  /** The ends of the daemons' logs, for the message of a failure. */
  async logs(lines = 15): Promise<string> {
    const names =
      "MasterLog SchedLog StartLog NegotiatorLog ShadowLog StarterLog.slot1";
    const { stdout } = await this.try(
      ["bash", "-c", `tail -n ${lines} ${names} 2>/dev/null`],
      { cwd: this.log },
    );
    return stdout;
  }

  /** Ends the machine with all that is on it, or the daemons on a shared one. */
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
