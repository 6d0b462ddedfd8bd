/**
 * Counts the system calls of the real program that touch a folder, and makes one
 * of them fail, or kills the program there, by strace's own injection.
 *
 * @module
 */
import process from "node:process";
import { fromFileUrl } from "@std/path";

/** Calls that change files. */
const changing = [
  ...["creat", "openat", "write", "pwrite64", "writev", "pwritev"],
  ...["rename", "renameat", "renameat2", "link", "linkat", "unlink"],
  ...["unlinkat", "mkdir", "mkdirat", "rmdir", "fsync", "fdatasync", "syncfs"],
  ...["ftruncate", "fallocate", "chmod", "fchmod", "fchmodat", "chown"],
  ...["fchown", "fchownat", "lchown", "utimensat", "symlink", "symlinkat"],
  ...["copy_file_range", "sendfile", "ioctl"],
];

/** Calls that need room on the disk. */
const growing = new Set([
  ...["creat", "openat", "write", "pwrite64", "writev", "pwritev", "rename"],
  ...["link", "linkat", "mkdir", "mkdirat", "fsync", "fdatasync", "ftruncate"],
  ...["fallocate", "symlink", "copy_file_range", "sendfile"],
]);

/** Calls that read files. */
const reading = [
  "read",
  "pread64",
  "getdents64",
  "statx",
  "fstat",
  "newfstatat",
];

/** Whose calls are counted. */
export type Thread =
  /** The program's first thread, which does nearly everything. */
  | "main"
  /** The first thread of the process that acts as the jobs' owner. */
  | "owner"
  /** All other threads, and programs like sync and zstd. */
  | "others";

/** What happens at a call. */
export type Fault =
  /** SIGKILL for the process that makes the call. */
  | "kill"
  /** SIGKILL for every process of the program, at the call of one of them. */
  | "kill-all"
  | "ENOSPC"
  | "EDQUOT"
  | "EIO";

/** One system call that touches the folder. */
export interface Step {
  readonly thread: Thread;
  readonly call: string;
  /** It is the n-th call of this name that its thread makes. */
  readonly nth: number;
  /** The call and the names of its files. */
  readonly label: string;
  /** Whether it is an openat that makes a file, or any other changing call. */
  readonly changes: boolean;
}

/** How a run ended. */
export interface Run {
  readonly code: number;
  readonly killed: boolean;
  readonly stderr: string;
  /** The steps where the fault happened. Empty if the run did not get there. */
  readonly hit: readonly Step[];
}

/** Whether a fault can happen at a step. */
export function canFail({ call, changes }: Step, fault: Fault): boolean {
  if (fault === "EIO") return true;
  if (!changes) return false;
  return fault === "kill" || fault === "kill-all" || growing.has(call);
}

/** Returns the command of strace, from this host or from a root of the pools. */
export function strace(): string[] | undefined {
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    if (isFile(`${folder}/strace`)) return [`${folder}/strace`];
  }
  const scripts = fromFileUrl(
    new URL("../../../scripts/roots", import.meta.url),
  );
  const { stdout } = new Deno.Command(scripts, { args: ["--where", "trixie"] })
    .outputSync();
  const root = new TextDecoder().decode(stdout).trim();
  if (!isFile(`${root}/usr/bin/strace`)) return undefined;
  const cpu = Deno.build.arch === "aarch64" ? "aarch64" : "x86_64";
  const loader = cpu === "aarch64"
    ? `${root}/lib/ld-linux-aarch64.so.1`
    : `${root}/lib64/ld-linux-x86-64.so.2`;
  const libraries = ["lib", "usr/lib"].map((lib) =>
    `${root}/${lib}/${cpu}-linux-gnu`
  );
  return [
    loader,
    "--library-path",
    libraries.join(":"),
    `${root}/usr/bin/strace`,
  ];
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** A program under strace. */
export class Tracer {
  readonly #strace: readonly string[];
  readonly #folder: string;
  readonly #scratch: string;
  readonly #before: readonly string[];

  /**
   * `folder` is the one whose calls count. `scratch` is another folder, which
   * everybody can write. `before` stands before each command: it changes the
   * user.
   */
  constructor(
    { strace, folder, scratch, before }: {
      readonly strace: readonly string[];
      readonly folder: string;
      readonly scratch: string;
      readonly before: readonly string[];
    },
  ) {
    this.#strace = strace;
    this.#folder = folder;
    this.#scratch = scratch;
    this.#before = before;
  }

  /** Runs a command to its end, and returns the steps of a thread. */
  async count(
    command: readonly string[],
    thread: Thread,
    reads: boolean,
  ): Promise<Step[]> {
    const calls = reads ? [...changing, ...reading] : changing;
    const { code, stderr } = await this.#run(command, thread, calls, []);
    if (code !== 0) throw new Error(`${command.join(" ")}: ${stderr}`);
    return this.#steps(thread);
  }

  /** Runs a command with a fault at one step. */
  async inject(
    command: readonly string[],
    { thread, call, nth }: Step,
    fault: Fault,
  ): Promise<Run> {
    const what = fault === "kill"
      ? "signal=SIGKILL"
      : fault === "kill-all"
      ? "signal=SIGSTOP"
      : `error=${fault}`;
    const options = ["-e", `inject=${call}:${what}:when=${nth}`];
    const run = await this.#run(command, thread, [call], options, fault);
    // The program does not wait for the strace of its child.
    if (thread === "owner") await new Promise((done) => setTimeout(done, 300));
    const steps = this.#steps(thread);
    const isKill = fault === "kill" || fault === "kill-all";
    const hit = isKill
      ? run.killed || thread === "owner" ? steps.slice(-1) : []
      : steps.filter(({ label }) => label.endsWith("INJECTED"));
    return { ...run, hit: hit.filter((step) => step.nth === nth) };
  }

