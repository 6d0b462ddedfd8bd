/**
 * Lets passes and two sites work for as long as one likes: `deno task
 * soak:automation --help` says how. One site fails half of its ships, and all of
 * its fetches in two rounds of eight; jobs are removed while they are away.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { randomNumbers } from "../../scripts/bench/make_log.ts";
import { obstacle, roots } from "./harness/mod.ts";
import { runAutomation } from "./automation.ts";

const usage = `Usage: deno task soak:automation [OPTION]...

  --minutes N      how long on each HTCondor; 120 when not given
  --root NAME      trixie (23.9) or sid (25); both when not given
  --impatient      lets a site that failed be tried at once, by \`sites retry\`;
                   without it nobody types a command
  --seed N         how many jobs a round has, and which of them is removed; from
                   the clock when not given

Exit status 1 if a job was lost or started twice, or anything else was wrong.
`;

if (import.meta.main) {
  const args = parseArgs(Deno.args, {
    boolean: ["help", "impatient"],
    string: ["minutes", "root", "seed"],
    default: { minutes: "120" },
  });
  const chosen = args.root === undefined
    ? roots
    : roots.filter((root) => root === args.root);
  const minutes = Number(args.minutes);
  if (args.help || chosen.length === 0 || !(minutes > 0)) {
    console.log(usage);
    Deno.exit(args.help ? 0 : 2);
  }
  const reason = await obstacle();
  if (reason !== undefined) {
    console.error(`pools can't run here: ${reason}`);
    Deno.exit(1);
  }
  const seed = Number(args.seed ?? Date.now() % 1_000_000);
  let problems = 0;
  for (const root of chosen) {
    const end = performance.now() + minutes * 60_000;
    const report = await runAutomation({
      root,
      goOn: () => performance.now() < end,
      submissions: (round) => [
        { user: "alice", site: round % 2 === 0 ? "ALCF" : "NERSC" },
        { user: "carol", site: round % 2 === 0 ? "NERSC" : "ALCF" },
      ],
      isClosed: (round) => round % 8 === 2 || round % 8 === 3,
      random: randomNumbers(seed),
      removes: true,
      isImpatient: args.impatient,
      // A site that failed is left alone for up to an hour.
      patience: 5400,
      say: (text) =>
        console.log(
          `${new Date().toISOString().slice(11, 19)} ${root}: ${text}`,
        ),
    });
    for (const problem of report.problems) console.log(`WRONG ${problem}`);
    const problemsHere = report.problems.length;
    console.log(
      `${root}: ${JSON.stringify({ seed, ...report, problems: problemsHere })}`,
    );
    problems += report.problems.length;
  }
  Deno.exit(problems > 0 ? 1 : 0);
}
