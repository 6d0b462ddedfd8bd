/**
 * A machine of its own for a test: a Debian tree with HTCondor, in namespaces
 * that end with the test.
 *
 * @module
 */
import { dirname, fromFileUrl, join } from "@std/path";
import { cacheFolder, denoExecutable, type Root, rootFolder } from "./host.ts";

/** What ran, and what it said. */
export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a command of a machine is run. */
export interface RunOptions {
  /** As whom; `root` when not given. alice, bob, carol and condor exist. */
  readonly user?: string;
  /** Folder inside; the user's home when not given. */
  readonly cwd?: string;
  /** Added to HOME, USER, LOGNAME, PATH, LANG and what `Pool` adds. */
  readonly env?: Readonly<Record<string, string>>;
  /** Text for its stdin; empty when not given. */
  readonly stdin?: string | Uint8Array<ArrayBuffer>;
  /** Seconds after which it is killed; 60 when not given. */
  readonly timeout?: number;
}

/** A command of a machine ended with another status than 0. */
export class CommandError extends Error {
  /** What the command left. */
  readonly output: Output;

  /** Says all that the command said. */
  constructor(command: readonly string[], user: string, output: Output) {
    super(
      `${user}$ ${command.join(" ")}\nexit status ${output.code}\n` +
        output.stdout + output.stderr,
    );
    this.name = "CommandError";
    this.output = output;
  }
}

/** How a machine is booted. */
export interface MachineOptions {
  /** Which root: `trixie` (HTCondor 23.9) or `sid` (25). */
  readonly root: Root;
  /** What the machine calls itself; `submit.test` when not given. */
  readonly hostname?: string;
}

/**
 * A machine: file system, processes and host name are its own, the network is
 * the host's. All of it is gone when it is disposed of, or when the process
 * that booted it ends in any way.
 */
export class Machine implements AsyncDisposable {
  readonly root: Root;
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

  /** Boots a machine; throws with what the boot script said when it can't. */
  static async boot(options: MachineOptions): Promise<Machine> {
    // A folder that every machine mounts over, each in its own namespace.
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

  /** The first process's id, as the host counts. */
  get pid(): number {
    return this.#pid;
  }

  /** Where the host sees the machine's file: `path` is absolute, inside. */
  path(path: string): string {
    return `/proc/${this.#pid}/root${path}`;
  }

  /** Runs a command inside and returns its output and exit status. */
  async try(
    command: readonly string[],
    options: RunOptions = {},
  ): Promise<Output> {
    const limit = ["timeout", "--kill-after=2", String(options.timeout ?? 60)];
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
    return {
      code,
      stdout: decoder.decode(stdout),
      stderr: decoder.decode(stderr),
    };
  }

  /** Runs a command inside; returns its stdout, throws `CommandError`. */
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

  /** Runs lines of sh inside, stopping at the first that fails. */
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
   * Writes a file of the machine, and the folders above it that are missing,
   * as `user` would (root when not given); `mode` is 0644 when not given.
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

  /** Whether the machine has this file. */
  async exists(path: string): Promise<boolean> {
    const output = await this.try(["test", "-e", path]);
    return output.code === 0;
  }

  /** Ends every process inside and drops the file system. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#process.stdin.close();
    } catch {
      // The machine is gone already.
    }
    await this.#process.status;
  }
}

/** The words that run `command` on the machine whose first process is `pid`. */
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
    // It ended without reading all of it; its status says why.
  }
}

async function denoCache(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json"],
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}
