/**
 * Compares any number of random expressions with HTCondor's own library.
 *
 *     deno task fuzz:classad --seed 1 --count 100000 --version sid
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { compare } from "./comparison.ts";
import { Oracle, type Release, RELEASES, rootOf } from "./oracle.ts";

const flags = parseArgs(Deno.args, {
  string: ["seed", "count", "version", "limit"],
  boolean: ["crashers"],
  default: { seed: String(Date.now() % 1e9), count: "100000", limit: "50" },
});
const seed = Number(flags.seed);
const count = Number(flags.count);
const releases: readonly Release[] = flags.version === undefined
  ? RELEASES
  : [flags.version as Release];

let failed = false;
for (const release of releases) {
  const root = rootOf(release);
  if (root === undefined) {
    console.error(
      `${release}: no pool root: build it as root with scripts/roots`,
    );
    failed = true;
    continue;
  }
  await using oracle = await Oracle.start(root);
  const start = performance.now();
  const result = await compare(oracle, {
    seed,
    count,
    release,
    limit: Number(flags.limit),
    progress: (done) => {
      if (done % 10_000 === 0) console.error(`${release}: ${done}`);
    },
  });
  for (const { what, expr, my, target, theirs, ours } of result.differences) {
    console.log(`\n${what}: ${expr}\n  in ${my}, target ${target}`);
    console.log(`  HTCondor: ${theirs}\n  ours:     ${ours}`);
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  console.log(
    `\n${release}: seed ${seed}, ${result.compared} expressions in ${seconds} s, ` +
      `${result.differences.length} unexplained differences, ` +
      `${result.crashers.length} that HTCondor crashed on`,
  );
  if (flags.crashers) {
    for (const expr of result.crashers) console.log(`  crashed: ${expr}`);
  }
  for (const [name, times] of result.known) console.log(`  ${times} ${name}`);
  failed ||= result.differences.length > 0;
}
Deno.exit(failed ? 1 : 0);
