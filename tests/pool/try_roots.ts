import { parseArgs } from "@std/cli/parse-args";
import { obstacle, type Root, roots } from "./harness/mod.ts";

/**
 * Runs what is tried on the HTCondor that `--root` names, or on both, and says what
 * passed. Exit status 1 if anything failed.
 */
export async function onChosenRoots(
  task: string,
  attempt: (root: Root, say: (text: string) => void) => Promise<void>,
): Promise<void> {
  const { root: name, help } = parseArgs(Deno.args, {
    boolean: ["help"],
    string: ["root"],
  });
  const chosen = roots.filter((root) => name === undefined || root === name);
  if (help || chosen.length === 0) {
    console.log(`scripts/deno task ${task} [--root trixie|sid]`);
    Deno.exit(help ? 0 : 2);
  }
  const reason = await obstacle();
  if (reason !== undefined) {
    console.error(`pools can't run here: ${reason}`);
    Deno.exit(1);
  }
  const failed: Root[] = [];
  for (const root of chosen) {
    const start = performance.now();
    const say = (text: string) => {
      const seconds = ((performance.now() - start) / 1000).toFixed(0);
      console.log(`${root} ${seconds.padStart(4)} s  ${text}`);
    };
    try {
      await attempt(root, say);
      say("PASSED");
    } catch (error) {
      failed.push(root);
      say(`FAILED: ${error instanceof Error ? error.stack : error}`);
    }
  }
  Deno.exit(failed.length > 0 ? 1 : 0);
}
