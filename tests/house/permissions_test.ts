import { assert, assertEquals } from "@std/assert";
import { walk } from "@std/fs";

const root = new URL("../../", import.meta.url);

/** The programs that `scripts/permissions` lets the executable start. */
function allowedPrograms(): string[] {
  const text = Deno.readTextFileSync(new URL("scripts/permissions", root));
  const [, names] = /^--allow-run=(.+)$/m.exec(text) ?? [];
  return names.split(",");
}

/** Each program that a file of lib/ starts by name, with the file. */
async function startedPrograms(): Promise<{ file: string; name: string }[]> {
  const started = [];
  for await (const { path } of walk(new URL("lib/", root), { exts: [".ts"] })) {
    const text = await Deno.readTextFile(path);
    const file = path.slice(root.pathname.length);
    for (const [, name] of text.matchAll(/\bDeno\.Command\(\s*"([^"]+)"/g)) {
      started.push({ file, name });
    }
  }
  return started;
}

Deno.test("scripts/permissions names every program that lib/ starts", async () => {
  const started = await startedPrograms();
  assert(started.some(({ name }) => name === "condor_config_val"));
  const allowed = new Set(allowedPrograms());
  assertEquals(
    started.filter(({ name }) => !allowed.has(name))
      .map(({ file, name }) =>
        `${file} starts ${name}: add ${name} to --allow-run in scripts/permissions`
      ),
    [],
  );
});
