import { assertEquals } from "@std/assert";

/** What stands at the top of the checkout. */
const top: ReadonlySet<string> = new Set([
  ...[".ci", "hooks", "lib", "docs", "scripts", "tests"],
  ...[".gitignore", "LICENSE", "README.md", "CONTRIBUTING.md", "CHANGELOG.md"],
  ...["cli.ts", "mod.ts", "deno.json", "deno.lock"],
]);

/** Temporary names of this project, and what a profiler leaves. */
const temporary =
  /(^|\/)(\.lumberjack-\d|isolate-|core$|core\.)|\.(cpuprofile|orig|rej)$/;

Deno.test("no commit has files that a profiler or a killed command has left", async () => {
  const { success, stdout } = await new Deno.Command("git", {
    args: ["ls-files", "-z"],
    cwd: new URL("../../", import.meta.url),
  }).output();
  assertEquals(success, true);
  const names = new TextDecoder().decode(stdout).split("\0").slice(0, -1);
  assertEquals(names.includes("deno.json"), true);
  const stray = names.filter((name) =>
    !top.has(name.split("/")[0]) || temporary.test(name)
  );
  assertEquals(stray, []);
});
