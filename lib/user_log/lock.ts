/**
 * HTCondor's lock on an event log (file_lock.cpp, lock_file.unix.cpp).
 *
 * By default HTCondor does not lock user logs. With ENABLE_USERLOG_LOCKING it takes
 * a POSIX lock, fcntl(F_SETLKW), on a lock file on the local disk
 * (CREATE_LOCKS_ON_LOCAL_DISK, the default) or on the log itself. flock(2), which
 * Deno offers, does not exclude such a lock. So a child process that runs perl
 * holds it; HTCondor's packages require perl.
 *
 * @module
 */
import { realpathSync } from "node:fs";
import { UserLogError } from "./errors.ts";

/** How HTCondor is configured to lock user logs. */
export interface LockOptions {
  /**
   * The folder of lock files: LOCAL_DISK_LOCK_DIR, `/tmp/condorLocks` by default.
   * Undefined if CREATE_LOCKS_ON_LOCAL_DISK is false: the log itself is locked.
   */
  readonly folder: string | undefined;
  /** How long to wait for the lock, in seconds. 60 by default. */
  readonly patience?: number;
}

/**
 * Returns the path of the lock file for a log, as HTCondor's
 * `FileLock::CreateHashName` does.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { lockFileOf } from "./lock.ts";
 *
 * assertEquals(
 *   lockFileOf("/no/such/log", "/tmp/condorLocks"),
 *   "/tmp/condorLocks/73/71/802775873675451.lockc",
 * );
 * ```
 */
export function lockFileOf(log: string, folder: string): string {
  let hash = 0n;
  // HTCondor adds bytes as signed characters.
  for (const byte of new TextEncoder().encode(realPath(log))) {
    const character = BigInt.asIntN(8, BigInt(byte));
    hash = BigInt.asUintN(
      64,
      character + (hash << 6n) + (hash << 16n) - hash,
    );
  }
  let name = "";
  while (name.length < 5) name += hash;
  return `${folder}/${name.slice(0, 2)}/${name.slice(2, 4)}/${
    name.slice(4)
  }.lockc`;
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** Locks a file, says so, and holds the lock until its input ends. */
const PROGRAM = `
use strict; use Fcntl; umask 0; $| = 1;
my ($path, $make) = @ARGV;
alarm $ARGV[2];
my $file;
for (1 .. 6) {
  if ($make) {
    my $folder = "";
    for (split m(/), $path =~ s(/[^/]*$)()r) { $folder .= "$_/"; mkdir $folder, 0777 }
  }
  sysopen($file, $path, O_RDWR | ($make ? O_CREAT : 0), 0666) or die "open: $!\\n";
  my $lock = pack("s s x4 q q i x4", F_WRLCK, 0, 0, 0, 0);
  fcntl($file, F_SETLKW, $lock) or die "fcntl: $!\\n";
  # The process that held the lock may have removed the file.
  last if !$make or (stat $file)[3] > 0;
}
alarm 0;
print "locked\\n";
<STDIN>;
`;

/** A lock that is held until it is disposed of. */
export class LogLock implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#input = child.stdin.getWriter();
  }

  /**
   * Waits for the lock on a log. Throws {@linkcode UserLogError} if perl is
   * missing, or if the lock is not free in time.
   */
  static async take(log: string, options: LockOptions): Promise<LogLock> {
    const { folder, patience = 60 } = options;
    const path = folder === undefined ? log : lockFileOf(log, folder);
    const args = [path, folder === undefined ? "" : "1", String(patience)];
    let child: Deno.ChildProcess;
    try {
      child = new Deno.Command("perl", {
        args: ["-e", PROGRAM, "--", ...args],
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
    } catch (cause) {
      throw failed(log, "perl does not run", "install perl", cause);
    }
    const said = await child.stdout.getReader().read();
    const lock = new LogLock(child);
    if (said.value !== undefined) return lock;
    const why = (await new Response(child.stderr).text()).trim();
    await lock.#end();
    throw failed(
      log,
      why || `not free for ${patience} seconds`,
      "see who holds the lock, then repeat the command",
    );
  }

  async #end(): Promise<void> {
    await this.#input.close().catch(() => {});
    await this.#child.status;
  }

  /** Releases the lock. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
    await this.#child.stderr.cancel();
  }
}

function failed(
  log: string,
  why: string,
  remedy: string,
  cause?: unknown,
): UserLogError {
  return new UserLogError("cannot lock a user log", {
    cause,
    subject: `${log} (${why})`,
    remedy,
  });
}
