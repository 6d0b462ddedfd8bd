import { assert } from "@std/assert";
import { poolTest, roots } from "./harness/mod.ts";
import { killAtRandom } from "./remote_kills.ts";

// `deno task kill:remote` kills more often, with other seeds.
for (const root of roots) {
  poolTest(
    `on ${root}, a run that is killed at random moments loses no job and repeats none that had ended`,
    async () => {
      const { kills } = await killAtRandom({
        ...{ root, count: 2, seed: 7, jobs: 6 },
      });
      assert(kills > 0);
    },
  );
}
