/**
 * Tests that want real HTCondor.
 *
 * @module
 */
import { obstacle } from "./host.ts";

// Asked once, when the first test file is loaded: it may build the roots.
const reason = await obstacle();

/**
 * Registers a test that starts pools. Where this machine can't, it is skipped
 * under a name that says why; with CI=true it fails instead.
 */
export function poolTest(
  name: string,
  run: (context: Deno.TestContext) => Promise<void>,
): void {
  if (reason === undefined) return Deno.test(name, run);
  if (Deno.env.get("CI") === "true") {
    return Deno.test(name, () => {
      throw new Error(`pool tests can't run here: ${reason}`);
    });
  }
  Deno.test.ignore(`${name} (skipped: ${reason})`, run);
}
