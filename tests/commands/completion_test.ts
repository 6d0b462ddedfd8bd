import { assert, assertEquals } from "@std/assert";
import { Folder, queueLog } from "../lumberjack/queue_fixture.ts";
import { lumberjack } from "./command_line.ts";

/** What completion offers for the last word, without the remarks. */
async function offers(...words: string[]): Promise<string[]> {
  const { status, out } = await lumberjack("complete", "--", ...words);
  assertEquals(status, 0);
  return out.split("\n").filter((line) => line !== "")
    .map((line) => line.split("\t")[0]);
}

Deno.test("completion offers verbs, second words and the verb's own flags", async () => {
  assertEquals(await offers("unex"), ["unexport"]);
  assertEquals(await offers("log", "ver"), ["verify"]);
  assertEquals(await offers("help", "bundle", "ver"), ["verify"]);
  assert((await offers("bundle", "create", "--")).includes("--json"));
  assertEquals(await offers("export", "--remote"), ["--remote-spool"]);
  assertEquals(await offers("export", "--engine", ""), ["direct", "schedd"]);
  assertEquals(await offers("eval", "--release", "2"), ["23.9", "25"]);
  assertEquals((await offers("")).includes("complete"), false);
});

Deno.test("completion asks the shell for files and folders", async () => {
  assertEquals(await offers("log", "show", ""), [":files"]);
  assertEquals(await offers("export", "--out", "/"), [":folders"]);
  // As bash takes --queue=FILE apart.
  assertEquals(await offers("export", "--queue", "=", "fi"), [":files"]);
});

Deno.test("completion offers attributes, job ids and export ids of a queue", async () => {
  using folder = new Folder();
  const before = folder.write("q", queueLog([{ cluster: 7, procs: [{}, {}] }]));
  const queue = folder.join("after");
  const { out } = await lumberjack(
    ...["export", "--ids", "7.0", "--out", folder.mkdir("out"), "--json"],
    ...["--remote-spool", "/s", "--queue", before, "--queue-out", queue],
  );
  const line = ["export", "--queue", queue, "--constraint"];
  assertEquals(await offers(...line, "'JobStatus == 1 && clusterI"), [
    "JobStatus == 1 && ClusterId",
  ]);
  // In a string of the constraint there are no attributes.
  assertEquals(await offers(...line, "'Owner == \"a"), []);
  const ids = ["unexport", "--queue", queue, "--ids"];
  assertEquals(await offers(...ids, ""), ["7.0", "7.1"]);
  assertEquals(await offers(...ids, "7.0", "7.1"), ["7.1"]);
  assertEquals(await offers("status", "--queue", queue, "--export-id", ""), [
    JSON.parse(out).exports[0].exportId,
  ]);
});

Deno.test("completion is silent if a queue cannot be read", async () => {
  const line = ["status", "--queue", "/nowhere/log", "--export-id", ""];
  assertEquals(await offers(...line), []);
});

Deno.test("the script for bash offers what the program says", async () => {
  const { out } = await lumberjack("completion", "bash");
  const script = `${out}
lumberjack() { [ "$*" = 'complete -- export o' ] && printf 'one\\tfirst\\ntwo\\n'; }
COMP_WORDS=(lumberjack export o) COMP_CWORD=2
_lumberjack
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await new Deno.Command("bash", {
    args: ["--norc", "-c", script],
  }).output();
  assertEquals(new TextDecoder().decode(stdout), "one\ntwo\n");
});

Deno.test("completion for an unknown shell is wrong usage", async () => {
  assertEquals((await lumberjack("completion", "tcsh")).status, 2);
});
