/**
 * Measures passes of `lumberjack cron` on a running schedd with a long queue and five
 * sites: a pass with nothing to do, the same while many jobs are away, and a pass that
 * exports many jobs beside the same export by hand. Then it repeats the pass and the
 * export by hand while another client asks the schedd for a job again and again, and
 * prints how long that client waited for an answer.
 *
 *     scripts/deno run -A scripts/bench/cron.ts [--root trixie|sid]
 *       [--jobs 200000] [--exported 10000] [--rounds 3]
 *
 * Processor time and memory are what the kernel counts for the command and all
 * programs that it starts (memory: of the largest of these). The schedd's log says
 * how many queries it got. The benchmark runs the executable that the variable
 * LUMBERJACK names, or builds one.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import type { Pool, Root } from "../../tests/pool/harness/mod.ts";
import { poolWith, requireExecutable } from "./live.ts";
import { beside, type Waits } from "./live_probe.ts";
import { middle } from "./measured.ts";

const flags = parseArgs(Deno.args, {
  string: ["root", "jobs", "exported", "rounds"],
  default: { root: "trixie", jobs: "200000", exported: "10000", rounds: "3" },
});
const root: Root = flags.root === "sid" ? "sid" : "trixie";
const jobs = Number(flags.jobs);
const exported = Number(flags.exported);
const rounds = Number(flags.rounds);
/** Jobs in one cluster of the queue. */
const perCluster = 10;
const clusters = exported / perCluster;
/** The other client's pause between an answer and the next query, in milliseconds. */
const pause = 100;

const names = ["ALCF", "NERSC", "OLCF", "TACC", "LRZ"];
const folder = "/var/lib/lumberjack";

/** Selects `clusters` clusters from `from`. */
function chosen(from: number): string {
  return `ClusterId > ${from} && ClusterId <= ${from + clusters}`;
}

/** The first site takes `clusters` clusters from `from`; the other sites take no job. */
function sites(from: number, enabled = true): string {
  return [
    `LUMBERJACK_SITES = ${names.join(" ")}`,
    `LUMBERJACK_DIR = ${folder}`,
    "SCHEDD_DEBUG = D_COMMAND",
    ...names.flatMap((name, at) => [
      `LUMBERJACK_${name}_CONSTRAINT = ` +
      (at === 0 ? chosen(from) : `DESIRED_Sites == "${name}"`),
      `LUMBERJACK_${name}_REMOTE_SPOOL = /remote/spool`,
      `LUMBERJACK_${name}_FILES = none`,
      `LUMBERJACK_${name}_MAX_JOBS = 1000000`,
      `LUMBERJACK_${name}_SHIP = /srv/${name}`,
      `LUMBERJACK_${name}_FETCH = /srv/${name}/out`,
      `LUMBERJACK_${name}_ENABLED = ${enabled}`,
    ]),
  ].join("\n");
}

/** What a command took. */
interface Taken {
  readonly seconds: number;
  readonly processor: number;
  readonly megabytes: number;
  readonly queries: number;
}

const timer = `
import json, resource, subprocess, sys, time
began = time.time()
done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps(dict(code=done.returncode, said=done.stdout, seconds=time.time() - began,
  processor=used.ru_utime + used.ru_stime, megabytes=used.ru_maxrss * 1.024 / 1000)))
`;

async function take(pool: Pool, ...command: string[]): Promise<Taken> {
  const queries = async () =>
    Number(
      await pool.sh(
        `grep -c 'Calling HandleReq.*QUERY_JOB_ADS' ${pool.log}/SchedLog || true`,
      ),
    );
  const before = await queries();
  const { code, said, ...taken } = JSON.parse(
    await pool.run(["python3", "-c", timer, ...command], { timeout: 600 }),
  );
  if (code !== 0) {
    throw new Error(`${command.join(" ")}: exit status ${code}: ${said}`);
  }
  return { ...taken, queries: await queries() - before };
}

function tell(what: string, runs: readonly Taken[]) {
  const of = (field: keyof Taken) => middle(runs.map((run) => run[field]));
  console.log(
    `${what}: ${of("seconds").toFixed(2)} s, processor ${
      of("processor").toFixed(2)
    } s, ${Math.round(of("megabytes"))} MB, ` +
      `queries ${runs.map(({ queries }) => queries).join(" ")}`,
  );
  return { seconds: of("seconds"), processor: of("processor") };
}

