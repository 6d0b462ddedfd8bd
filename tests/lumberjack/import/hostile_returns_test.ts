import { assert } from "@std/assert";
import { tryReturn } from "./hostile_returns.ts";

Deno.test("with hostile trees, bundles and homes, import writes nothing outside, and each job gets only its own files", async () => {
  const outcomes = { home: 0, refused: 0 };
  for (let seed = 1; seed <= 60; seed++) outcomes[await tryReturn(seed)]++;
  assert(outcomes.home > 0 && outcomes.refused > 0);
});
