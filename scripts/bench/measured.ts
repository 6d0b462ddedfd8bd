/**
 * Runs a command line and measures it: time, processor time, and memory.
 *
 * @module
 */

/** What a run took. */
export interface Measured {
  /** From its start to its end. */
  readonly seconds: number;
  /** Of all its processes, in user mode and in the kernel. */
  readonly processor: number;
  /**
   * The peak resident memory of each of its processes, added up, in MB. That is
   * an upper bound: they may have their peaks at different times.
   */
  readonly megabytes: number;
}

/** How often memory is looked at, in milliseconds. */
const interval = 20;

/**
 * Runs a command line of sh in a folder. Throws what it writes to its standard
 * error if it fails.
 */
export async function measured(
  line: string,
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Measured> {
  // Write earlier data to the disk first, so that it does not slow down the
  // command.
  await new Deno.Command("sync").output();
  const started = performance.now();
  const process = new Deno.Command("bash", {
    // The last line of standard error is what `times` counts.
    args: ["-c", `set -e; TIMEFORMAT='%U %S'; time { ${line}; }`],
    ...{ cwd, env, stdin: "null", stdout: "null", stderr: "piped" },
  }).spawn();
  const peaks = new Map<number, number>();
  const timer = setInterval(() => lookAt(process.pid, peaks), interval);
  const { code, stderr } = await process.output();
  clearInterval(timer);
  const seconds = (performance.now() - started) / 1000;
  const text = new TextDecoder().decode(stderr);
  if (code !== 0) throw new Error(`${line}: ${text}`);
  const [user, kernel] = text.trim().split("\n").at(-1)!.split(" ").map(Number);
  const kilobytes = [...peaks.values()].reduce((sum, peak) => sum + peak, 0);
  return { seconds, processor: user + kernel, megabytes: kilobytes / 1000 };
}

/** Notes the peak memory of a process and of all below it. */
function lookAt(pid: number, peaks: Map<number, number>): void {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    const peak = /VmHWM:\s+(\d+)/.exec(status)?.[1];
    if (peak !== undefined) peaks.set(pid, Number(peak) * 1.024);
    const children = `/proc/${pid}/task/${pid}/children`;
    for (const child of Deno.readTextFileSync(children).split(" ")) {
      if (child !== "") lookAt(Number(child), peaks);
    }
  } catch {
    // It has ended.
  }
}

/** The run that took the median time. */
export function median(runs: readonly Measured[]): Measured {
  return {
    seconds: middle(runs.map(({ seconds }) => seconds)),
    processor: middle(runs.map(({ processor }) => processor)),
    megabytes: middle(runs.map(({ megabytes }) => megabytes)),
  };
}

/** The median of numbers: of an even count, what lies between the two in the middle. */
export function middle(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) / 2;
  return (sorted[Math.floor(at)] + sorted[Math.ceil(at)]) / 2;
}