/** Prints how long the other client waited while something else went on. */
function tellWaits(what: string, runs: readonly Waits[]): void {
  const each = runs.map(({ longest }) => longest).join(" ");
  const usual = middle(runs.map(({ median }) => median));
  const sum = (field: "queries" | "failed") =>
    runs.reduce((total, run) => total + run[field], 0);
  console.log(
    `another client beside ${what}: waited ${each} ms at most, ` +
      `${Math.round(usual)} ms usually (${sum("queries")} queries, ` +
      `${sum("failed")} failed)`,
  );
}

async function repeat(work: () => Promise<Taken>): Promise<Taken[]> {
  const runs: Taken[] = [];
  for (let round = 0; round < rounds; round++) runs.push(await work());
  return runs;
}

async function main(): Promise<void> {
  await requireExecutable();
  await using pool = await poolWith(
    { root, perCluster },
    jobs,
    sites(jobs),
  );
  console.log((await pool.run(["condor_version"])).split("\n")[0]);
  await pool.sh(
    `mkdir -p ${folder}; cd /srv; mkdir -p ${
      names.map((name) => `${name}/out`).join(" ")
    }; mkdir -m 777 /tmp/hand`,
  );
  const pass = () => take(pool, "lumberjack", "cron");
  await pass();
  tell(`a pass with nothing to do, ${jobs} jobs`, await repeat(pass));

  const alone = await inTurn(pool, "alone", (work) => work());
  const hand = tell(`export of ${exported} jobs by hand`, alone.byHand);
  const cron = tell(
    `a pass that exports and sends ${exported} jobs`,
    alone.byPass,
  );
  const ratio = (field: "seconds" | "processor") =>
    (cron[field] / hand[field]).toFixed(2);
  console.log(
    `the pass takes ${ratio("seconds")} x as long (goal 1.2), and ${
      ratio("processor")
    } x the processor time`,
  );

  const idle = await beside(
    pool,
    () => new Promise((resolve) => setTimeout(resolve, 5000)),
    pause,
  );
  tellWaits("nothing", [idle.waits]);
  const watched = await inTurn(
    pool,
    "watched",
    async (work) => (await beside(pool, work, pause)).waits,
  );
  tellWaits("the export by hand", watched.byHand);
  tellWaits("the pass", watched.byPass);

  await pool.configure(sites(0));
  await pass();
  tell(
    `a pass with nothing to do, ${exported} jobs away`,
    await repeat(pass),
  );
}

/**
 * Exports the same jobs each time, by hand and by a pass in turn, and returns what
 * `look` made of each. Before each export all jobs are free, so that no run reads
 * more locked jobs than another.
 */
async function inTurn<Result>(
  pool: Pool,
  name: string,
  look: (work: () => Promise<Taken>) => Promise<Result>,
): Promise<{ byHand: Result[]; byPass: Result[] }> {
  const byHand: Result[] = [], byPass: Result[] = [];
  const exportByHand = async (out: string) => {
    await pool.sh(`mkdir ${out}`);
    const words = ["--out", out, "--remote-spool", "/remote/spool"];
    const jobs = ["--constraint", chosen(0)];
    byHand.push(
      await look(() => take(pool, "lumberjack", "export", ...jobs, ...words)),
    );
    await freeAll(pool);
  };
  const exportByPass = async () => {
    await pool.configure(sites(0));
    byPass.push(await look(() => take(pool, "lumberjack", "cron")));
    await freeAll(pool);
    await pool.configure(sites(jobs));
    // This pass finds that no job is away any more.
    await take(pool, "lumberjack", "cron");
  };
  for (let round = 0; round < rounds; round++) {
    const both = [exportByHand, exportByPass];
    for (const work of round % 2 === 0 ? both : both.reverse()) {
      await work(`/tmp/hand/${name}${round}`);
    }
  }
  return { byHand, byPass };
}

/** Takes all jobs back that are away. */
async function freeAll(pool: Pool): Promise<void> {
  await pool.run(
    [
      "lumberjack",
      "unexport",
      "--abandon",
      "--constraint",
      'Managed == "External"',
    ],
    { timeout: 600 },
  );
}

if (import.meta.main) await main();
