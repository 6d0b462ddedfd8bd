/**
 * The daemons of one run.
 *
 * @module
 */
import { join } from "@std/path";
import type { Release } from "./pool_config.ts";

/**
 * Starts condor_master, and hands on the signals whose names it reads. When its
 * input ends, because the caller has ended in any way, the daemons end too: no
 * orphan keeps the allocation.
 */
const keeper = `
exec 3<&0
# cli.ts has set this variable aside. With it HTCondor finds the libraries of GPUs.
if [ -n "\${LUMBERJACK_LD_LIBRARY_PATH:-}" ]; then
  export LD_LIBRARY_PATH="$LUMBERJACK_LD_LIBRARY_PATH"
fi
"$1" -f </dev/null >/dev/null 2>&1 3<&- &
master=$!
(
  while read -r signal; do kill -s "$signal" "$master"; done
  kill -s QUIT "$master"
) <&3 &
reader=$!
exec 3<&-
wait "$master"
status=$?
kill "$reader" 2>/dev/null
exit "$status"
`;

/** condor_master and all that it starts. */
export class Daemons implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  #ended = false;
  /** Resolves to the exit status of condor_master when it has ended. */
  readonly ended: Promise<number>;

  private constructor(process: Deno.ChildProcess) {
    this.#process = process;
    this.#input = process.stdin.getWriter();
    this.ended = process.status.then(({ code }) => {
      this.#ended = true;
      return code;
    });
  }

  /** Starts the daemons with a configuration file. */
  static start(release: Release, config: string): Daemons {
    const process = new Deno.Command("sh", {
      args: ["-c", keeper, "sh", join(release.top, "sbin", "condor_master")],
      env: { CONDOR_CONFIG: config },
      stdin: "piped",
      stdout: "null",
      stderr: "null",
    }).spawn();
    return new Daemons(process);
  }

  /** Whether condor_master has ended. */
  get hasEnded(): boolean {
    return this.#ended;
  }

  /**
   * Stops everything. Running jobs get their soft kill signal; after `seconds`
   * they are killed. Returns when all daemons have ended.
   */
  async stop(seconds: number): Promise<void> {
    await this.#signal("TERM");
    if (await this.#endsWithin(seconds)) return;
    await this.#signal("QUIT");
    if (await this.#endsWithin(30)) return;
    await this.#signal("KILL");
    await this.ended;
  }

  /** Stops everything at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) await this.#signal("QUIT");
    if (!await this.#endsWithin(30)) await this.#signal("KILL");
    await this.ended;
    await this.#input.close().catch(() => {});
    void this.#process;
  }

  async #signal(name: string): Promise<void> {
    if (this.#ended) return;
    try {
      await this.#input.write(new TextEncoder().encode(`${name}\n`));
    } catch {
      // It has ended in the meantime.
    }
  }

  async #endsWithin(seconds: number): Promise<boolean> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), seconds * 1000);
    });
    const ended = this.ended.then(() => true);
    const answer = await Promise.race([late, ended]);
    clearTimeout(timer);
    return answer;
  }
}
