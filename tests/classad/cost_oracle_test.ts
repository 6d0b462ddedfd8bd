import { assertEquals } from "@std/assert";
import { doubled, why } from "./costly.ts";
import { Oracle, RELEASES, rootOf } from "./oracle.ts";

/** Returns the promise's result, or throws after `limit` milliseconds. */
async function deadline<T>(promise: Promise<T>, limit: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("no answer in time")), limit);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

for (const release of RELEASES) {
  const root = rootOf(release);
  const ignore = root === undefined && Deno.env.get("CI") !== "true";
  Deno.test({
    name:
      `HTCondor of ${release} soon evaluates an expression just below the limit of steps`,
    ignore,
    fn: async () => {
      if (root === undefined) throw new Error(`no pool root of ${release}`);
      await using oracle = await Oracle.start(root);
      await oracle.keep("my", "[ X = 0 ]");
      const texts = [
        doubled(17),
        "(".repeat(17) + "X" + " ?: 1)".repeat(17),
        "!X ? (".repeat(16) + "random(0)" + ") : 0".repeat(16),
      ];
      for (const expr of texts) {
        assertEquals(why(expr), undefined);
        // An expression above the limit can take hours, or never end.
        const question = { expr, my: "my", target: null };
        const [answer] = await deadline(oracle.ask([question]), 60_000);
        assertEquals(answer.crashed, undefined);
      }
    },
  });
}
