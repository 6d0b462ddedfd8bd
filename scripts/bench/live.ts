/**
 * Measures Lumberjack on a running schedd with a long queue, and compares it
 * with the schedd's own export and import. Also measures how long a small query
 * of another client waits in the meantime.
 *
 *     scripts/deno run -A scripts/bench/live.ts [--root trixie|sid]
 *       [--jobs 200000] [--per-cluster 10] [--user root]
 *       [--parts export,import,owner-export,owner-import,own-export,own-import,ten]
 *
 * Each export, with its import, starts its own pool on the same queue.
 * `owner-export` and `owner-import` run as the jobs' owner, who cannot read the
 * schedd's log. `own-export` is the schedd's own export (EXPORT_JOBS, as the
 * Python bindings send it). It is stopped after two minutes. The benchmark runs
 * the executable that the variable LUMBERJACK names, or builds one if
 * LUMBERJACK is not set.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { fromFileUrl } from "@std/path";
import { Pool, type Root, until } from "../../tests/pool/harness/mod.ts";
import { measure } from "./live_probe.ts";
import { makeLog } from "./make_log.ts";

/**
 * HTCondor's default intervals. Those of the test harness are so short that the
 * schedd is always busy.
 */
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

const parts = [
  ...["export", "import", "owner-export", "owner-import"],
  ...["own-export", "own-import", "ten"],
] as const;
type Part = typeof parts[number];

interface Options {
  readonly root: Root;
  readonly jobs: number;
  readonly perCluster: number;
  readonly user: string;
  readonly parts: readonly Part[];
}

/** The owner of all jobs. */
const owner = "alice";

/** Starts a pool whose schedd has loaded a queue of idle jobs. */
export async function poolWith(
  { root, perCluster }: Pick<Options, "root" | "perCluster">,
  jobs: number,
  config = "",
): Promise<Pool> {
  const pool = await Pool.start({
    root,
    slots: 0,
    start: false,
    // The domain that make_log.ts writes into `User`: the owner must be a user
    // of the pool.
    domain: "pool.example.org",
    config: usualIntervals + config,
  });
  const log = `${pool.spool}/job_queue.log`;
  makeLog(pool.machine.path(log), {
    jobs,
    perCluster,
    idle: true,
    owners: [owner],
  });
  await pool.run(["chown", "condor:condor", log]);
  await pool.run(["chmod", "600", log]);
  await pool.run(["condor_master"], { user: "root" });
  // The schedd needs 15 seconds to several minutes to load such a queue.
  await until("the schedd has its queue", async () => {
    const answer = await pool.try(["condor_q", "-totals"], { timeout: 10 });
    return answer.code === 0 && answer.stdout.includes(`${jobs} jobs`);
  }, 300);
  await pool.sh("mkdir -m 777 /tmp/direct /tmp/own");
  return pool;
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
  const said = (stdout + stderr).trim().split("\n")[0].slice(0, 80);
  return code === 0 ? "" : `exit status ${code}: ${said}`;
}

function exportAll(pool: Pool, user: string): Promise<string> {
  const words = "export --constraint true --out /tmp/direct";
  return lumberjack(
    pool,
    user,
    ...words.split(" "),
    "--remote-spool",
    "/hpc/spool",
  );
}

/** Writes the log that comes back from the remote site: every job completed. */
async function completeLog(pool: Pool, from: string, to: string) {
  await pool.sh(
    `mkdir -p ${to}; sed -e 's/^\\(103 [0-9]*\\.[0-9]* JobStatus\\) 1$/\\1 4/' ` +
      `-e 's/^\\(103 [0-9]*\\.[0-9]*\\) GlobalJobId .*/&\\n\\1 ExitCode 0/' ` +
      `${from}/job_queue.log >${to}/job_queue.log; chmod -R a+rX ${to}`,
  );
}

/**
 * An export and its import. An export without `exportPart` runs, but is not
 * measured.
 */
interface RoundTrip {
  readonly user: string;
  readonly exportPart?: Part;
  readonly importPart: Part;
  readonly importUser: string;
  readonly engine: "direct" | "schedd";
}

