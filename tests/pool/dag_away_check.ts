/** The checks of both tests of a DAG with exported nodes. */
import { assert, assertEquals } from "@std/assert";
import { type DagOptions, runDags } from "./dag_away.ts";

/**
 * Runs both DAGs, compares them, and checks that they have the expected
 * results.
 */
export async function endsAsHere(options: DagOptions): Promise<void> {
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
