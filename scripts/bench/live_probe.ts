/**
 * Another client of the schedd, which runs while something is measured. It
 * queries one job again and again. Each query is a new connection with
 * handshake, query and answer, and the schedd forks for it. The next query
 * starts 250 ms after the answer, or after another pause if the caller wants that.
 *
 * Run as a program, this file is that client. It runs inside the pool's machine
 * until its stdin is closed. Its argument is the pause between two queries.
 *
 * @module
 */
import {
  loadConfig,
  readAddressFile,
  Schedd,
  securityOf,
} from "../../lib/condor/mod.ts";
import { type Pool, wordsInside } from "../../tests/pool/harness/mod.ts";

/** The pause between an answer and the next query, in milliseconds. */
const usualPause = 250;

/**
 * How many small queries were sent, and how long they took, in milliseconds.
 */
export interface Waits {
  readonly queries: number;
  readonly failed: number;
  readonly longest: number;
  readonly median: number;
}

async function probe(pause: number): Promise<void> {
  const config = await loadConfig();
  const times: number[] = [];
  let failed = 0;
  let ended = false;
  const end = Deno.stdin.read(new Uint8Array(1)).then(() => ended = true);
  while (!ended) {
    const start = performance.now();
    try {
      const schedd = new Schedd(readAddressFile(config)!, securityOf(config));
      const jobs = schedd.queryJobs({
        constraint: "true",
        projection: ["JobStatus"],
        limit: 1,
      });
      await Array.fromAsync(jobs);
    } catch {
      failed++;
    }
    times.push(performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  await end;
  times.sort((a, b) => a - b);
  const waits: Waits = {
    queries: times.length,
    failed,
    longest: Math.round(times.at(-1) ?? 0),
    median: Math.round(times[times.length >> 1] ?? 0),
  };
  console.log(JSON.stringify(waits));
}

/** Does the work, and returns how long it took and how long the other client waited. */
export async function beside<Result>(
  pool: Pool,
  work: () => Promise<Result>,
  pause = usualPause,
): Promise<{ result: Result; seconds: number; waits: Waits }> {
  const [command, ...args] = wordsInside(pool.machine.pid, [
    ...["deno", "run", "-A", "--config", "/lumberjack/deno.json"],
    "/lumberjack/scripts/bench/live_probe.ts",
    String(pause),
  ], { user: "bob", env: { DENO_DIR: "/var/cache/deno" } });
  const prober = new Deno.Command(command, {
    args,
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const start = performance.now();
  const result = await work();
  const seconds = (performance.now() - start) / 1000;
  await prober.stdin.close();
  const waits: Waits = JSON.parse(await new Response(prober.stdout).text());
  return { result, seconds, waits };
}

/**
 * Does the work, and prints how long it took and how long the other client
 * waited.
 */
export async function measure(
  pool: Pool,
  what: string,
  work: () => Promise<string>,
): Promise<void> {
  const { result: said, seconds, waits } = await beside(pool, work);
  console.log(
    `${what}: ${seconds.toFixed(1)} s; other clients waited ` +
      `${waits.longest} ms at most, ${waits.median} ms usually ` +
      `(${waits.queries} queries, ${waits.failed} failed)` +
      (said === "" ? "" : `; ${said}`),
  );
}

if (import.meta.main) await probe(Number(Deno.args[0] ?? usualPause));