async function roundTrip(
  options: Options,
  { user, exportPart, importPart, importUser, engine }: RoundTrip,
): Promise<void> {
  const { jobs } = options;
  const wants = (part?: Part) =>
    part !== undefined && options.parts.includes(part);
  if (!wants(exportPart) && !wants(importPart)) return;
  await using pool = await poolWith(options, jobs);
  // The schedd sorts its jobs before the first negotiation. It answers nobody
  // meanwhile.
  await measure(pool, "nothing, up to the first negotiation", async () => {
    await until("the schedd has sorted its jobs", async () => {
      const said = await pool.machine.read(`${pool.log}/SchedLog`);
      return said.includes("Rebuilt prioritized runnable job list");
    }, 180);
    return "";
  });
  const leave = () => exportAll(pool, user);
  if (wants(exportPart)) {
    await measure(pool, `export of ${jobs} jobs as ${user}`, leave);
  } else await leave();
  if (!wants(importPart)) return;
  await completeLog(pool, "/tmp/direct", "/tmp/home");
  await measure(
    pool,
    `import of ${jobs} completed jobs as ${importUser}, --engine ${engine}`,
    () =>
      lumberjack(
        pool,
        importUser,
        ...["import", "--in", "/tmp/home", "--engine", engine],
      ),
  );
}

async function roundTrips(options: Options): Promise<void> {
  const { user } = options;
  await roundTrip(options, {
    user,
    exportPart: "export",
    importPart: "import",
    importUser: user,
    engine: "direct",
  });
  await roundTrip(options, {
    user: owner,
    exportPart: "owner-export",
    importPart: "owner-import",
    importUser: owner,
    engine: "direct",
  });
  // The schedd's own import reads the folder as the jobs' owner.
  await roundTrip(options, {
    user,
    importPart: "own-import",
    importUser: owner,
    engine: "schedd",
  });
}

/**
 * Runs the schedd's own export until it is done or two minutes are over. Then
 * it kills the schedd.
 */
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

async function ownPart(options: Options): Promise<void> {
  await using pool = await poolWith(options, options.jobs);
  await measure(
    pool,
    `the schedd's own export of ${options.jobs} jobs`,
    () => ownExport(pool, options.jobs),
  );
}

/**
 * Measures an export of ten jobs, from the start of the command to its exit, in
 * a shell.
 */
async function tenPart(options: Options): Promise<void> {
  await using pool = await poolWith(options, 10);
  const times: number[] = [];
  const run = async (line: string) => {
    const said = await pool.sh(
      `a=$(date +%s%N); ${line} >/dev/null 2>&1; b=$(date +%s%N); echo $((b - a))`,
      { user: options.user },
    );
    return Number(said) / 1e6;
  };
  const words = "--constraint true --remote-spool /hpc/spool";
  for (let round = 0; round < 9; round++) {
    const out = `/tmp/direct/${round}`;
    await pool.sh(`mkdir -m 777 ${out}`);
    times.push(await run(`lumberjack export ${words} --out ${out}`));
    await run("lumberjack unexport --constraint true");
  }
  times.sort((a, b) => a - b);
  const [least, median, most] = [times[0], times[4], times[8]]
    .map((time) => Math.round(time));
  console.log(
    `export of 10 jobs, from start to exit: ${median} ms (${least} to ${most} in 9 runs)`,
  );
}

/**
 * Builds the executable, which is what users run, unless LUMBERJACK names one.
 */
export async function requireExecutable(): Promise<void> {
  if (Deno.env.has("LUMBERJACK")) return;
  const build = fromFileUrl(new URL("../build", import.meta.url));
  const { code } = await new Deno.Command(build, { stdout: "null" }).spawn()
    .status;
  if (code !== 0) throw new Error("scripts/build failed");
  const made = fromFileUrl(
    new URL("../../dist/lumberjack", import.meta.url),
  );
  Deno.env.set("LUMBERJACK", made);
}

function readOptions(): Options {
  const flags = parseArgs(Deno.args, {
    string: ["root", "jobs", "per-cluster", "user", "parts"],
    default: {
      root: "trixie",
      jobs: "200000",
      "per-cluster": "10",
      user: "root",
      parts: parts.join(","),
    },
  });
  const wanted = flags.parts.split(",") as Part[];
  const unknown = wanted.find((part) => !parts.includes(part));
  if (unknown !== undefined) throw new Error(`no such part: ${unknown}`);
  return {
    root: flags.root as Root,
    jobs: Number(flags.jobs),
    perCluster: Number(flags["per-cluster"]),
    user: flags.user,
    parts: wanted,
  };
}

async function main(): Promise<void> {
  const options = readOptions();
  await requireExecutable();
  {
    await using pool = await Pool.start({ root: options.root, slots: 0 });
    const version = await pool.run(["condor_version"]);
    console.log(version.split("\n")[0]);
  }
  await roundTrips(options);
  if (options.parts.includes("own-export")) await ownPart(options);
  if (options.parts.includes("ten")) await tenPart(options);
}

if (import.meta.main) await main();