  /** Runs a command without strace. */
  async plain(command: readonly string[]): Promise<Run> {
    const run = await this.#spawn([...this.#before, ...command], {}, undefined);
    return { ...run, hit: [] };
  }

  async #run(
    command: readonly string[],
    thread: Thread,
    calls: readonly string[],
    options: readonly string[],
    fault?: Fault,
  ): Promise<Omit<Run, "hit">> {
    const trace = this.#trace;
    Deno.writeTextFileSync(trace, "");
    Deno.chmodSync(trace, 0o666);
    const words = [
      ...this.#strace,
      ...["-qq", "-y", "-s", "0", "-o", trace],
      ...["-e", `trace=${calls.join()}`, ...options],
    ];
    const stopAt = fault === "kill-all" ? trace : undefined;
    if (thread !== "owner") {
      const all = thread === "others" ? ["-f"] : [];
      const line = [...this.#before, ...words, ...all, ...command];
      return await this.#spawn(line, {}, stopAt);
    }
    // The program finds this script as setpriv, and starts its child with it. A
    // second child, which undoes what the first one did, is not traced.
    const bin = `${this.#scratch}/bin`, used = `${this.#scratch}/used`;
    const quoted = [...words, "-D"].map((word) => `'${word}'`).join(" ");
    const setpriv = real("setpriv");
    await Deno.remove(used).catch(() => {});
    Deno.mkdirSync(bin, { recursive: true });
    Deno.writeTextFileSync(
      `${bin}/setpriv`,
      `#!/bin/sh\nmkdir ${used} 2>/dev/null || exec ${setpriv} "$@"\n` +
        `exec ${quoted} ${setpriv} "$@"\n`,
    );
    Deno.chmodSync(`${bin}/setpriv`, 0o755);
    // Deno lets nobody write to a program that it may start, nor to a folder above
    // it. So temporary files need another folder.
    const TMPDIR = `${this.#scratch}/tmp`;
    Deno.mkdirSync(TMPDIR, { recursive: true });
    Deno.chmodSync(TMPDIR, 0o1777);
    const env = { PATH: `${bin}:${Deno.env.get("PATH")}`, TMPDIR };
    return await this.#spawn([...this.#before, ...command], env, stopAt);
  }

  /** Runs a command in a process group of its own. */
  async #spawn(
    [first, ...args]: readonly string[],
    env: Record<string, string>,
    stopAt: string | undefined,
  ): Promise<Omit<Run, "hit">> {
    // deno-fmt-ignore
    const child = new Deno.Command("setsid", {
      args: [first, ...args], env, cwd: "/",
      stdin: "null", stdout: "null", stderr: "piped",
    }).spawn();
    let killed = false;
    const timer = stopAt === undefined ? undefined : setInterval(() => {
      if (!Deno.readTextFileSync(stopAt).includes("--- stopped by")) return;
      clearInterval(timer);
      killed = true;
      process.kill(-child.pid, "SIGKILL");
    }, 5);
    const { code, signal, stderr } = await child.output();
    clearInterval(timer);
    const text = new TextDecoder().decode(stderr);
    return {
      code,
      killed: killed || signal === "SIGKILL" || code === 137,
      stderr: text,
    };
  }

  get #trace(): string {
    return `${this.#scratch}/trace`;
  }

  #steps(thread: Thread): Step[] {
    const steps: Step[] = [];
    const counts = new Map<string, number>();
    const text = Deno.readTextFileSync(this.#trace);
    const first = /^(\d+) /.exec(text)?.[1];
    for (const line of text.split("\n")) {
      const found = /^(?:(\d+) +)?(\w+)\((.*)/.exec(line);
      if (!found) continue;
      const [, pid = "", call, rest] = found;
      const key = `${pid} ${call}`;
      const nth = (counts.get(key) ?? 0) + 1;
      counts.set(key, nth);
      if (thread === "others" && pid === first) continue;
      if (!rest.includes(this.#folder)) continue;
      const changes = call === "openat"
        ? rest.includes("O_CREAT")
        : changing.includes(call);
      steps.push({
        thread,
        call,
        nth,
        changes,
        label: this.#label(call, rest),
      });
    }
    return steps;
  }

  #label(call: string, rest: string): string {
    const names = [...rest.matchAll(/[<"]([^<>"]*)[>"]/g)].map(([, p]) => p)
      .filter((path) => path.startsWith(this.#folder));
    const name = (names.at(-1) ?? "").slice(this.#folder.length + 1)
      .replace(/\d{8}T\d{6}Z-[0-9a-f]{8}/g, "ID")
      .replace(/\.[0-9a-f]+\.tmp$/, ".tmp");
    const injected = rest.endsWith("(INJECTED)") ? " INJECTED" : "";
    return `${call} ${name || "."}${injected}`;
  }
}

function real(program: string): string {
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  return folders.map((folder) => `${folder}/${program}`).find(isFile) ??
    program;
}
