/**
 * A machine for one test: a Debian tree with HTCondor, in namespaces that end
 * with the test.
 *
 * @module
 */
import { checkOutput } from "../../commands/json_schema.ts";
import { dirname, fromFileUrl, join } from "@std/path";
import {
  cacheFolder,
  denoExecutable,
  type MachineRoot,
  rootFolder,
} from "./host.ts";

/** The exit status and output of a command. */
export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run a command on a machine. */
export interface RunOptions {
  /**
   * The user, by default `root`. The users alice, bob, carol and condor exist.
   */
  readonly user?: string;
  /** The working folder on the machine, by default the user's home. */
  readonly cwd?: string;
  /**
   * Variables besides HOME, USER, LOGNAME, PATH, LANG and those that `Pool`
   * adds.
   */
  readonly env?: Readonly<Record<string, string>>;
  /** The command's stdin, by default empty. */
  readonly stdin?: string | Uint8Array<ArrayBuffer>;
  /** The command is killed after so many seconds, by default 180. */
  readonly timeout?: number;
}

/** A command of a machine ended with another status than 0. */
export class CommandError extends Error {
  /** The output of the command. */
  readonly output: Output;

  /** Makes an error whose message has the command and all its output. */
  constructor(command: readonly string[], user: string, output: Output) {
    super(
      `${user}$ ${command.join(" ")}\nexit status ${output.code}\n` +
        output.stdout + output.stderr,
    );
    this.name = "CommandError";
    this.output = output;
  }
}

/** How to boot a machine. */
export interface MachineOptions {
  /** The root: `trixie` (HTCondor 23.9), `sid` (25), or `hpc` (none). */
  readonly root: MachineRoot;
  /** The machine's host name, by default `submit.test`. */
  readonly hostname?: string;
}

/**
 * A machine. It has its own file system, processes and host name, and uses the
 * network of the host. It ends when it is disposed of, or when the process that
 * booted it ends or is killed.
 */
export class Machine implements AsyncDisposable {
  readonly root: MachineRoot;
  readonly hostname: string;
  readonly #process: Deno.ChildProcess;
  readonly #pid: number;

  private constructor(
    options: MachineOptions,
    process: Deno.ChildProcess,
    pid: number,
  ) {
    this.root = options.root;
    this.hostname = options.hostname ?? "submit.test";
    this.#process = process;
    this.#pid = pid;
  }

