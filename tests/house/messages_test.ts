import { assert, assertEquals } from "@std/assert";

const root = new URL("../../", import.meta.url);

/**
 * Errors about a broken peer. docs/troubleshooting.md has one section for all
 * of them.
 */
const peerErrors = new Set([
  "CedarProtocolError",
  "RangeError",
  "CedarError",
  "SinfulSyntaxError",
  "SessionUnknownError",
  "Error",
]);

/**
 * Yields, for each error message in a file, the longest part without a
 * placeholder.
 */
function* messages(file: URL): Generator<string> {
  const text = Deno.readTextFileSync(file);
  const made =
    /new (\w*(?:Error|Timeout))\(\s*(?:"((?:[^"\\]|\\.)*)"|`([^`]*)`)/g;
  for (const [, kind, plain, template] of text.matchAll(made)) {
    if (peerErrors.has(kind)) continue;
    const pieces = (plain ?? template).split(/\$\{[^}]*\}?/)
      .map((piece) => piece.replace(/[\s(:;,]+$/, "").trimStart());
    yield pieces.reduce((a, b) => b.length > a.length ? b : a);
  }
}

/**
 * Files whose errors mean that a program calls the library wrongly. No user
 * sees them.
 */
const filesForCallers = new Set([
  "writer.ts",
  "writer_check.ts",
  "expression.ts",
]);

/** Returns the messages in these folders that docs/troubleshooting.md lacks. */
function undocumented(
  folders: readonly string[],
): { missing: string[]; count: number } {
  const manual = Deno.readTextFileSync(
    new URL("docs/troubleshooting.md", root),
  ).replace(/\s+/g, " ");
  const missing: string[] = [];
  let count = 0;
  for (const folder of folders) {
    for (const { name, isFile } of Deno.readDirSync(new URL(folder, root))) {
      if (!isFile || filesForCallers.has(name)) continue;
      for (const message of messages(new URL(folder + name, root))) {
        if (message.length < 8) continue;
        count++;
        // Text in brackets changes from case to case and is not compared.
        const words = message.replace(/ \(.*$/, "").split(", which ")[0];
        if (!manual.includes(words)) missing.push(`${folder}${name}: ${words}`);
      }
    }
  }
  return { missing, count };
}

Deno.test("docs/troubleshooting.md has every message of a running schedd", () => {
  const { missing, count } = undocumented([
    "lib/cedar/",
    "lib/cedar/auth/",
    "lib/condor/",
  ]);
  assert(count > 50, String(count));
  assertEquals(missing, []);
});

Deno.test("docs/troubleshooting.md has every message of jobs, queues, exports on the disk and trees of files", () => {
  const { missing, count } = undocumented([
    "lib/lumberjack/job/",
    "lib/lumberjack/queue/",
    "lib/lumberjack/queue/file/",
    "lib/lumberjack/queue/schedd/",
    "lib/lumberjack/export_dir/",
    "lib/lumberjack/files/tree/",
    "lib/lumberjack/remote/",
    "lib/lumberjack/remote/batch/",
    "lib/queue_log/",
  ]);
  assert(count > 50, String(count));
  assertEquals(missing, []);
});
