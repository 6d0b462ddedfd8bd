/**
 * Measures `export --stage` and `export --bundle` with 10 000 jobs that share
 * 200 inputs, 2 GB in total. Compare the ratios (to `cp -a` and to
 * `tar | zstd -1` of the same inputs in the same run), because the seconds
 * depend on the machine.
 *
 *     scripts/deno run -A scripts/bench/staging.ts [--jobs N] [--megabytes N]
 *
 * @module
 */
import { userInfo } from "node:os";
import { parseArgs } from "@std/cli/parse-args";
import { fromFileUrl, join } from "@std/path";
import { QueueLogWriter } from "../../lib/queue_log/mod.ts";
import { formatTable } from "../../lib/terminal/mod.ts";

const options = parseArgs(Deno.args, {
  default: { jobs: 10_000, megabytes: 2000, inputs: 200 },
});
const cli = fromFileUrl(new URL("../../cli.ts", import.meta.url));
const folder = Deno.makeTempDirSync({ prefix: "lumberjack-bench-" });
const home = join(folder, "home");

/**
 * Makes the inputs from random bytes, which neither a file system nor zstd can
 * compress.
 */
function makeInputs(): void {
  Deno.mkdirSync(home);
  const size = Math.floor(options.megabytes * 1e6 / options.inputs);
  const piece = new Uint8Array(65536);
  for (let input = 0; input < options.inputs; input++) {
    using file = Deno.openSync(join(home, `in.${input}`), {
      write: true,
      create: true,
    });
    for (let left = size; left > 0; left -= piece.length) {
      crypto.getRandomValues(piece);
      file.writeSync(piece.subarray(0, left));
    }
  }
  Deno.writeTextFileSync(join(home, "run"), "#!/bin/sh\n", { mode: 0o755 });
}

/** Makes the queue: clusters of ten jobs. Each job names all inputs. */
function makeQueue(): void {
  using file = Deno.openSync(join(folder, "queue.log"), {
    write: true,
    create: true,
  });
  const writer = new QueueLogWriter(file);
  const inputs = Array.from({ length: options.inputs }, (_, at) => `in.${at}`);
  writer.historical(1, 1_700_000_000);
  writer.newAd("0.0", "Job", "Machine");
  writer.set("0.0", "NextClusterNum", `${options.jobs}`);
  for (let job = 0; job < options.jobs; job++) {
    const cluster = Math.floor(job / 10) + 1, proc = job % 10;
    if (proc === 0) {
      const attributes = {
        ...{ ClusterId: cluster, JobUniverse: 5, CurrentHosts: 0 },
        ...{ Owner: `"${userInfo().username}"`, User: '"user@test"' },
        ...{ Iwd: `"${home}"`, Cmd: '"run"', TransferInput: `"${inputs}"` },
        ...{ Out: '"out"', StreamOut: false, UserLog: '"log"' },
      };
      writer.newAd(`0${cluster}.-1`, "Job", "Machine");
      for (const [name, value] of Object.entries(attributes)) {
        writer.set(`0${cluster}.-1`, name, `${value}`);
      }
    }
    writer.newAd(`${cluster}.${proc}`, "Job", "Machine");
    writer.set(`${cluster}.${proc}`, "ProcId", `${proc}`);
    writer.set(`${cluster}.${proc}`, "JobStatus", "1");
    writer.set(
      `${cluster}.${proc}`,
      "GlobalJobId",
      `"bench#${cluster}.${proc}#1700000000"`,
    );
  }
  writer.flush();
}

/**
 * Runs a shell command line in the folder and returns how long it took, in
 * seconds.
 */
async function seconds(line: string): Promise<number> {
  // Write earlier data to the disk first, so that it does not slow down the
  // command.
  await new Deno.Command("sync").output();
  const started = performance.now();
  const { code, stderr } = await new Deno.Command("sh", {
    args: ["-ec", line],
    cwd: folder,
  }).output();
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
  return (performance.now() - started) / 1000;
}

function exporting(where: string): string {
  return `'${Deno.execPath()}' run --quiet -A '${cli}' export --constraint true ` +
    `--remote-spool /spool --queue queue.log --queue-out after.log ${where}`;
}

try {
  makeInputs();
  makeQueue();
  const copied = await seconds("cp -a home copy; rm -r copy");
  const staged = await seconds(
    `mkdir out; ${exporting("--stage --out out")}; rm -r out after.log`,
  );
  const packed = await seconds(
    "tar -cf - home | zstd -1 -q -T1 >tar.zst; rm tar.zst",
  );
  const bundled = await seconds(
    `${exporting("--bundle jobs.tar.zst")}; rm -r jobs* after.log`,
  );
  const row = (what: string, time: number, yardstick: number) => [
    what,
    time.toFixed(1),
    (time / yardstick).toFixed(2),
  ];
  console.log(formatTable([
    ["", "seconds", "ratio"],
    row("cp -a of the inputs", copied, copied),
    row(`--stage of ${options.jobs} jobs`, staged, copied),
    row("tar | zstd -1 of the inputs", packed, packed),
    row(`--bundle .tar.zst of ${options.jobs} jobs`, bundled, packed),
  ]));
} finally {
  Deno.removeSync(folder, { recursive: true });
}
