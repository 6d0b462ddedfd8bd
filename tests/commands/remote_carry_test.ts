import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { lumberjack } from "./command_line.ts";

const id = "20261128T120000Z-0badcafe";

Deno.test("remote carry says what has arrived and what was sent", async () => {
  const top = await Deno.makeTempDir();
  try {
    const words = ["ship", "fetch", "in", "out"].flatMap((name) => {
      Deno.mkdirSync(join(top, name));
      return [`--${name}`, join(top, name)];
    });
    Deno.writeTextFileSync(join(top, "ship", `${id}.tar`), "jobs");
    Deno.writeTextFileSync(join(top, "out", `${id}.1.tar`), "results");
    const first = await lumberjack("remote", "carry", ...words);
    assertEquals(
      [first.out, first.status],
      [`arrived: ${id}.tar\nsent: ${id}.1.tar\n`, 0],
    );
    Deno.writeTextFileSync(join(top, "out", "back.tar"), "results");
    const second = await lumberjack("remote", "carry", ...words, "--json");
    assertEquals(second.status, 4);
    assertEquals(JSON.parse(second.out), {
      ...{ isBusy: false, arrived: [], sent: [], unknown: ["back.tar"] },
    });
    const wrong = await lumberjack(
      ...["remote", "carry", ...words, "--ship", "submit:/srv"],
    );
    assertEquals(wrong.status, 2);
    assertMatch(wrong.err, /not a place for bundles: --ship submit:\/srv/);
  } finally {
    await Deno.remove(top, { recursive: true });
  }
});
