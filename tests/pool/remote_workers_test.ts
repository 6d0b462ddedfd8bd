import { assert, assertEquals } from "@std/assert";
import { Machine, poolTest, type Root, roots, until } from "./harness/mod.ts";
import { Nodes } from "./harness/nodes.ts";
import { bundle, exportJobs, logsOf, startsOf } from "./remote_jobs.ts";

const spool = "/home/bob/spool";
const asBob = { user: "bob", timeout: 360 };

function head(spool: string, ...more: string[]): string[] {
  return [
    ...["lumberjack", "remote", "run", "--in", bundle, "--spool", spool],
    ...["--interface", "net0", "--cpus", "0", "--json", ...more],
  ];
}

function worker(spool: string): string[] {
  return [
    ...["lumberjack", "remote", "worker", "--spool", spool, "--json"],
    ...["--cpus", "1", "--jobs-per-core", "2", "--memory", "1024"],
  ];
}

/** Jobs run until this file is removed. */
const stay = "/var/tmp/stay";

/** Each job writes here which GPU it got. */
const gpus = "/var/tmp/gpus";

/** The environment of a worker with these GPUs. Nothing looks at real ones. */
function withGpus(...names: string[]) {
  return { ...asBob, env: { CUDA_VISIBLE_DEVICES: names.join() } };
}

async function untilStarted(
  machine: Machine,
  spool: string,
  count: number,
): Promise<void> {
  await until(
    `${count} jobs have started`,
    async () => (await startsOf(machine, spool)).length === count,
    120,
  ).catch(async (error) => {
    throw new Error(await logsOf(machine, spool), { cause: error });
  });
}

/**
 * Runs jobs with two workers, one of which is killed. Then kills the head of
 * another run.
 */
async function threeNodes(root: Root): Promise<void> {
  await using machine = await Machine.boot({ root, hostname: "node.test" });
  await using nodes = await Nodes.make(machine, 3);
  await machine.write(stay, "");
  await machine.sh(`mkdir -m 1777 ${gpus}`);
  await exportJobs(
    machine,
    6,
    `echo $CUDA_VISIBLE_DEVICES >${gpus}/$1
     while [ -e ${stay} ]; do sleep 0.3; done`.replaceAll("\n", "; "),
    { RequestGPUs: "1" },
  );

  // The first worker starts before the head.
  const first = nodes.start(1, worker(spool), withGpus("0", "3"));
  const run = nodes.start(
    0,
    head(spool, "--out", "/home/bob/b.tar", "--walltime", "30m"),
    asBob,
  );
  await untilStarted(machine, spool, 2);
  const uuids = ["GPU-1a2b3c4d", "GPU-5e6f7a8b"];
  const second = nodes.start(2, worker(spool), withGpus(...uuids));
  await untilStarted(machine, spool, 4);
  // HTCondor shares out what the batch system granted.
  await until(
    "each job has a GPU of its own",
    async () => {
      const text = await machine.sh(`cat ${gpus}/* | sort`);
      return text === ["0", "3", ...uuids, ""].join("\n");
    },
    90,
  );
  second.kill();
  await machine.run(["rm", stay]);
  const { code, stdout, stderr } = await run.output;
  assertEquals(code, 0, stderr + await logsOf(machine, spool));
  const { end, counts, packed } = JSON.parse(stdout);
  assertEquals([end, counts.completed, packed.final], ["settled", 6, true]);
  const ended = await first.output;
  assertEquals([ended.code, JSON.parse(ended.stdout)], [0, { end: "run" }]);
  // The two jobs on the lost node have started again, and no other job.
  assertEquals((await startsOf(machine, spool)).length, 8);
  await headKilled(machine, nodes);
}

async function headKilled(
  machine: Machine,
  nodes: Nodes,
): Promise<void> {
  await machine.write(stay, "");
  const other = `${spool}2`;
  const run = nodes.start(0, head(other), asBob);
  const lost = nodes.start(1, worker(other), withGpus("0", "3"));
  await untilStarted(machine, other, 2);
  run.kill();
  const { code, stderr } = await lost.output;
  assertEquals(code, 1);
  assert(stderr.includes("the head of the run died"), stderr);
  const left = await machine.try(["pgrep", "-l", "condor"]);
  assertEquals(left.stdout, "");
}

for (const root of roots) {
  poolTest(
    `on ${root}, workers on other nodes join a run, share out their GPUs, only the jobs of a lost worker start again, and workers end when their head is killed`,
    () => threeNodes(root),
  );
}
