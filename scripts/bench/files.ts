/**
 * Measures what files cost: 10 000 jobs that share 200 inputs, 2 GB in all, and
 * leave 5 outputs of 20 kB each. `export --stage` is compared with `cp -a` of
 * the inputs, `export --bundle` with `tar | zstd -1 -T1` of the tree that
 * `--stage` makes, and `import` with `cp -a` of the outputs. Lumberjack waits until
 * everything is on the disk, so each is compared with these and a sync, too. Each
 * is run several times in turn; figures are medians, and ratios are those of one round.
 *
 * As root, the jobs are those of another user (`--owner`), as they usually are.
 *
 *     scripts/deno run -A scripts/bench/files.ts [--jobs N] [--inputs N]
 *         [--megabytes N] [--outputs N] [--rounds N] [--owner NAME] [--only NAME]
 *
 * @module
 */
import { userInfo } from "node:os";
import { parseArgs } from "@std/cli/parse-args";
import { fromFileUrl, join } from "@std/path";
import { formatTable } from "../../lib/terminal/mod.ts";
import {
  endJobs,
  type Jobs,
  makeInputs,
  makeOutputs,
  makeQueue,
} from "./make_jobs.ts";
import { type Measured, measured, median, middle } from "./measured.ts";

const options = parseArgs(Deno.args, {
  string: ["owner", "only"],
  default: {
    ...{ jobs: 10_000, megabytes: 2000, inputs: 200, outputs: 5, rounds: 3 },
    ...{ owner: Deno.uid() === 0 ? "nobody" : userInfo().username },
  },
});
const jobs: Jobs = { ...options, outputBytes: 20_000 };
const cli = fromFileUrl(new URL("../../cli.ts", import.meta.url));
const folder = Deno.makeTempDirSync({ prefix: "lumberjack-bench-" });
const home = join(folder, "home");

/** Where another user can run this program: ours may be in a closed folder. */
async function program(): Promise<string> {
  if (options.owner === userInfo().username) return Deno.execPath();
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json"],
  }).output();
  const { npmCache } = JSON.parse(new TextDecoder().decode(stdout));
  const copy = join(folder, "deno");
  Deno.copyFileSync(Deno.execPath(), copy);
  await run(
    `mkdir cache; cp -r '${npmCache}' cache/npm; ` +
      `${copy} run --quiet -A '${cli}' --version >/dev/null; chmod -R a+rX .`,
  );
  return copy;
}

function run(line: string): Promise<Measured> {
  return measured(line, folder, { DENO_DIR: join(folder, "cache") });
}

/** Runs things in turn, and prints how each compares with the first. */
async function compare(
  ...lines: { what: string; before?: string; line: string; after: string }[]
): Promise<void> {
  const runs: Measured[][] = lines.map(() => []);
  for (let round = 0; round < options.rounds; round++) {
    for (const [at, { before, line, after }] of lines.entries()) {
      if (before) await run(before);
      runs[at].push(await run(line));
      await run(after);
    }
  }
  const rows = lines.map(({ what }, at) => {
    const { seconds, processor, megabytes } = median(runs[at]);
    const ratio = (of: (run: Measured) => number) =>
      middle(runs[at].map((run, round) => of(run) / of(runs[0][round])))
        .toFixed(2);
    return [
      ...[what, seconds.toFixed(1), ratio(({ seconds }) => seconds)],
      ...[processor.toFixed(1), ratio(({ processor }) => processor)],
      megabytes.toFixed(0),
    ];
  });
  console.log(formatTable([
    ["", "seconds", "ratio", "processor s", "ratio", "peak MB"],
    ...rows,
  ]));
}

function isWanted(part: string): boolean {
  return options.only === undefined || options.only === part;
}

try {
  Deno.chmodSync(folder, 0o755);
  Deno.mkdirSync(home);
  const lumberjack = `'${await program()}' run --quiet -A '${cli}'`;
  const exporting = (where: string) =>
    `${lumberjack} export --constraint true --remote-spool /spool ` +
    `--queue queue.log --queue-out after.log ${where} 2>>errors`;
  makeInputs(home, jobs);
  await run(`chown -R '${options.owner}' home`);
  makeQueue(join(folder, "queue.log"), home, jobs);
  console.log(
    `load: ${Deno.loadavg().map((load) => load.toFixed(1)).join(" ")}`,
  );
  const before = "rm -rf out after.log; mkdir out";
  const staging = exporting("--stage --out out");
  if (isWanted("stage")) {
    await compare(
      {
        what: "cp -a of the inputs, and sync",
        line: "cp -a home copy; sync -f copy",
        after: "rm -r copy",
      },
      {
        what: "cp -a of the inputs",
        line: "cp -a home copy",
        after: "rm -r copy",
      },
      {
        what: `--stage of ${jobs.jobs} jobs`,
        ...{ before, line: staging, after: "true" },
      },
    );
  } else await run(`${before}; ${staging}`);
  if (isWanted("bundle")) {
    const tar = "tar -cf - out | zstd -1 -q -T1 >tar.zst";
    await compare({
      what: "tar | zstd -1 -T1 of the tree, and sync",
      line: `${tar}; sync -f tar.zst`,
      after: "rm tar.zst",
    }, {
      what: "tar | zstd -1 -T1 of the tree",
      line: tar,
      after: "rm tar.zst",
    }, {
      what: `--bundle .tar.zst of ${jobs.jobs} jobs`,
      line: exporting("--bundle jobs.tar.zst").replace(
        "after.log",
        "other.log",
      ),
      after: "rm -r jobs* other.log",
    });
  }
  if (isWanted("import")) {
    makeOutputs(join(folder, "out"), jobs);
    endJobs(join(folder, "out", "job_queue.log"), jobs);
    await run(`chown -R '${options.owner}' out`);
    const copy = "mkdir copy; cp -a out/[0-9]* copy";
    await compare({
      what: "cp -a of the outputs, and sync",
      line: `${copy}; sync -f copy`,
      after: "rm -r copy",
    }, {
      what: "cp -a of the outputs",
      line: copy,
      after: "rm -r copy",
    }, {
      what: `import of ${jobs.jobs} jobs`,
      line: `${lumberjack} import --in out --queue after.log ` +
        "--queue-out home.log 2>>errors",
      after: "ls home | grep -c out >>counts; rm -r home/out.* home.log",
    });
  }
  console.log(
    `load: ${Deno.loadavg().map((load) => load.toFixed(1)).join(" ")}`,
  );
} catch (error) {
  console.error(Deno.readTextFileSync(join(folder, "errors")));
  throw error;
} finally {
  Deno.removeSync(folder, { recursive: true });
}
