import { assertEquals } from "@std/assert";
import { walk } from "@std/fs";
import { dirname, fromFileUrl, join, relative } from "@std/path";
import {
  importCircles,
  importedPaths,
  type Imports,
  readImports,
  rooms,
  upwardImports,
} from "./rooms.ts";

const checkout = dirname(dirname(dirname(fromFileUrl(import.meta.url))));

async function sources(): Promise<string[]> {
  const files: string[] = ["mod.ts", "cli.ts"];
  for await (const { path } of walk(join(checkout, "lib"), { exts: ["ts"] })) {
    files.push(relative(checkout, path));
  }
  return files.sort();
}

function importsOf(files: Record<string, string[]>): Imports {
  return new Map(Object.entries(files));
}

Deno.test("no file of lib/ imports from a room above or beside its own", async () => {
  const imports = await readImports(checkout, await sources());
  const wrong = upwardImports(imports)
    .map(({ from, to }) => `${from} imports ${to}`);
  assertEquals(wrong, []);
});

Deno.test("no files of lib/ import each other in a circle", async () => {
  const imports = await readImports(checkout, await sources());
  const circles = importCircles(imports)
    .map((files) => [...files, files[0]].join(" -> "));
  assertEquals(circles, []);
});

Deno.test("every folder of lib/ is a room", async () => {
  const homeless = (await sources()).filter((file) =>
    file.startsWith("lib/") &&
    !rooms.some(({ folder }) => file.startsWith(`${folder}/`))
  );
  assertEquals(homeless, []);
});

Deno.test("upwardImports() finds imports that go up, with both files", () => {
  const imports = importsOf({
    "lib/classad/value.ts": ["lib/queue_log/key.ts"],
    "lib/lumberjack/job/id.ts": ["lib/lumberjack/import/import.ts"],
    "lib/lumberjack/error.ts": ["lib/lumberjack/job/id.ts"],
    "lib/lumberjack/import/import.ts": ["lib/lumberjack/job/id.ts"],
    "lib/cedar/frame.ts": ["lib/queue_log/key.ts"],
  });
  assertEquals(upwardImports(imports), [
    { from: "lib/classad/value.ts", to: "lib/queue_log/key.ts" },
    { from: "lib/lumberjack/job/id.ts", to: "lib/lumberjack/import/import.ts" },
    { from: "lib/lumberjack/error.ts", to: "lib/lumberjack/job/id.ts" },
    { from: "lib/cedar/frame.ts", to: "lib/queue_log/key.ts" },
  ]);
});

Deno.test("importCircles() finds a circle, with every file on it", () => {
  const imports = importsOf({
    "a.ts": ["b.ts"],
    "b.ts": ["c.ts"],
    "c.ts": ["b.ts"],
  });
  assertEquals(importCircles(imports), [["b.ts", "c.ts"]]);
});

Deno.test("importedPaths() reads every form of import, and none from comments", () => {
  const source = [
    'import type { A } from "./a.ts";',
    "import {",
    "  B,",
    '} from "../b.ts";',
    'export * as c from "./c.ts";',
    'import "./d.ts";',
    'const e = async () => await import("./e.ts");',
    'import { join } from "@std/path";',
    "/**",
    ' * import { f } from "./f.ts";',
    " */",
  ].join("\n");
  assertEquals(importedPaths(source), [
    "./a.ts",
    "../b.ts",
    "./c.ts",
    "./d.ts",
    "./e.ts",
  ]);
});
