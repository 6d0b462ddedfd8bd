/**
 * Exports and imports under load, for as long as you like. Meanwhile it kills
 * Lumberjack, the schedd or all daemons at once. At the end it checks that each
 * job was started exactly once. See `deno task soak --help`.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { obstacle, Pool, type Root, roots } from "./harness/mod.ts";
import { blows, type LoadReport, runLoad } from "./live_load.ts";
import type { CutReport } from "./live_cuts.ts";
import type { KillReport } from "./live_kill.ts";

const usage = `Usage: deno task soak [OPTION]...

  --minutes N      how long on each HTCondor; 15 when not given
  --root NAME      trixie (23.9) or sid (25); both when not given
  --seed N         what is done when; from the clock when not given
  --steps          instead: kill Lumberjack at every step of every verb, in each
                   of the ways on, then the schedd at every frame

Exit status 1 when a job was lost or started twice, or anything else was wrong.
`;

/** After so many minutes, a new load begins with new pools, queues and logs. */
const minutesOfLoad = 5;

function say(text: string): void {
  console.log(`${new Date().toISOString().slice(11, 19)} ${text}`);
}

function add(total: Record<string, number>, report: LoadReport): void {
  for (const [name, value] of Object.entries(report)) {
    if (typeof value === "number") total[name] = (total[name] ?? 0) + value;
  }
  for (const [name, value] of Object.entries(report.blows)) {
    total[`blow ${name}`] = (total[`blow ${name}`] ?? 0) + value;
  }
}

/** Runs loads one after the other. Returns the problems. */
async function soak(
  root: Root,
  seed: number,
  minutes: number,
): Promise<string[]> {
  const end = performance.now() + minutes * 60_000;
  const total: Record<string, number> = {};
  const problems: string[] = [];
  for (let part = 0; performance.now() < end; part++) {
    say(`${root}: load ${part}, seed ${seed + part}`);
    const partEnd = Math.min(end, performance.now() + minutesOfLoad * 60_000);
    const report = await runLoad({
      root,
      seed: seed + part,
      clusters: 10,
      goOn: () => performance.now() < partEnd,
      blows,
      say,
    });
    add(total, report);
    for (const problem of report.problems) {
      problems.push(`${root}, seed ${seed + part}: ${problem}`);
      say(`WRONG ${problems.at(-1)}`);
    }
  }
  say(`${root}, seed ${seed}: ${JSON.stringify(total)}`);
  return problems;
}

/**
 * Kills Lumberjack at every step, and the schedd at every frame. Returns
 * problems.
 */
async function steps(root: Root): Promise<string[]> {
  await using pool = await Pool.start({ root, slots: 0 });
  await pool.submit("executable = /bin/true\nqueue 3\n", { user: "alice" });
  await pool.sh(`
    umask 077
    condor_token_create -identity condor@test >/etc/condor/tokens.d/pool
  `);
  const run = async <Report>(...args: string[]): Promise<Report> => {
    const [script, ...rest] = args;
    const path = `/lumberjack/tests/pool/${script}`;
    const said = await pool.deno(
      ["run", "-A", "--config", "/lumberjack/deno.json", path, ...rest],
      {
        timeout: 3600,
        env: { _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: "IDTOKENS" },
      },
    );
    return JSON.parse(said);
  };
  const verbs = "export,import,finish,held,undo,unexport";
  const kills = await run<KillReport>("live_kill.ts", "alice", verbs);
  say(`${root}: killed ${JSON.stringify(kills.killed)}`);
  say(`${root}: then ${JSON.stringify(kills.actions)}`);
  const cuts = await run<CutReport>("live_cuts.ts", "schedd", "alice");
  say(`${root}: ${JSON.stringify(cuts)}`);
  return [...kills.problems, ...cuts.problems].map((p) => `${root}: ${p}`);
}

if (import.meta.main) {
  const args = parseArgs(Deno.args, {
    boolean: ["steps", "help"],
    string: ["minutes", "root", "seed"],
    default: { minutes: "15", seed: String(Date.now() % 1_000_000) },
  });
  const chosen = args.root === undefined
    ? roots
    : roots.filter((root) => root === args.root);
  const minutes = Number(args.minutes), seed = Number(args.seed);
  if (args.help || chosen.length === 0 || !(minutes > 0) || !(seed >= 0)) {
    console.log(usage);
    Deno.exit(args.help ? 0 : 2);
  }
  const reason = await obstacle();
  if (reason !== undefined) {
    console.error(`pools can't run here: ${reason}`);
    Deno.exit(1);
  }
  const problems: string[] = [];
  for (const root of chosen) {
    problems.push(
      ...(args.steps ? await steps(root) : await soak(root, seed, minutes)),
    );
  }
  for (const problem of problems) console.log(`WRONG ${problem}`);
  console.log(`seed ${seed}: ${problems.length} problems`);
  Deno.exit(problems.length > 0 ? 1 : 0);
}