  /**
   * Boots a machine. The error of a failure has the output of the boot script.
   */
  static async boot(options: MachineOptions): Promise<Machine> {
    // All machines can use this mount point, because each has its own namespace.
    const mountpoint = join(await cacheFolder(), "roots", ".machine");
    await Deno.mkdir(mountpoint, { recursive: true });
    const checkout = fromFileUrl(new URL("../../..", import.meta.url));
    const executable = Deno.env.get("LUMBERJACK");
    const process = new Deno.Command("unshare", {
      args: [
        ..."--mount --pid --fork --kill-child --uts --ipc -- sh".split(" "),
        join(dirname(fromFileUrl(import.meta.url)), "boot.sh"),
        await rootFolder(options.root),
        mountpoint,
        options.hostname ?? "submit.test",
        checkout,
        await denoExecutable(),
        await denoCache(),
        ...(executable ? [await Deno.realPath(executable)] : []),
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const reader = process.stdout.getReader();
    const { value } = await reader.read();
    await reader.cancel();
    if (new TextDecoder().decode(value).trim() !== "ready") {
      const said = await new Response(process.stderr).text();
      await process.stdin.close();
      await process.status;
      throw new Error(`the machine did not boot: ${said}`);
    }
    await process.stderr.cancel();
    const children = await Deno.readTextFile(
      `/proc/${process.pid}/task/${process.pid}/children`,
    );
    return new Machine(options, process, Number(children.trim()));
  }

  /** The process id of the machine's first process, as the host sees it. */
  get pid(): number {
    return this.#pid;
  }

  /**
   * Returns the path by which the host sees a file. `path` is absolute on the
   * machine.
   */
  path(path: string): string {
    return `/proc/${this.#pid}/root${path}`;
  }

  /**
   * Runs a command on the machine. Returns its output and exit status. What
   * `lumberjack … --json` prints is compared with the schema of the verb.
   */
  async try(
    command: readonly string[],
    options: RunOptions = {},
  ): Promise<Output> {
    const limit = ["timeout", "--kill-after=2", String(options.timeout ?? 180)];
    const [name, ...args] = wordsInside(
      this.#pid,
      [...limit, ...command],
      options,
    );
    const process = new Deno.Command(name, {
      args,
      stdin: options.stdin === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const feeding = feed(process, options.stdin);
    const { code, stdout, stderr } = await process.output();
    await feeding;
    const decoder = new TextDecoder();
    const text = decoder.decode(stdout);
    checkOutput(command, text);
    return { code, stdout: text, stderr: decoder.decode(stderr) };
  }

  /**
   * Runs a command on the machine. Returns its stdout, or throws a
   * `CommandError`.
   */
  async run(
    command: readonly string[],
    options: RunOptions = {},
  ): Promise<string> {
    const output = await this.try(command, options);
    if (output.code !== 0) {
      throw new CommandError(command, options.user ?? "root", output);
    }
    return output.stdout;
  }

  /** Runs shell commands on the machine, and stops at the first that fails. */
  sh(lines: string, options: RunOptions = {}): Promise<string> {
    return this.run(["bash", "-euc", lines], options);
  }

  /** Reads a file of the machine. */
  read(path: string): Promise<string> {
    return Deno.readTextFile(this.path(path));
  }

  /** Reads a file of the machine as bytes. */
  readBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
    return Deno.readFile(this.path(path));
  }

  /**
   * Writes a file on the machine as `user` (by default root), and makes missing
   * folders above it. `mode` is 0644 by default.
   */
  async write(
    path: string,
    content: string | Uint8Array<ArrayBuffer>,
    options: { user?: string; mode?: number } = {},
  ): Promise<void> {
    const mode = (options.mode ?? 0o644).toString(8);
    await this.run([
      "sh",
      "-euc",
      'mkdir -p "$(dirname "$1")"; cat >"$1"; chmod "$2" "$1"',
      "write",
      path,
      mode,
    ], { user: options.user, stdin: content });
  }

  /** Returns whether the machine has this file. */
  async exists(path: string): Promise<boolean> {
    const output = await this.try(["test", "-e", path]);
    return output.code === 0;
  }

  /** Ends every process of the machine and drops its file system. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#process.stdin.close();
    } catch {
      // The machine has already ended.
    }
    await this.#process.status;
  }
}

/**
 * Returns the command line that runs `command` on the machine with first
 * process `pid`.
 */
export function wordsInside(
  pid: number,
  command: readonly string[],
  options: Pick<RunOptions, "user" | "cwd" | "env"> = {},
): string[] {
  const user = options.user ?? "root";
  const home = user === "root" ? "/root" : `/home/${user}`;
  const env = {
    HOME: home,
    USER: user,
    LOGNAME: user,
    LANG: "C.UTF-8",
    PATH: "/usr/local/bin:/usr/bin:/usr/sbin:/bin:/sbin",
    ...options.env,
  };
  const cwd = options.cwd ?? (user === "condor" ? "/tmp" : home);
  return [
    ...`nsenter --target ${pid} --mount --pid --uts --ipc --`.split(" "),
    ...`setpriv --reuid=${user} --regid=${user} --init-groups --`.split(" "),
    ...["env", "-i", "-C", cwd],
    ...Object.entries(env).map(([name, value]) => `${name}=${value}`),
    ...command,
  ];
}

async function feed(
  process: Deno.ChildProcess,
  stdin: string | Uint8Array<ArrayBuffer> | undefined,
): Promise<void> {
  if (stdin === undefined) return;
  const writer = process.stdin.getWriter();
  try {
    await writer.write(
      typeof stdin === "string" ? new TextEncoder().encode(stdin) : stdin,
    );
    await writer.close();
  } catch {
    // The command ended before it read all of its stdin. Its status says why.
  }
}

async function denoCache(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json"],
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}
