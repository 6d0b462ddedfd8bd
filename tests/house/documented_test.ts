import { assert, assertEquals } from "@std/assert";
import { readDocumented } from "../pool/documented.ts";

Deno.test("docs/automation.md needs at most ten lines of configuration, and hooks install master writes the last three", async () => {
  const { lines, commands, runThere } = await readDocumented();
  assert(lines.length <= 10, lines.join("\n"));
  const snippet = await Deno.readTextFile(
    new URL("../../hooks/condor.d/60-lumberjack-master.conf", import.meta.url),
  );
  const written = snippet.split("\n").filter((line) => /^\w/.test(line));
  assertEquals(lines.slice(-3), written);
  assertEquals(commands[0], "lumberjack hooks install master");
  assert(runThere.includes("ID"));
});
