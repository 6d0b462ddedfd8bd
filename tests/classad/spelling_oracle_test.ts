import { assertEquals } from "@std/assert";
import { Oracle, RELEASES, rootOf } from "./oracle.ts";
import { CALLS, MY, ourAnswer, respell, SPELLINGS } from "./spellings.ts";

for (const release of RELEASES) {
  const root = rootOf(release);
  const ignore = root === undefined && Deno.env.get("CI") !== "true";
  Deno.test({
    name:
      `this library finds functions under the spellings that HTCondor of ${release} knows`,
    ignore,
    fn: async () => {
      if (root === undefined) throw new Error(`no pool root of ${release}`);
      await using oracle = await Oracle.start(root);
      await oracle.keep("my", MY);
      for (const [how, spelling] of Object.entries(SPELLINGS)) {
        const texts = CALLS.map((call) => respell(call, spelling));
        const answers = await oracle.ask(
          texts.map((expr) => ({ expr, my: "my", target: null })),
        );
        const version = release === "trixie" ? "23.9" : "25";
        assertEquals(
          texts.map((text) => [text, ourAnswer(text, version)]),
          texts.map((text, i) => [text, answers[i].value]),
          how,
        );
      }
    },
  });
}
