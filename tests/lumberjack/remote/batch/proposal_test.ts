import { assert, assertEquals } from "@std/assert";
import type { Demand } from "../../../../lib/lumberjack/remote/batch/demand.ts";
import {
  type NodeLimits,
  propose,
} from "../../../../lib/lumberjack/remote/batch/proposal.ts";

const node: NodeLimits = {
  cpus: 64,
  memory: 256_000,
  gpus: 0,
  maxNodes: 16,
  maxWalltime: 86_400,
  jobTime: 3600,
};

function demand(jobs: number, more: Partial<Demand> = {}): Demand {
  return { jobs, cpus: 1, memory: 0, gpus: 0, seconds: 3600, ...more };
}

Deno.test("jobs that fill two nodes for an hour get two nodes, and the time to start and to pack", () => {
  const { nodes, walltime, fullness, jobsInOne, allocations } = propose(
    [demand(128)],
    node,
  );
  assertEquals([nodes, jobsInOne, allocations], [2, 128, 1]);
  assert(walltime > 3600 && walltime <= 3600 + 900, String(walltime));
  assert(fullness > 0.8 && fullness < 1, String(fullness));
});

Deno.test("one short job does not get more than one node", () => {
  const { nodes, fullness } = propose([demand(1)], node);
  assertEquals(nodes, 1);
  assert(fullness < 0.02, String(fullness));
});

Deno.test("memory limits how many jobs a node takes", () => {
  // Four jobs a node, whatever the cores say.
  const { nodes, walltime } = propose(
    [demand(8, { memory: 64_000 })],
    { ...node, maxNodes: 1 },
  );
  assertEquals(nodes, 1);
  assert(walltime > 7200, String(walltime));
});

Deno.test("jobs that fit no node or no allocation are named with what is too much", () => {
  const { jobs, misfits } = propose([
    demand(1),
    demand(2, { cpus: 65 }),
    demand(3, { memory: 300_000 }),
    demand(4, { gpus: 1 }),
    demand(5, { seconds: 90_000 }),
  ], node);
  assertEquals(jobs, 1);
  assertEquals(misfits.map(({ jobs }) => jobs), [2, 3, 4, 5]);
  assertEquals(misfits[0].reason, "65 cores, and a node has 64");
  assert(misfits[3].reason.startsWith("90000 s of time"), misfits[3].reason);
});

Deno.test("no job fits: nothing is proposed to run", () => {
  const { jobs, fullness, allocations } = propose(
    [demand(7, { cpus: 65 })],
    node,
  );
  assertEquals([jobs, fullness, allocations], [0, 0, 0]);
});

Deno.test("work for many allocations gets the largest one, and their number", () => {
  // 16 nodes of 64 cores run 23 jobs a core in a day.
  const { nodes, walltime, jobsInOne, allocations, fullness } = propose(
    [demand(64 * 16 * 23 * 3)],
    node,
  );
  assertEquals([nodes, allocations], [16, 3]);
  assert(walltime > 23 * 3600 && walltime <= 86_400, String(walltime));
  assertEquals(jobsInOne, 64 * 16 * 23);
  assert(fullness > 0.9, String(fullness));
});

Deno.test("what the user chose stays", () => {
  const { nodes, walltime, jobsInOne } = propose(
    [demand(100, { seconds: 600 })],
    node,
    { nodes: 1, walltime: 900 },
  );
  assertEquals([nodes, walltime, jobsInOne], [1, 900, 64]);
});

Deno.test("jobs without a time are counted, and taken to run as long as the site says", () => {
  const { untimed, walltime } = propose(
    [demand(3, { seconds: undefined })],
    { ...node, jobTime: 600 },
  );
  assertEquals(untimed, 3);
  assert(walltime <= 900, String(walltime));
});

Deno.test("200 000 jobs of many kinds are planned in a few seconds", () => {
  const demands = Array.from(
    { length: 200 },
    (_, i) => demand(1000, { seconds: 600 + 7 * i, cpus: 1 + i % 8 }),
  );
  const start = performance.now();
  const { jobs } = propose(demands, { ...node, maxNodes: 32 });
  assertEquals(jobs, 200_000);
  assert(performance.now() - start < 20_000);
});
