import { assert, assertEquals } from "@std/assert";
import { poolTest } from "./harness/mod.ts";
import { type DagOptions, runDags } from "./dag_away.ts";

async function endsAsHere(options: DagOptions): Promise<void> {
  const { away, here, exported, waits, check } = await runDags(options);
  assertEquals(here.exitCode, 0);
  assertEquals(away, here);
  assertEquals(away.ends, [
    ...["A: 0", "B: 1, 0", "C: 0", "D: 2, 0", "E: 0", "F: 0"],
    ...["G: signal 9", "H: 0", "I: 0", "J: 0"],
  ]);
  assertEquals(away.wrong, []);
  assertEquals(away.rescue, "");
  assert(exported === 5, `${exported} jobs went away`);
  assertEquals(waits, [0, 0, 0, 0]);
  assertEquals([check.missing, check.contradicting], [[], []]);
}

poolTest(
  "on 23.9, a DAG whose nodes run away in part ends as one that runs here",
  () => endsAsHere({ root: "trixie" }),
);
poolTest(
  "on 25, a DAG whose nodes run away in part ends as one that runs here, also when DAGMan is killed meanwhile",
  () => endsAsHere({ root: "sid", killDagman: true, formatOptions: "UTC" }),
);
