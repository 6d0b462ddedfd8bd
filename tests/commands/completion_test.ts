import { assert, assertEquals } from "@std/assert";
import { lumberjack } from "./command_line.ts";

/** Returns the words that bash offers for the last word of a command line. */
async function offers(...line: string[]): Promise<string[]> {
  const { out } = await lumberjack("completion", "bash");
  const script = `${out}
COMP_WORDS=(${line.map((word) => `'${word}'`).join(" ")})
COMP_CWORD=${line.length - 1}
_lumberjack
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await new Deno.Command("bash", {
    args: ["--norc", "-c", script],
  }).output();
  return new TextDecoder().decode(stdout).split("\n").filter((w) => w !== "");
}

Deno.test("completion offers verbs, second words and the verb's own flags", async () => {
  assertEquals(await offers("lumberjack", "unex"), ["unexport"]);
  assertEquals(await offers("lumberjack", "log", "ver"), ["verify"]);
  assertEquals(await offers("lumberjack", "bundle", "ver"), ["verify"]);
  assert(
    (await offers("lumberjack", "bundle", "create", "--")).includes("--json"),
  );
  assertEquals(await offers("lumberjack", "export", "--remote"), [
    "--remote-spool",
  ]);
  assert((await offers("lumberjack", "log", "show", "--")).includes("--json"));
  assertEquals(await offers("lumberjack", "export", "--engine", ""), [
    "direct",
    "schedd",
  ]);
  assertEquals(await offers("lumberjack", "eval", "--release", "2"), [
    "23.9",
    "25",
  ]);
});

Deno.test("completion for an unknown shell is wrong usage", async () => {
  assertEquals((await lumberjack("completion", "tcsh")).status, 2);
});
