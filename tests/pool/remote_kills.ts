/**
 * Kills the head of a run and its HTCondor with SIGKILL, at random moments, and
 * checks what `remote pack` and the next runs make of it: no job is lost, and none
 * that had ended runs again.
 *
 *     scripts/deno task kill:remote [--root trixie|sid] [--count 50] [--seed 1]
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { assert, assertEquals } from "@std/assert";
import { Machine, type Root } from "./harness/mod.ts";
import { bundle, exportJobs, logsOf } from "./remote_jobs.ts";

const spool = "/home/bob/spool";

function sleep(milliseconds: number): Promise<undefined> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(undefined), milliseconds);
  });
}

/** Random numbers that are the same for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What a bundle of `remote pack` says: its jobs, and how often each has started. */
async function packed(machine: Machine): Promise<Map<string, number>> {
  const file = "/home/bob/part.tar";
  await machine.run(["rm", "-rf", file, "/home/bob/part"]);
  const { code, stderr } = await machine.try(
    ["lumberjack", "remote", "pack", "--spool", spool, "--out", file],
    { user: "bob" },
  );
  if (code === 1) {
    // Nothing has ended yet, or there is no spool yet.
    assert(/no job has ended|holds no export/.test(stderr), stderr);
    return new Map();
  }
  const ids = await machine.sh(
    `mkdir /home/bob/part; tar -xf ${file} -C /home/bob/part; cd /home/bob/part
     grep -o '^101 [1-9][0-9]*\\.[0-9]*' job_queue.log | cut -d' ' -f2`,
  );
  const starts = new Map<string, number>();
  for (const id of ids.trim().split("\n")) {
    const log = await machine.sh(
      `grep -c '^001' ${spool}/lumberjack/*/logs/${id}.log`,
    );
    starts.set(id, Number(log));
  }
  return starts;
}

/** Runs `jobs` jobs through `count` kills. */
export async function killAtRandom(
  { root, count, seed, jobs }: {
    readonly root: Root;
    readonly count: number;
    readonly seed: number;
    readonly jobs: number;
  },
): Promise<{ readonly kills: number; readonly runs: number }> {
  const random = randomOf(seed);
  await using machine = await Machine.boot({ root, hostname: "node.test" });
  await exportJobs(machine, jobs, "sleep $(($1 % 4)); echo $1 >result.$1", {
    TransferOutput: '""',
  });
  const run = (...more: string[]) =>
    machine.try([
      ...["lumberjack", "remote", "run", "--in", bundle, "--spool", spool],
      ...["--cpus", "3", "--memory", "512", ...more],
    ], { user: "bob", timeout: 600 });
  let ended = new Map<string, number>();
  let kills = 0;
  for (let n = 0; n < count; n++) {
    const running = run();
    const moment = random() * 20_000;
    const done = await Promise.race([
      running.then(({ code }) => code),
      sleep(moment),
    ]);
    await machine.try(["pkill", "-KILL", "-u", "bob"]);
    await running;
    if (done === undefined) kills++;
    const now = await packed(machine);
    for (const [id, starts] of ended) {
      assertEquals(now.get(id), starts, `${id} ran again, seed ${seed}, ${n}`);
    }
    ended = now;
    if (done === 0) break;
  }
  const { code, stderr } = await run("--out", "/home/bob/back.tar");
  assertEquals(code, 0, stderr + await logsOf(machine, spool));
  const last = await packed(machine);
  assertEquals(last.size, jobs);
  for (const [id, starts] of ended) assertEquals(last.get(id), starts, id);
  return { kills, runs: count + 1 };
}

if (import.meta.main) {
  const flags = parseArgs(Deno.args, {
    string: ["root"],
    default: { root: "sid", count: 50, seed: Date.now() % 1_000_000 },
  });
  const { count, seed } = flags;
  const root = flags.root === "trixie" ? "trixie" : "sid";
  console.log(`${root}: ${count} kills, seed ${seed}`);
  const options = { root, count: Number(count), seed: Number(seed) } as const;
  const { kills } = await killAtRandom({
    ...options,
    jobs: Math.max(6, 3 * options.count),
  });
  console.log(`killed ${kills} times: nothing lost, nothing ran twice`);
}
