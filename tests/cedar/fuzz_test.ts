import { assert } from "@std/assert";
import { fuzzOnce, targets } from "./fuzz.ts";

Deno.test("hostile bytes yield a value or a CedarError, in bounded memory", async () => {
  const before = Deno.memoryUsage().rss;
  const names = Object.keys(targets);
  for (let run = 0; run < 600; run++) {
    await fuzzOnce(names[run % names.length], 20240808 + run);
  }
  assert(Deno.memoryUsage().rss - before < 300e6);
});

for (const name of Object.keys(targets)) {
  Deno.test(`the fuzz target ${name} passes with 20 fixed seeds`, async () => {
    for (let seed = 1; seed <= 20; seed++) await fuzzOnce(name, seed);
  });
}
