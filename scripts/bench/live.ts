/**
 * Measures export and import on a running schedd with a long queue, and for how
 * long another client's small query has to wait meanwhile.
 *
 *     scripts/deno run -A scripts/bench/live.ts [--root trixie|sid]
 *       [--jobs 200000] [--per-cluster 10] [--export-only] [--user condor]
 *       [--own]
 *
 * With `--own`: the schedd's own export, EXPORT_JOBS as the Python bindings send
 * it, on the same queue; it is stopped after two minutes.
 *
 * The small query is a whole client that asks for one job: connection, handshake,
 * query, answer; a new one starts 250 ms after the last has ended. For each the
 * schedd forks, which costs it time of its own.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import {
  loadConfig,
  readAddressFile,
  Schedd,
  securityOf,
} from "../../lib/condor/mod.ts";
import { Pool, type Root, until } from "../../tests/pool/harness/mod.ts";
import { makeLog } from "./make_log.ts";

/** HTCondor's own; the harness makes them so short that the schedd never rests. */
const usualIntervals = `
SCHEDD_INTERVAL = 300
SCHEDD_MIN_INTERVAL = 5
NEGOTIATOR_INTERVAL = 60
NEGOTIATOR_MIN_INTERVAL = 20
NEGOTIATOR_CYCLE_DELAY = 20
PERIODIC_EXPR_INTERVAL = 60
MAX_PERIODIC_EXPR_INTERVAL = 1200
PERIODIC_EXPR_TIMESLICE = 0.01
UPDATE_INTERVAL = 300
`;

/** Milliseconds that small queries took. */
interface Waits {
  readonly queries: number;
  readonly failed: number;
  readonly longest: number;
  readonly median: number;
}

/** Runs inside the machine, until stdin is closed. */
async function probe(): Promise<void> {
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
    await new Promise((resolve) => setTimeout(resolve, 250));
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

async function measure(
  pool: Pool,
  what: string,
  work: () => Promise<string>,
): Promise<void> {
  const { machine } = pool;
  const words = [
    "nsenter",
    ...`--target ${machine.pid} --mount --pid --uts --ipc --`.split(" "),
    ..."setpriv --reuid=bob --regid=bob --init-groups --".split(" "),
    ...["env", "-i", "HOME=/home/bob", "DENO_DIR=/var/cache/deno"],
    ...["PATH=/usr/local/bin:/usr/bin:/bin", "deno", "run", "-A"],
    ...["--config", "/lumberjack/deno.json"],
    "/lumberjack/scripts/bench/live.ts",
    "probe",
  ];
  const prober = new Deno.Command(words[0], {
    args: words.slice(1),
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const start = performance.now();
  const said = await work();
  const seconds = (performance.now() - start) / 1000;
  await prober.stdin.close();
  const waits: Waits = JSON.parse(await new Response(prober.stdout).text());
  console.log(
    `${what}: ${
      seconds.toFixed(1)
    } s; other clients waited ${waits.longest} ms` +
      ` at most, ${waits.median} ms usually (${waits.queries} queries, ` +
      `${waits.failed} failed); ${said}`,
  );
}

async function lumberjack(
  pool: Pool,
  user: string,
  ...args: string[]
): Promise<string> {
  const { code, stdout, stderr } = await pool.lumberjack(args, {
    user,
    timeout: 300,
  });
  return `exit status ${code}: ${
    (stdout + stderr).trim().split("\n").slice(0, 3).join("; ").slice(0, 300)
  }`;
}

/** Until it is done, or two minutes are over; the pool ends with the bench. */
async function ownExport(pool: Pool, jobs: number): Promise<string> {
  const start = performance.now();
  const seconds = () => Math.round((performance.now() - start) / 1000);
  let said = "no answer";
  const asked = pool.try([
    ...["python3", "-c"],
    'import htcondor2; print(htcondor2.Schedd().export_jobs("true", "/tmp/own", "/hpc/spool"))',
  ], { user: "root", timeout: 120 }).then(
    ({ stdout, stderr }) => said = (stdout + stderr).trim().slice(-200),
    (error) => said = String(error).slice(0, 200),
  );
  let written = 0;
  while (written < jobs && seconds() < 120) {
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const { stdout } = await pool.try([
      "sh",
      "-c",
      "grep -c '^101 [1-9]' /tmp/own/job_queue.log",
    ]);
    written = Number(stdout);
  }
  const when = seconds();
  await pool.killSchedd();
  await asked;
  return `${written} of ${jobs} jobs written after ${when} s; its client: ${
    said.replaceAll("\n", " ")
  }`;
}

/** What comes back: every job completed. */
async function completeLog(pool: Pool, from: string, to: string) {
  await pool.sh(
    `mkdir -p ${to}; sed -e 's/^\\(103 [0-9]*\\.[0-9]* JobStatus\\) 1$/\\1 4/' ` +
      `-e 's/^\\(103 [0-9]*\\.[0-9]*\\) GlobalJobId .*/&\\n\\1 ExitCode 0/' ` +
      `${from}/job_queue.log >${to}/job_queue.log; chmod -R a+rX ${to}`,
  );
}

async function main(): Promise<void> {
  const flags = parseArgs(Deno.args, {
    string: ["root", "jobs", "per-cluster", "user"],
    boolean: ["export-only", "own"],
    default: {
      root: "trixie",
      jobs: "200000",
      "per-cluster": "10",
      user: "root",
    },
  });
  const path = Deno.makeTempFileSync({ suffix: ".log" });
  const size = makeLog(path, {
    jobs: Number(flags.jobs),
    perCluster: Number(flags["per-cluster"]),
    idle: true,
    owners: ["alice"],
  });
  console.log(`queue: ${size.jobs} jobs, ${Math.round(size.bytes / 1e6)} MB`);
  await using pool = await Pool.start({
    root: flags.root as Root,
    slots: 0,
    start: false,
    config: usualIntervals,
  });
  const log = `${pool.spool}/job_queue.log`;
  await Deno.copyFile(path, pool.machine.path(log));
  await Deno.remove(path);
  await pool.run(["chown", "condor:condor", log]);
  await pool.run(["chmod", "600", log]);
  await pool.run(["condor_master"], { user: "root" });
  // Loading such a queue takes the schedd from 15 s to minutes.
  await until("the schedd has its queue", async () => {
    const answer = await pool.try(["condor_q", "-totals"], { timeout: 10 });
    return answer.code === 0 && answer.stdout.includes(String(size.jobs));
  }, 300);
  await pool.sh("mkdir -m 777 /tmp/direct /tmp/own /tmp/home");
  const version = await pool.run(["condor_version"]);
  console.log(version.split("\n")[0]);
  const { user } = flags;
  const spool = ["--remote-spool", "/hpc/spool"];
  if (flags.own) {
    return await measure(
      pool,
      "export, the schedd's own",
      () => ownExport(pool, size.jobs),
    );
  }
  await measure(pool, "nothing", async () => {
    await new Promise((resolve) => setTimeout(resolve, 5000));
    return "";
  });
  await measure(
    pool,
    "export, direct",
    () =>
      lumberjack(
        pool,
        user,
        ...["export", "--constraint", "true", "--out", "/tmp/direct"],
        ...spool,
      ),
  );
  if (flags["export-only"]) return;
  await completeLog(pool, "/tmp/direct", "/tmp/returned");
  await measure(
    pool,
    "import, direct",
    () => lumberjack(pool, user, "import", "--in", "/tmp/returned"),
  );
}

if (import.meta.main) {
  if (Deno.args[0] === "probe") await probe();
  else await main();
}
