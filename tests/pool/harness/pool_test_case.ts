/**
 * Tests that need real HTCondor.
 *
 * @module
 */
import { obstacle } from "./host.ts";

// Ask once, when the test file is loaded, because this may build the roots.
const noPools = await obstacle();

/**
 * Registers a test that starts pools. If this host can't run pools, the test is
 * skipped, and its name says why. With CI=true it fails instead. `reason` is for
 * tests that need more than pools: why this host can't run them.
 */
export function poolTest(
  name: string,
  run: (context: Deno.TestContext) => Promise<void>,
  reason = noPools,
): void {
  if (reason === undefined) return Deno.test(name, run);
  if (Deno.env.get("CI") === "true") {
    return Deno.test(name, () => {
      throw new Error(`pool tests can't run here: ${reason}`);
    });
  }
  Deno.test.ignore(`${name} (skipped: ${reason})`, run);
}
