import { assertEquals } from "@std/assert";
import { compare } from "./comparison.ts";
import { compareFormats } from "./format_comparison.ts";
import { Oracle, RELEASES, rootOf } from "./oracle.ts";

const COUNT = 5_000;
const SEED = 20_231;

for (const release of RELEASES) {
  const root = rootOf(release);
  // Without pool roots there is nothing to compare with; in CI that fails.
  const ignore = root === undefined && Deno.env.get("CI") !== "true";

  Deno.test({
    name:
      `${COUNT} expressions are read, printed and evaluated as by the HTCondor of ${release}`,
    ignore,
    fn: async () => {
      if (root === undefined) throw new Error(`no pool root of ${release}`);
      await using oracle = await Oracle.start(root);
      const { compared, differences } = await compare(oracle, {
        seed: SEED,
        count: COUNT,
        release,
      });
      assertEquals(differences, []);
      assertEquals(compared, COUNT);
    },
  });

  Deno.test({
    name:
      `ads are read from long form and printed in all forms as by the HTCondor of ${release}`,
    ignore,
    fn: async () => {
      if (root === undefined) throw new Error(`no pool root of ${release}`);
      await using oracle = await Oracle.start(root);
      assertEquals(
        await compareFormats(oracle, { seed: SEED, count: 1_000 }),
        [],
      );
    },
  });
}
